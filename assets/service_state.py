"""How the service is doing: numbers about the database, mail and the work by the clock, never about somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from assets import mails
from assets.import_batches import ImportBatch
from assets.mails import Mail, Post
from assets.permissions import Permission, Viewer, require

#: The work by the clock whose last turn is told (app/mail_worker.py).
TIDYING, NOTICES = "tidy_up", "hand_in_notices"


@dataclass(frozen=True)
class State:
    """How the database and what goes through it are doing.

    Attributes:
        size: bytes of the database.
        oldest_mail: since when the oldest mail waits; None when none does.
        turns: when each work by the clock had its last turn, by name; only work that had one.
    """

    size: int
    postgres: str
    postgis: str
    schema: str
    mail: Post
    oldest_mail: datetime | None
    turns: dict[str, datetime]


def state(session: Session, viewer: Viewer) -> State:
    """The state of the service at this moment."""
    require(viewer, Permission.account_write)
    row = session.execute(
        text(
            "SELECT pg_database_size(current_database()), current_setting('server_version'), postgis_lib_version(),"
            " (SELECT version_num FROM alembic_version LIMIT 1)"
        )
    ).one()
    turns = session.execute(
        text("SELECT task_name, to_timestamp(max(defer_timestamp)) AS at FROM procrastinate_periodic_defers GROUP BY 1")
    )
    oldest = session.scalar(select(func.min(Mail.created_at)).where(Mail.given_up_at.is_(None)))
    return State(
        size=row[0],
        postgres=row[1].split()[0],
        postgis=row[2],
        schema=row[3],
        mail=mails.count(session),
        oldest_mail=oldest,
        turns={row.task_name: row.at for row in turns},
    )


def imports(session: Session, viewer: Viewer, *, limit: int = 20) -> Sequence[ImportBatch]:
    """The last files that were imported, the newest first."""
    require(viewer, Permission.account_write)
    return session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(limit)).all()
