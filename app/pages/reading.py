"""What pages read from an address, and what every page asks the database."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from cachetools import TTLCache, cached
from fastapi import Request
from sqlalchemy.orm import Session

from app import i18n, words
from app.parameters import FIRST_DATE, LAST_DATE, today
from assets import browse
from assets.browse import AreaChoice, Bounds, ListedAsset
from assets.errors import Fault, Invalid
from assets.search import FoundArea, FoundStreet
from assets.sharing import Withheld
from assets.vocabulary import AssetKind, Freshness, GiftOf, Placement, Theme

#: Rows on a page of the list, whatever the number of assets.
PAGE = 100
NUMBER = re.compile(r"-?\d{1,3}(\.\d{1,12})?", re.ASCII)


@dataclass(frozen=True)
class Filters:
    """What the visitor wants to see.

    Attributes:
        freshness: only fresh or only ageing entries; both when None.
        gift: only who has a gift of head, heart or hands.
        talent: only who has a gift in these words.
        open_only: only where newcomers are welcome.
        on: the day that the list and the map are about.
        is_today: whether that is today.
    """

    q: str | None
    kinds: tuple[AssetKind, ...]
    theme: Theme | None
    area: str | None
    bbox: Bounds | None
    before: int | None
    freshness: Freshness | None
    gift: GiftOf | None
    talent: str | None
    open_only: bool
    on: date
    is_today: bool

    @property
    def more(self) -> bool:
        """Whether anything is filtered on that is not a kind or words."""
        return bool(self.freshness or self.gift or self.talent or self.open_only or self.theme or not self.is_today)


def filters(request: Request) -> Filters:
    """The filters in this address.

    What cannot be read is left out, for links get broken. A day or a freshness that cannot be read is refused
    (Invalid): the list of another day would look like the answer.
    """
    query = request.query_params
    speaker = i18n.translator(i18n.choose(request))
    faults = []
    on = a_day(query.get("on"))
    if on is None and query.get("on"):
        faults.append(Fault("on", speaker.gettext("This is no day between 1900 and 2200.")))
    heard = {word for word in query.getlist("freshness") if word}
    if not heard <= {word.value for word in words.FRESHNESS}:
        faults.append(Fault("freshness", speaker.gettext("This is not one of the choices.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    known = set(AssetKind)
    before = query.get("before", "")
    return Filters(
        q=readable(query.get("q", "")) or None,
        kinds=tuple(kind for kind in AssetKind if kind.value in query.getlist("kind") and kind in known),
        theme=theme(query.get("theme")),
        area=readable(query.get("area", ""))[:40] or None,
        bbox=bbox(query.get("bbox", "")),
        before=int(before) if re.fullmatch(r"[1-9]\d{0,17}", before, re.ASCII) else None,
        freshness=Freshness(heard.pop()) if len(heard) == 1 else None,  # both ticked is everything on the map
        gift=gift(query.get("gift")),
        talent=readable(query.get("talent", ""))[:60] or None,
        open_only=query.get("open") == "true",
        on=on or today(),
        is_today=on is None or on == today(),
    )


def a_day(text: str | None) -> date | None:
    """The day in a text of an address; None when it is no day between 1900 and 2200."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text or "", re.ASCII):
        return None
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if FIRST_DATE <= found <= LAST_DATE else None


def readable(text: str) -> str:
    """Text from an address without characters that no text here can have; at most 100 long."""
    return "".join(sign for sign in text if sign != "\x00" and not "\ud800" <= sign <= "\udfff").strip()[:100]


def theme(text: str | None) -> Theme | None:
    """The theme of that name; None when there is no such theme."""
    return Theme(text) if text in set(Theme) else None


def gift(text: str | None) -> GiftOf | None:
    """Head, heart or hands by that name; None when there is no such gift."""
    return GiftOf(text) if text in set(GiftOf) else None


def bbox(text: str) -> Bounds | None:
    """West, south, east and north in degrees; None for what is no box."""
    parts = text.split(",")
    if len(parts) != 4 or not all(NUMBER.fullmatch(part) for part in parts):
        return None
    west, south, east, north = (float(part) for part in parts)
    return (west, south, east, north) if west < east and south < north and math.isfinite(west) else None


# --- rows in words ---


@dataclass(frozen=True)
class Row:
    """One asset in the list, in words.

    Attributes:
        facts: what stands behind the kind: themes, place, rhythm, freshness.
        box: west, south, east, north in degrees, for moving the map.
        language: of the title and the rhythm.
        page: address of its own page, on the day that the list is about.
        rhythm: the one of the facts that people wrote themselves; empty when there is none.
    """

    id: int
    kind: str
    title: str
    freshness: str
    facts: tuple[str, ...]
    box: tuple[str, ...]
    page: str
    language: str
    rhythm: str


@dataclass(frozen=True)
class Found:
    """One page of the list with the addresses of the next one and of the start.

    Attributes:
        alike: nothing has the words asked for; these look like them.
        ids: of everything that fits, where words chose it: the map draws only these.
        streets, areas: those with these words in their name.
    """

    rows: tuple[Row, ...]
    matched: int | None
    next: str | None
    first: str | None
    alike: bool = False
    ids: tuple[int, ...] | None = None
    streets: tuple[FoundStreet, ...] = ()
    areas: tuple[FoundArea, ...] = ()


