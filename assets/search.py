"""Searching assets, streets, areas and gifts by words, forgiving accents and typing errors.

Everything reads the published views and takes a session of the public role: who is not public is never found. Each
group is looked for in steps, and a later step is only taken while the earlier ones found little: names with these
words, then texts with them (Dutch, by stem), then names that look like them (trigrams).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import crs
from assets.sql import chosen
from assets.vocabulary import AreaKind, AssetKind, Freshness, GiftOf

#: Most words of a search that count.
MOST_WORDS = 8
#: Trigrams find nothing by fewer letters than this without going through everything.
LEAST_LETTERS = 3
#: From this many letters on, names that look like the words are found too.
LEAST_ALIKE = 4
#: How much of its trigrams a name shares with a word that looks like it (pg_trgm.word_similarity_threshold).
ALIKE = 0.4
#: The same for a list, where what only resembles would stand between what is meant.
ALIKE_IN_LIST = 0.5
#: Of names with a word, at most so many are put in order.
MOST_RANKED = 200
#: Found in each group at most.
MOST_FOUND = 6
#: Streets, and areas, named above the list.
MOST_NAMED = 3

WORD = re.compile(r"[^\W_]+")
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Words:
    """A search, folded: without accents and capitals.

    Attributes:
        phrase: all of it, in one line.
        words: its words of letters and digits.
    """

    phrase: str
    words: tuple[str, ...]

    @property
    def query(self) -> str:
        """As a text search query: every word; the last one may be half of one."""
        return tsquery(self.words)

    @property
    def longest(self) -> str:
        """The word that trigrams find fastest."""
        return max(self.words, key=len, default="")


def tsquery(words: tuple[str, ...]) -> str:
    """Words as a text search query.

    Only the last may be half of a word: what begins with a common one is gathered whole before the others are looked
    at (measured at a million: 650 ms instead of 20). Too much begins with a single letter.
    """
    *whole, last = words
    return " & ".join([*whole, f"{last}:*" if len(last) > 1 else last])


def read(session: Session, q: str) -> Words:
    """The words of a search as they are looked for."""
    phrase = " ".join(q.split())
    folded: str = session.execute(text("SELECT folded(:phrase)"), {"phrase": phrase}).scalar_one()
    return Words(folded, tuple(WORD.findall(folded)[:MOST_WORDS]))


# --- as a filter of a list ---


def filters(session: Session, q: str) -> dict[str, Any] | None:
    """The switches of sought.sql for these words, with their binds; None when the words say nothing.

    An entry fits when all words are in its texts, or parts of its title or gifts; or when the words name the street or
    area that it is in, with its texts holding the words that are left.
    """
    asked = read(session, q)
    if not asked.words:
        return None
    found: dict[str, Any] = {"sought": {"query": asked.query}}
    if len(asked.longest) >= LEAST_LETTERS:
        found["contains"] = {"pattern": f"%{asked.longest}%", "patterns": [f"%{word}%" for word in asked.words]}
    place = _place(session, asked)
    if place is not None:
        found["placed"] = {"street_ids": place.street_ids, "area_ids": place.area_ids, "cared_ids": place.cared_ids}
        if place.rest:
            found["rest"] = {"rest": tsquery(place.rest)}
    return found


def alike(session: Session, q: str) -> dict[str, Any] | None:
    """The switches of sought.sql for entries that look like these words; None when they are too short for that.

    Also sets how much they must look like them, for this transaction.
    """
    asked = read(session, q)
    if len(asked.longest) < LEAST_ALIKE:
        return None
    _set_likeness(session, ALIKE_IN_LIST)
    return {"alike": {"phrase": asked.phrase}}


def of_gift(gift: GiftOf | None, talent: str | None) -> dict[str, Any]:
    """The switches of sought.sql for a gift of head, heart or hands, in these words when they are given."""
    found: dict[str, Any] = {}
    if gift is not None:
        found["gift"] = {"gift_json": f'[{{"of": "{gift.value}"}}]'}
    words = like(talent or "")
    if words:
        found["talent"] = {"talent": f"%{words}%"}
    if gift is not None and words:
        found["gift_talent"] = {"gift": gift.value}
    return found


def like(words: str) -> str:
    """Words for a LIKE pattern, with its wildcards standing for themselves."""
    return " ".join(words.split()).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


#: Areas and all inside them; who cares for streets.
WITHIN = text(
    "SELECT id FROM published_area WHERE id = ANY (CAST(:ids AS bigint[]))"
    " OR district_id = ANY (CAST(:ids AS bigint[])) OR municipality_id = ANY (CAST(:ids AS bigint[]))"
)
CARED = text("SELECT asset_id FROM published_stretch WHERE street_id = ANY (CAST(:ids AS bigint[]))")


@dataclass(frozen=True)
class _Place:
    street_ids: list[int]
    area_ids: list[int]
    cared_ids: list[int]
    rest: tuple[str, ...]


def _place(session: Session, asked: Words) -> _Place | None:
    """The streets or areas that the words, or the first or last of them, name; the longest name counts."""
    parts = list(_parts(asked.words))
    rows = session.execute(chosen("search_places", frozenset()), {"phrases": [" ".join(part) for part, _ in parts]})
    found = {row.phrase: row for row in rows if row.street_ids or row.area_ids}
    for part, rest in parts:
        row = found.get(" ".join(part))
        if row is not None:
            within = list(session.scalars(WITHIN, {"ids": row.area_ids})) if row.area_ids else []
            cared = sorted(set(session.scalars(CARED, {"ids": row.street_ids}))) if row.street_ids else []
            return _Place(row.street_ids, within, cared, rest)
    return None


def _parts(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The beginnings and ends of the words with what is left, the longest first."""
    yield words, ()
    for length in range(len(words) - 1, 0, -1):
        yield words[-length:], words[:-length]
        yield words[:length], words[length:]


