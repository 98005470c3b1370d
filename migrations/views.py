"""The published views: what anonymous people can read, made again after every migration.

A view stands in the way when a column under it changes, so every migration runs without them.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from sqlalchemy import Connection, text

from migrations.roles import APP_ROLE, PUBLIC_ROLE


def drop_views(connection: Connection) -> None:
    """Drop every published view that is there."""
    names = connection.scalars(
        text("SELECT viewname FROM pg_views WHERE schemaname = current_schema() AND viewname LIKE 'published\\_%'")
    ).all()
    if names:
        connection.execute(text(f"DROP VIEW {', '.join(names)} CASCADE"))


def _order(file: Traversable) -> tuple[bool, str]:
    """published_asset first: others are built on it."""
    return (file.name != "published_asset.sql", file.name)


def create_views(connection: Connection) -> None:
    """Make the published views of `assets/sql/views` and let the public role read them; nothing on an empty base."""
    if connection.scalar(text("SELECT to_regclass('asset')")) is None:
        return
    for file in sorted(files("assets.sql").joinpath("views").iterdir(), key=_order):
        if file.name.endswith(".sql"):
            connection.exec_driver_sql(file.read_text(encoding="utf-8"))
            name = file.name.removesuffix(".sql")
            # a view that can be written through is written as its owner: what a table refuses the application must not
            # be had through a view of it
            connection.exec_driver_sql(f"REVOKE ALL ON {name} FROM {APP_ROLE}")
            connection.exec_driver_sql(f"GRANT SELECT ON {name} TO {PUBLIC_ROLE}, {APP_ROLE}")
