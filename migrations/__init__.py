"""Migrations of the database schema, by Alembic."""
