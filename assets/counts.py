"""How many things each area holds, kept so that a map of a whole country need not count a million.

Three tables. `asset_count` holds the numbers of an area by facet, `counted_area` the days on which they hold, and
`stale_count` marks of areas in which something was written since. A write only adds a mark (a trigger does), so
writers never wait for each other; readers count an area with a mark themselves; `keep`, called by the service every few
seconds, counts such areas again and takes the marks away. So the numbers are right at every moment
(docs/decisions/0036-numbers-of-a-country.md). Persons are in no number.
"""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base
from assets.sql import statement
from assets.vocabulary import Freshness, GiftOf, Theme

#: What is counted of things, one at a time: '' is all of them.
FACETS: tuple[str, ...] = (
    "",
    Freshness.fresh.value,
    Freshness.ageing.value,
    "open",
    *(one.value for one in GiftOf),
    *(one.value for one in Theme),
)
#: A tile counts at most so many areas itself, and so many things that are in no area.
MOST_WAITING, MOST_LOOSE = 1500, 20_000
#: Areas counted in one transaction.
BATCH = 2000
#: Only one process counts at a time.
LOCK = 7_310_455


class AssetCount(Base):
    """How many things of each kind an area holds with one facet."""

    __tablename__ = "asset_count"
    __table_args__ = (
        CheckConstraint(f"facet IN ({', '.join(repr(one) for one in FACETS)})", name="facet"),
        Index("ix_asset_count_area_id", "area_id"),
    )

    facet: Mapped[str] = mapped_column(Text, primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)
    club: Mapped[int] = mapped_column(Integer)
    meeting_place: Mapped[int] = mapped_column(Integer)
    street_initiative: Mapped[int] = mapped_column(Integer)
    institution: Mapped[int] = mapped_column(Integer)
    exchange: Mapped[int] = mapped_column(Integer)
    story: Mapped[int] = mapped_column(Integer)


class CountedArea(Base):
    """An area that was counted, the days on which its numbers hold, and the point of its name in EPSG:3857."""

    __tablename__ = "counted_area"

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)
    valid_on: Mapped[Any] = mapped_column(DATERANGE)
    x: Mapped[float] = mapped_column(Double)
    y: Mapped[float] = mapped_column(Double)


class StaleCount(Base):
    """A mark: something was written in this area since it was counted."""

    __tablename__ = "stale_count"
    __table_args__ = (Index("ix_stale_count_area_id", "area_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(BigInteger)


#: Marks as they stand now, and the areas that are to be counted: those with a mark, and those never counted or whose
#: numbers hold on other days.
MARKS = text("SELECT id, area_id FROM stale_count ORDER BY id LIMIT 100000")
DUE = text(
    "SELECT a.id FROM area AS a LEFT JOIN counted_area AS k ON k.area_id = a.id"
    " WHERE k.area_id IS NULL OR NOT k.valid_on @> CAST(:on AS date) ORDER BY a.id"
)
RAISE = text(
    "UPDATE data_version SET version = version + 1"
    " WHERE shard = (SELECT shard FROM data_version LIMIT 1 FOR UPDATE SKIP LOCKED)"
)


def keep(session: Session, *, on: date, most: int = BATCH) -> int:
    """How many areas were counted again, at most `most`; 0 when all numbers hold, or another process counts now.

    Marks are read before what they stand for is counted: what is written meanwhile leaves its own.
    """
    if not session.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}).scalar():
        return 0
    marks = session.execute(MARKS).all()
    marked = sorted({mark.area_id for mark in marks})[:most]
    due = list(session.scalars(DUE, {"on": on}))
    if len(marked) + len(due) > MOST_WAITING:
        session.execute(RAISE)  # tiles without numbers get them
    ids = list(dict.fromkeys([*marked, *due]))[:most]
    if not ids:
        return 0
    chosen = set(ids)
    for table in ("asset_count", "counted_area"):
        session.execute(text(f"DELETE FROM {table} WHERE area_id = ANY (CAST(:ids AS bigint[]))"), {"ids": ids})  # noqa: S608 - two names
    session.execute(statement("keep_asset_counts"), {"ids": ids, "on": on})
    done = [mark.id for mark in marks if mark.area_id in chosen]
    session.execute(text("DELETE FROM stale_count WHERE id = ANY (CAST(:ids AS bigint[]))"), {"ids": done})
    return len(ids)


def keep_all(session: Session, *, on: date) -> int:
    """How many areas were counted again, until every number holds."""
    done = 0
    while found := keep(session, on=on):
        done += found
    return done
