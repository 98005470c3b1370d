"""Addresses: which street part each stands on and where along it, and how many each part has.

An address belongs to the street of its name that is nearest, not further than ADDRESS_REACH_M. Its place along the
street part is kept in whole millimetres in the same order as `stretch_part.covered` (assets/links.py), so that "which
addresses lie on this stretch" is a comparison of numbers. House numbers are read by nobody outside: the published
view holds places along a part only.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import history, names, people, streets  # noqa: F401 - streets: the tables its rows refer to
from assets.base import Base, geometry
from assets.sql import chosen, statement

#: An address further than this from the street of its name, in metres, is not taken to be on it.
ADDRESS_REACH_M = 150.0
#: From this share of its street parts on, an area with addresses is known to have all of them: others have none.
KNOWN_SHARE = 0.5


class Address(Base):
    """One address. `street_part_id` and `along_mm` are derived from the street, and empty while it lies too far away.

    `estimated` ones were spread along a line by its first and last house number; a street has either those or
    known ones, never both.
    """

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint("length(number) BETWEEN 1 AND 30", name="number"),
        CheckConstraint("along_mm >= 0", name="along"),
        Index("ix_address_street_part_id", "street_part_id", postgresql_include=["along_mm"]),
        Index("uq_address_street_id", "street_id", "number", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="CASCADE"))
    street_part_id: Mapped[int | None] = mapped_column(ForeignKey("street_part.id", ondelete="SET NULL"))
    number: Mapped[str] = mapped_column(Text)
    along_mm: Mapped[int | None] = mapped_column(Integer)
    estimated: Mapped[bool] = mapped_column(Boolean)
    source: Mapped[str] = mapped_column(Text)
    geom: Mapped[Any] = geometry("POINT")


def follow(session: Session, street_ids: Sequence[int] | None = None) -> None:
    """Place the addresses of these streets and others of their names (None: of all) again, after lines changed; count.

    An address goes along when its lines became another street of its name; one that lies too far from every street of
    its name keeps its street and stands on no part.
    """
    session.flush()
    if session.execute(text("SELECT EXISTS (SELECT FROM address)")).scalar_one():
        binds: dict[str, Any] = {} if street_ids is None else {"ids": list(street_ids)}
        temporary(session, "address_point")
        session.execute(chosen("address_points", frozenset({"streets"} if binds else ())), binds)
        place(session)
        for step in ("address_merged", "address_moved"):
            session.execute(statement(step))
    count(session)


def place(session: Session) -> None:
    """Fill the temporary table `address_place` with the place of each point in `address_point`; absent where none."""
    temporary(session, "address_street", "address_line", "address_place")
    session.execute(text("ANALYZE address_point"))
    session.execute(statement("address_streets"))
    session.execute(text("CREATE INDEX ON address_street (name)"))
    session.execute(statement("address_lines"))
    session.execute(text("CREATE INDEX ON address_line (street_id)"))
    session.execute(text("ANALYZE address_street, address_line"))
    session.execute(statement("address_places"), {"reach_m": ADDRESS_REACH_M})
    session.execute(text("CREATE INDEX ON address_place (id)"))
    session.execute(text("ANALYZE address_place"))


def count(session: Session) -> None:
    """Set `street_part.addresses` of every part (glossary, Addresses): a number only where it is known."""
    session.execute(statement("address_count"), {"known_share": KNOWN_SHARE})


def show_less(session: Session) -> int:
    """How many persons are shown by their neighbourhood from now on: their street proves too small to hide in."""
    least = {"least": people.LEAST_ADDRESSES, "least_m": people.LEAST_LENGTH_M}
    found = session.execute(statement("address_people"), least).all()
    for row in found:
        before, after = ({"place": {"show": shown}} for shown in ("street", row.placement))
        history.note(session, "asset", row.id, "changed", by=names.ADDRESSES, before=before, after=after)
    if found:
        session.expire_all()  # the session may hold what it thinks of them
    return len(found)


#: Temporary tables of this module and their columns; geometry in the storage CRS.
TABLES = {
    "address_point": "id bigint, line text, street text, number text, estimated boolean, geom geometry",
    "address_street": "name text, street_id bigint, fit int",
    "address_line": "street_id bigint, street_part_id bigint, start_m double precision, part_m double precision, "
    "geom geometry",
    "address_place": "id bigint, street_id bigint, street_part_id bigint, along_mm int",
}


def temporary(session: Session, *tables: str) -> None:
    """Make these temporary tables, empty, for the rest of the transaction."""
    for table in tables:
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
        session.execute(text(f"CREATE TEMPORARY TABLE {table} ({TABLES[table]}) ON COMMIT DROP"))