# --- as you type ---


@dataclass(frozen=True)
class FoundAsset:
    """An entry that fits."""

    id: int
    kind: AssetKind
    title: str
    language: str
    freshness: Freshness
    area_name: str | None
    street: str | None


@dataclass(frozen=True)
class FoundStreet:
    """A street that fits; bounds in degrees (west, south, east, north), None without street parts.

    Attributes:
        parts: numbers of its street parts.
    """

    id: int
    name: str
    place: str | None
    parts: tuple[int, ...]
    bounds: Bounds | None


@dataclass(frozen=True)
class FoundArea:
    """An area that fits; bounds in degrees (west, south, east, north)."""

    code: str
    name: str
    kind: AreaKind
    place: str | None
    bounds: Bounds


@dataclass(frozen=True)
class FoundGift:
    """A gift that published entries name; of how many is not told."""

    of: GiftOf
    what: str


@dataclass(frozen=True)
class Found:
    """What fits, by group, the best first."""

    assets: tuple[FoundAsset, ...] = ()
    streets: tuple[FoundStreet, ...] = ()
    areas: tuple[FoundArea, ...] = ()
    gifts: tuple[FoundGift, ...] = ()

    def __len__(self) -> int:
        """How many in all."""
        return len(self.assets) + len(self.streets) + len(self.areas) + len(self.gifts)


@dataclass(frozen=True)
class _Steps:
    """One search, with what each of its statements is given."""

    session: Session
    binds: dict[str, Any]
    limit: int
    rows: dict[Any, Any] = field(default_factory=dict)

    def take(self, name: str, switches: set[str], key: str | tuple[str, ...] = "id", most: int = MOST_RANKED) -> None:
        """Take one step, unless enough was found by those before it."""
        if len(self.rows) >= self.limit:
            return
        found = self.session.execute(chosen(name, frozenset(switches)), {**self.binds, "most": most})
        for row in found:
            own = getattr(row, key) if isinstance(key, str) else tuple(getattr(row, one) for one in key)
            self.rows.setdefault(own, row)