def row(asset: ListedAsset, speaker: i18n.Translator, on: date | None = None) -> Row:
    """An asset as a row of the list; `on` when the list is about another day than today."""
    facts = [speaker.gettext(words.THEME[theme]) for theme in asset.themes]
    if asset.rhythm:
        facts.append(asset.rhythm)
    elif (place := place_words(asset, speaker)) is not None:
        facts.append(place)
    if asset.open_to_newcomers and asset.kind is not AssetKind.story:
        facts.append(speaker.gettext("newcomers are welcome"))
    if asset.freshness is Freshness.ageing:
        facts.append(speaker.gettext("not confirmed for a while"))
    elif asset.last_activity_on is not None:
        facts.append(speaker.gettext("confirmed in %(month)s") % {"month": speaker.month(asset.last_activity_on)})
    box = tuple(f"{edge:.6f}" for edge in asset.bounds) if asset.bounds else ()
    page = f"/assets/{asset.id}" if on is None else f"/assets/{asset.id}?on={on}"
    return Row(
        asset.id, asset.kind.value, asset.title, asset.freshness.value, tuple(facts), box, page, asset.language,
        asset.rhythm or "",
    )  # fmt: skip


def place_words(asset: ListedAsset, speaker: i18n.Translator) -> str | None:
    """Where an asset is, in words."""
    if asset.placement is Placement.none:
        return speaker.gettext("without a place on the map")
    if asset.street:
        return asset.street
    return speaker.gettext("in %(area)s") % {"area": asset.area_name} if asset.area_name else None


def day_words(wanted: Filters, speaker: i18n.Translator) -> str | None:
    """What a list of another day than today shows; None for today."""
    if wanted.is_today:
        return None
    if wanted.on < today():
        return speaker.gettext("As it was on %(day)s.") % {"day": speaker.day(wanted.on)}
    template = speaker.gettext("As it will be on %(day)s, when nothing more is heard until then.")
    return template % {"day": speaker.day(wanted.on)}


def count_words(matched: int | None, speaker: i18n.Translator, *, in_view: bool) -> str:
    """How many there are, as `42 in beeld`."""
    if matched is None:
        template = (
            speaker.gettext("more than %(count)s in view") if in_view else speaker.gettext("more than %(count)s found")
        )
        return template % {"count": speaker.number(browse.MOST_COUNTED)}
    template = speaker.gettext("%(count)s in view") if in_view else speaker.gettext("%(count)s found")
    return template % {"count": speaker.number(matched)}


# --- asked by every page, and the same for everyone: kept for a few seconds ---


def withheld_about(found: Sequence[Withheld], speaker: i18n.Translator) -> dict[str, str]:
    """What communities do not share, as a line beside a file; nothing when they share all that it is made of."""
    if not found:
        return {}
    told = [
        f"{one.name}: {speaker.gettext(words.SHARED[one.what])}" + (f" ({one.reason})" if one.reason else "")
        for one in found
    ]
    return {speaker.gettext("Not shared by communities"): " · ".join(told)}


@cached(TTLCache(maxsize=4, ttl=10), key=lambda session: session.get_bind().engine.url, lock=Lock())
def frame(session: Session) -> dict[str, Any]:
    """What the frame of every page needs: whether the sample is loaded, and whom the data is from."""
    return {"sample": browse.sample_loaded(session), "attributions": tuple(browse.attributions(session))}


def _of_bounds(session: Session, code: str | None, community: int | None = None) -> tuple[object, ...]:
    return session.get_bind().engine.url, code, community


@cached(TTLCache(maxsize=256, ttl=60), key=_of_bounds, lock=Lock())
def bounds(session: Session, code: str | None, community: int | None = None) -> Bounds | None:
    """The bounds of an area, or of where a map opens: where a community has its entries, else where most are."""
    return browse.bounds(session, code, community=community)


@cached(TTLCache(maxsize=256, ttl=60), key=lambda session, code: (session.get_bind().engine.url, code), lock=Lock())
def areas(session: Session, code: str | None) -> tuple[AreaChoice, ...]:
    """The areas that a visitor can choose."""
    return tuple(browse.area_choices(session, code))


@dataclass(frozen=True)
class AreaOption:
    """An area in a choice list."""

    code: str
    label: str


def area_options(session: Session, code: str | None, speaker: i18n.Translator) -> list[AreaOption]:
    """The areas to choose from, with their level where two have one name."""
    choices = areas(session, code)
    names = [choice.name for choice in choices]
    return [
        AreaOption(
            choice.code,
            f"{choice.name} ({speaker.gettext(words.AREA_KIND[choice.kind])})"
            if names.count(choice.name) > 1
            else choice.name,
        )
        for choice in choices
    ]


def leaflet_bounds(edges: Bounds | None) -> list[list[float]] | None:
    """Bounds as Leaflet writes them: south-west and north-east, latitude first."""
    if edges is None:
        return None
    west, south, east, north = edges
    return [[south, west], [north, east]]
