"""The doors of Vuurtoren: HTTP, pages and the command line."""

#: Of the program, as in pyproject.toml (tests/pages/test_admin.py holds them equal).
VERSION = "0.1.0"
