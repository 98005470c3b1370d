"""What changed, in words: each field with what it was and what it becomes, for suggestions and for the history."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any, Literal

import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import i18n, words
from assets import merging
from assets.areas import Area
from assets.streets import Street
from assets.vocabulary import AssetKind, GiftOf, Placement, Theme

#: Fields in the order in which they are told, with their names on the screen; a rhythm is told as one.
FIELDS: dict[str, str] = words.FIELD
#: Those that people write in words of their own.
OWN_WORDS = ("title", "description", "rhythm")
#: How a text is taken apart to see which words changed.
WORDS = re.compile(r"\s+|\w+|[^\w\s]")
#: Longer texts are shown whole, before and after: comparing them word by word takes long and reads badly.
MOST_WORDS = 1200


@dataclass(frozen=True)
class Piece:
    """A part of a text: as it was, added, or taken away."""

    kind: Literal["same", "added", "gone"]
    text: str


@dataclass(frozen=True)
class Difference:
    """One field that differs.

    Attributes:
        label: its name in words.
        before: what it was, in words; empty when it was nothing.
        after: what it becomes; empty when it becomes nothing.
        pieces: of a text, what stayed, what comes and what goes, in order; empty for anything else.
        says: instead of before and after, what happened: `moved 120 m`.
        clash: what someone else made of the same field meanwhile; None when nobody did.
        languages: codes of those of `before` and `after`, where people wrote them; None for words of the program.
    """

    field: str
    label: str
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()
    says: str = ""
    clash: str | None = None
    languages: tuple[str | None, str | None] = (None, None)


def differences(
    session: Session,
    speaker: i18n.Translator,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    *,
    clashing: Collection[str] = (),
    ours: Mapping[str, Any] | None = None,
) -> list[Difference]:
    """The fields in which two versions differ (AssetDraft as JSON, places in one CRS); all that is filled in when new.

    `clashing` are fields that someone else changed too meanwhile; `ours` are all values as they stand now.
    """
    found = []
    for field, label in FIELDS.items():
        old, new = _value(before, field), _value(after, field)
        if old == new or (before is None and not _told(session, speaker, field, after)):
            continue
        was = "" if before is None else _told(session, speaker, field, before)
        now = _told(session, speaker, field, after)
        clash = None if ours is None or field not in clashing else _told(session, speaker, field, ours)
        says = moved(speaker, old, new) if field == "place" and before is not None else ""
        pieces = _pieces(was, now) if field in OWN_WORDS and was and now else ()
        wrote = ((before or {}).get("language"), after.get("language")) if field in OWN_WORDS else (None, None)
        found.append(Difference(field, speaker.gettext(label), was, now, pieces, says, clash, wrote))
    return found


def _value(values: Mapping[str, Any] | None, field: str) -> Any:
    if values is None:
        return None
    if field == "recurrence":
        return tuple(values.get(name) for name in ("recurrence", "recurrence_start", "recurrence_minutes"))
    return merging.comparable(values, field)


def _told(session: Session, speaker: i18n.Translator, field: str, values: Mapping[str, Any]) -> str:
    """The value of a field in words; empty when it has none."""
    value, say = values.get(field), speaker.gettext
    if value in (None, "", [], {}):
        return ""
    if field == "kind":
        return say(words.KIND[AssetKind(value)])
    if field == "themes":
        return ", ".join(say(words.THEME[Theme(one)]) for one in value)
    if field == "gifts":
        return "; ".join(f"{say(words.GIFT_OF[GiftOf(one['of'])])}: {one['what']}" for one in value)
    if field in ("started_on", "ended_on"):
        return speaker.day(date.fromisoformat(value))
    if field in ("open_to_newcomers", "resident_run", "wheelchair_accessible"):
        return say("yes") if value else say("no")
    if field == "member_count":
        return speaker.number(value)
    if field == "language":
        return str(speaker.locale.languages.get(str(value).partition("-")[0], value))
    if field == "recurrence":
        return repeated(speaker, values)
    if field == "place":
        return place(session, speaker, AssetKind(values["kind"]), value)
    return str(value)


def repeated(speaker: i18n.Translator, values: Mapping[str, Any]) -> str:
    """A rhythm in words: how often, and its first time."""
    rule = dict(part.split("=", 1) for part in str(values["recurrence"]).split(";") if "=" in part)
    number, say = int(rule.get("INTERVAL", "1")), speaker.gettext
    once, times = {
        "DAILY": (say("every day"), say("every %(number)s days")),
        "MONTHLY": (say("every month"), say("every %(number)s months")),
        "YEARLY": (say("every year"), say("every %(number)s years")),
    }.get(rule.get("FREQ", ""), (say("every week"), say("every %(number)s weeks")))
    often = once if number == 1 else times % {"number": speaker.number(number)}
    first = datetime.fromisoformat(str(values["recurrence_start"]))
    template = say("%(often)s, the first time on %(day)s at %(time)s")
    return template % {"often": often, "day": speaker.weekday(first), "time": f"{first:%H:%M}"}


def place(session: Session, speaker: i18n.Translator, kind: AssetKind, value: Mapping[str, Any]) -> str:
    """A place in words: streets of an initiative, what is shown of a person, a point or an outline of a thing."""
    say = speaker.gettext
    if kind is AssetKind.person:
        if value.get("show") == Placement.none:
            return say("without a place on the map")
        area = session.scalar(select(Area.name).where(Area.code == value.get("area")))
        street = value.get("street")
        if street and area:
            return say("%(street)s in %(area)s") % {"street": street, "area": area}
        return say("in %(area)s") % {"area": area} if area else ""
    stretches = value.get("stretches") or []
    if stretches:
        return "; ".join(dict.fromkeys(_stretch(session, speaker, one) for one in stretches))
    shape = _shape(value)
    if shape is None:
        return ""
    return say("a point on the map") if shape.geom_type == "Point" else say("an outline on the map")


def _stretch(session: Session, speaker: i18n.Translator, value: Mapping[str, Any]) -> str:
    street = value.get("street")
    if value.get("street_id"):
        street = session.scalar(select(Street.name).where(Street.id == value["street_id"])) or street
    how = speaker.gettext("whole street") if value.get("whole") else speaker.gettext("a stretch of it")
    return f"{street}, {how}" if street else how


def _shape(value: Any) -> Any:
    geometry = value.get("geometry") if isinstance(value, Mapping) else None
    return shapely.geometry.shape(geometry) if geometry else None


def moved(speaker: i18n.Translator, before: Any, after: Any) -> str:
    """How far something moved, when both places are a point or an outline in one CRS in metres; else nothing."""
    was, now = _shape(before), _shape(after)
    if was is None or now is None or before.get("crs") != after.get("crs"):
        return ""
    metres = round(float(was.centroid.distance(now.centroid)))
    if metres >= 1000:
        return speaker.gettext("moved %(number)s km") % {"number": speaker.number(metres / 1000, 1)}
    return speaker.gettext("moved %(number)s metres") % {"number": speaker.number(metres)}


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    """Which words come and which go; empty when nearly all do, for then two whole texts read better."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    if len(old) > MOST_WORDS or len(new) > MOST_WORDS:
        return ()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    kept = sum(any(sign.isalnum() for sign in word) for block in matcher.get_matching_blocks()
               for word in old[block.a : block.a + block.size])  # fmt: skip
    if kept * 2 < min(sum(any(sign.isalnum() for sign in word) for word in side) for side in (old, new)):
        return ()
    found: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(old[old_from:old_to])))
            continue
        if old_to > old_from:
            found.append(Piece("gone", "".join(old[old_from:old_to])))
        if new_to > new_from:
            found.append(Piece("added", "".join(new[new_from:new_to])))
    return tuple(found)


def labels(speaker: i18n.Translator, fields: Iterable[str]) -> str:
    """Names of fields in words, as a list."""
    return ", ".join(speaker.gettext(FIELDS[field]) for field in FIELDS if field in set(fields))