def find(
    session: Session,
    q: str,
    *,
    on: date,
    view: Bounds | None = None,
    limit: int = MOST_FOUND,
) -> Found:
    """What fits these words, in four groups.

    Args:
        session: as the public role.
        q: as typed; the last word may be half of one.
        on: the day; what has faded by then is not found.
        view: west, south, east, north in degrees of what the map shows: what is in it comes first, then what is near.
        limit: in each group at most.
    """
    asked = read(session, q)
    if not asked.words or len(asked.longest) < 2:
        return Found()
    binds = _binds(asked, on, limit)
    if view is not None:
        box = shapely.set_srid(crs.storage_box(session, view), crs.storage(session).srid)
        binds |= {
            "near_x": box.centroid.x,
            "near_y": box.centroid.y,
            "box": shapely.to_wkb(box, hex=True, include_srid=True),
        }
    _set_likeness(session, ALIKE)
    infix = len(asked.longest) >= LEAST_LETTERS
    guess = len(asked.longest) >= LEAST_ALIKE
    return Found(
        tuple(_assets(session, binds, limit, infix=infix, guess=guess)),
        tuple(_streets(session, binds, limit, infix=infix, guess=guess)),
        tuple(_areas(session, binds, limit, infix=infix, guess=guess)),
        tuple(_gifts(session, binds, limit, infix=infix, guess=guess)),
    )


def places(session: Session, q: str, *, on: date) -> Found:
    """The few streets and areas with these words in their name; never those that only look like it."""
    asked = read(session, q)
    if not asked.words or len(asked.longest) < LEAST_LETTERS:
        return Found()
    binds = _binds(asked, on, MOST_NAMED)
    streets = _streets(session, binds, MOST_NAMED, infix=True, guess=False)
    return Found(streets=tuple(streets), areas=tuple(_areas(session, binds, MOST_NAMED, infix=True, guess=False)))


def _binds(asked: Words, on: date, limit: int) -> dict[str, Any]:
    return {
        "on": on, "phrase": asked.phrase, "query": asked.query, "start": f"{like(asked.phrase)}%",
        "pattern": f"%{asked.longest}%", "patterns": [f"%{word}%" for word in asked.words],
        "near_x": None, "near_y": None, "limit": limit,
    }  # fmt: skip


def _assets(session: Session, binds: dict[str, Any], limit: int, *, infix: bool, guess: bool) -> Iterator[FoundAsset]:
    steps = _Steps(session, binds, limit)
    for where in ({"box"}, set()) if "box" in binds else (set(),):
        if infix:
            steps.take("search_assets", {"contains", *where})
        steps.take("search_assets", {"words", *where})
    if guess and not steps.rows:
        steps.take("search_assets", {"alike"})
    for row in list(steps.rows.values())[:limit]:
        yield FoundAsset(
            row.id, AssetKind(row.kind), row.title, row.language, Freshness(row.freshness), row.area_name, row.street
        )


def _streets(session: Session, binds: dict[str, Any], limit: int, *, infix: bool, guess: bool) -> Iterator[FoundStreet]:
    steps = _Steps(session, binds, limit)
    steps.take("search_streets", {"begins"})
    if infix:
        steps.take("search_streets", {"contains"})
    if guess and not steps.rows:
        steps.take("search_streets", {"alike"})
    for row in list(steps.rows.values())[:limit]:
        bounds = None if row.west is None else (row.west, row.south, row.east, row.north)
        yield FoundStreet(row.id, row.name, row.place, tuple(row.parts or ()), bounds)


def _areas(session: Session, binds: dict[str, Any], limit: int, *, infix: bool, guess: bool) -> Iterator[FoundArea]:
    steps = _Steps(session, binds, limit)
    steps.take("search_areas", {"begins"}, "code")
    if infix:
        steps.take("search_areas", {"contains"}, "code")
    if guess and not steps.rows:
        steps.take("search_areas", {"alike"}, "code")
    for row in list(steps.rows.values())[:limit]:
        yield FoundArea(row.code, row.name, AreaKind(row.kind), row.place, (row.west, row.south, row.east, row.north))


def _gifts(session: Session, binds: dict[str, Any], limit: int, *, infix: bool, guess: bool) -> Iterator[FoundGift]:
    steps = _Steps(session, binds, limit)
    if infix:
        steps.take("search_gifts", {"contains"}, ("of", "what"))
    if guess and not steps.rows:
        steps.take("search_gifts", {"alike"}, ("of", "what"))
    for row in list(steps.rows.values())[:limit]:
        yield FoundGift(GiftOf(row.of), row.what)


def _set_likeness(session: Session, least: float) -> None:
    session.execute(text("SELECT set_config('pg_trgm.word_similarity_threshold', :least, true)"), {"least": str(least)})
