"""Communities: who runs a map."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Identity, Text, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, now


class Community(Base):
    """The neighbours who run a map together; every entry belongs to one."""

    __tablename__ = "community"
    __table_args__ = (CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,59}$'", name="slug"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    is_sample: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = now()


#: Every write asks this, so it is no ORM row.
FIRST = text("SELECT id FROM community WHERE NOT is_sample ORDER BY id LIMIT 1")


def default_id(session: Session) -> int:
    """The id of the community that entries go to when none is named: the first but the sample, made when needed."""
    found = session.execute(FIRST).scalar()
    if found is None:
        # two first writers at once: the second waits here and then finds what the first made
        session.execute(insert(Community).values(slug="neighbours", name="Buren").on_conflict_do_nothing())
        found = session.execute(FIRST).scalar_one()
    return int(found)


def sample(session: Session) -> Community | None:
    """The community of the sample neighbourhood, while it is loaded."""
    return session.scalar(select(Community).where(Community.is_sample.is_(True)).limit(1))
