"""Alembic's environment: one transaction per run, own tables only, views dropped before and made again after.

The caller (app/migration.py) gives a connection as `config.attributes["connection"]` and, for the first migration,
the storage CRS as `config.attributes["storage_srid"]`.
"""

from typing import Any

from alembic import context
from geoalchemy2 import Geometry
from sqlalchemy import Connection, text

from assets.models import Base
from migrations.views import create_views, drop_views

OWN_TABLES = frozenset(Base.metadata.tables)
#: Indexes on expressions and with a collation of their own, which Alembic cannot compare.
EXPRESSION_INDEXES = frozenset(
    {
        "ix_street_name_folded",
        "ix_street_part_name",
        "ix_street_name_alike",
        "ix_area_name_alike",
        "ix_area_name_folded",
    }
)


def include_name(name: str | None, kind: str, parents: Any) -> bool:  # noqa: ARG001 - Alembic's signature
    """Only our own tables: PostGIS brings some of its own."""
    return (kind != "table" or name in OWN_TABLES) and not (kind == "index" and name in EXPRESSION_INDEXES)


def compare_type(
    migration_context: Any,  # noqa: ARG001 - Alembic's signature
    inspected_column: Any,  # noqa: ARG001
    metadata_column: Any,  # noqa: ARG001
    inspected_type: Any,
    metadata_type: Any,
) -> bool | None:
    """Geometry columns differ only when their shape does; the SRID is the deployment's choice."""
    if isinstance(metadata_type, Geometry) and isinstance(inspected_type, Geometry):
        return (inspected_type.geometry_type or "GEOMETRY") != (metadata_type.geometry_type or "GEOMETRY")
    return None


def migrate(connection: Connection) -> None:
    """Run what was asked for on this connection, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        compare_type=compare_type,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        drop_views(connection)
        context.run_migrations()
        # the views are those of this program: they fit its newest schema only, and on an older one nobody serves
        if context.get_context().get_current_revision() == context.get_head_revision():
            create_views(connection)


migrate(context.config.attributes["connection"])
