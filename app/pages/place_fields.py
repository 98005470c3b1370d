"""The where-step of a form: a place, a stretch of street, or what is shown of where a person lives.

    context(session, kind, typed, speaker)   what `_place_fields.html` needs, under the name `place`
    asked(typed)                             whether the form was only sent to look something up: show it again
    read(typed, kind, session)               the place that was chosen, or Invalid with a fault by each field (LABELS)
    filled(session, asset)                   the fields for where an entry is now, to begin changing it

Everything works without script. A script fills in the same fields, so there is one reader. Fields of the first street
of an initiative are called `street_id`, `stretch` and so on, those of the second `street_id-2`: docs/decisions/0033.

`read` finds house numbers and `filled` reads the entry, so these need a session that writes; the others read what is
public.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app import i18n
from app.pages import place_reading, reading
from app.pages.place_reading import ID, LABELS, LONGEST_LINE, SHOWS, TOO_SMALL, Block, Sent, read
from assets import crs, inventory, street_choice
from assets.crs import WGS84
from assets.drafts import PlaceDraft
from assets.errors import Invalid, NotFound
from assets.inventory import Asset
from assets.links import Stretch
from assets.street_choice import Found
from assets.street_way import Corner, StreetLine
from assets.vocabulary import AssetKind, Placement

__all__ = ["LABELS", "asked", "context", "filled", "read", "settings"]

#: The buttons of this step have this name.
STEP = "place_step"


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


def asked(typed: Sent) -> bool:
    """Whether the form was sent by one of this step's own buttons: show it again, whatever is still to be filled in."""
    return bool(typed.one(STEP))


@dataclass(frozen=True)
class Choice:
    """A street or an area that was found, in words.

    Attributes:
        value: what the form sends.
        more: where it is, and how long.
        shows_person: whether a person may be shown by it.
    """

    value: str
    name: str
    more: str
    is_area: bool
    shows_person: bool


@dataclass(frozen=True)
class End:
    """A place along a street to choose, in words."""

    key: str
    label: str


@dataclass(frozen=True)
class Street:
    """One street of an initiative with how its stretch was chosen.

    Attributes:
        suffix: behind the names of its fields: "", "-2", ...
        way: whole, numbers, ends or drawn.
        values: of its other fields.
        lines: drawn lines, as they were sent.
    """

    suffix: str
    street_id: int
    name: str
    places: str
    length: str
    way: str
    numbers: bool
    ends: list[End]
    values: dict[str, str]
    lines: list[str]


@dataclass(frozen=True)
class PlaceFields:
    """What `_place_fields.html` shows."""

    values: dict[str, str]
    found: list[Choice]
    chosen: str
    searched: bool
    areas: list[reading.AreaOption]
    streets: list[Street]
    others_see: str
    settings: dict[str, Any]
    map: Any


def context(session: Session, kind: AssetKind | str | None, typed: Sent, speaker: i18n.Translator) -> dict[str, Any]:
    """What `_place_fields.html` needs, as `place`; for every kind, for a script may change it on the page."""
    from maps import place as place_map  # folium loads slowly

    values = {
        name: _shown(typed.one(name))
        for name in ("street", "house_number", "longitude", "latitude", "area", "began_at")
    }
    values["show"] = typed.one("show") if typed.one("show") in SHOWS else Placement.neighbourhood.value
    found, number = place_reading.with_number(session, typed.one("street")) if typed.one("street").strip() else ([], "")
    values["house_number"] = values["house_number"] or number
    chosen: Found | None = None
    with contextlib.suppress(Invalid):
        chosen = place_reading.chosen_of(typed, session, found, by_id=kind != AssetKind.street_initiative)
    if chosen is not None and all(_value(chosen) != _value(one) for one in found):
        found = [chosen, *found]
    if not values["area"] and chosen is not None and chosen.area:
        values["area"] = chosen.area
    blocks, step = place_reading.blocks_of(typed), typed.one(STEP)
    streets = [
        shown for block in blocks if step != f"remove-{block.number}" and (shown := _street(session, block, speaker))
    ]
    taken = chosen is not None and chosen.street_id is not None and kind == AssetKind.street_initiative
    if taken and chosen is not None and (step == "add" or not blocks) and not step.startswith("remove"):
        added = Block(len(blocks) + 1, {"street_id": [str(chosen.street_id)]})
        if (shown := _street(session, added, speaker)) is not None:
            streets.append(shown)
        values["street"], found, chosen = "", [], None
    fields = PlaceFields(
        values=values,
        found=[choice(one, speaker) for one in found],
        chosen=_value(chosen) if chosen is not None else "",
        searched=bool(typed.one("street").strip()) and not streets,
        areas=_areas(session, values["area"], speaker),
        streets=[renumbered(one, number) for number, one in enumerate(streets, start=1)],
        others_see=others_see(session, values, chosen, speaker),
        settings=_settings(session, speaker),
        map=place_map.parts(),
    )
    return {"place": fields}


def _shown(text: str) -> str:
    return reading.readable(text)


def _value(found: Found) -> str:
    return f"street-{found.street_id}" if found.street_id is not None else f"area-{found.area}"


def choice(found: Found, speaker: i18n.Translator) -> Choice:
    """Something that was found, in words."""
    facts = [", ".join(found.places)] if found.places else []
    if found.street_id is None:
        facts.insert(0, speaker.gettext("neighbourhood"))
    if found.length_m is not None:
        facts.append(speaker.gettext("%(metres)s m") % {"metres": speaker.number(found.length_m)})
    return Choice(_value(found), found.name, " · ".join(facts), found.street_id is None, found.shows_person)


def _areas(session: Session, code: str, speaker: i18n.Translator) -> list[reading.AreaOption]:
    """The areas to choose from, with the chosen one when there are too many to list."""
    options = reading.area_options(session, None, speaker)
    if code and all(one.code != code for one in options) and place_reading.area_is_there(session, code):
        options = [reading.AreaOption(code, place_reading.area_named(session, code).name), *options]
    return options


def others_see(session: Session, values: Mapping[str, str], chosen: Found | None, speaker: i18n.Translator) -> str:
    """What others will see of a person, in one sentence."""
    if values["show"] == Placement.street.value and chosen is not None and chosen.street_id is not None:
        if not chosen.shows_person:
            return speaker.gettext(TOO_SMALL)
        return seen(session, PlaceDraft(show=Placement.street, street=chosen.name), speaker)
    if values["show"] == Placement.none.value:
        return seen(session, PlaceDraft(show=Placement.none), speaker)
    area = values["area"] if values["area"] and place_reading.area_is_there(session, values["area"]) else None
    return seen(session, PlaceDraft(show=Placement.neighbourhood, area=area), speaker)


def seen(session: Session, place: PlaceDraft, speaker: i18n.Translator) -> str:
    """What others will see of a person with this place."""
    say = speaker.gettext
    if place.show is Placement.none:
        return say("Others see no place at all.")
    if place.show is Placement.street:
        return say("Others see: %(street)s. Never a house number.") % {"street": place.street}
    if place.area is None:
        return say("Others see the neighbourhood, and never an address.")
    name = place_reading.area_named(session, place.area).name
    return say("Others see: in %(area)s. Never an address.") % {"area": name}


def _street(session: Session, block: Block, speaker: i18n.Translator) -> Street | None:
    """A street in words; None for one that is not there, which `read` says."""
    if not ID.fullmatch(block.one("street_id")):
        return None
    try:
        line = street_choice.street_line(session, int(block.one("street_id")))
    except NotFound:
        return None
    return street_fields(line, block, speaker)


def street_fields(line: StreetLine, block: Block, speaker: i18n.Translator) -> Street:
    """The fields of one street in words."""
    ends = end_words(line, speaker)
    values = {name: _shown(block.one(name)) for name in ("from_number", "to_number", "from_end", "to_end")}
    if ends:
        values["from_end"] = values["from_end"] or ends[0].key
        values["to_end"] = values["to_end"] or ends[-1].key
    way = block.one("stretch") or ("drawn" if block.lines else "whole")
    length = speaker.gettext("%(metres)s m") % {"metres": speaker.number(line.length_m)}
    return Street(
        "", line.street_id, line.name, ", ".join(line.places), length, way, line.numbers,
        ends, values, [said for said in block.lines if len(said) <= LONGEST_LINE],
    )  # fmt: skip


def renumbered(street: Street, number: int) -> Street:
    """The fields as those of the first, the second, ... street of a form."""
    return replace(street, suffix="" if number == 1 else f"-{number}")


#: What the two bare ends of a street are called, by the direction from the first to the last.
BARE_ENDS = {
    "east": (_("western end"), _("eastern end")),
    "west": (_("eastern end"), _("western end")),
    "north": (_("southern end"), _("northern end")),
    "south": (_("northern end"), _("southern end")),
}


def end_words(street: StreetLine, speaker: i18n.Translator) -> list[End]:
    """The corners and ends of a street in words, in order; fewer than two are no choice."""
    if len(street.corners) < 2:
        return []
    labels = [_corner_words(street, corner, speaker) for corner in street.corners]
    return [
        End(corner.key, label if labels.count(label) == 1 else f"{label} ({_metres(corner.along_m, speaker)})")
        for corner, label in zip(street.corners, labels, strict=True)
    ]


def _corner_words(street: StreetLine, corner: Corner, speaker: i18n.Translator) -> str:
    if corner.names:
        return speaker.gettext("corner of %(street)s") % {"street": " / ".join(corner.names[:3])}
    first, last = BARE_ENDS[street.heading]
    name = last if corner.key == "end" else first
    return speaker.gettext(name)


def _metres(metres: float, speaker: i18n.Translator) -> str:
    return speaker.gettext("after %(metres)s m") % {"metres": speaker.number(metres)}


# --- for the script ---


def _settings(session: Session, speaker: i18n.Translator) -> dict[str, Any]:
    say = speaker.gettext
    words = {"map": say("Map to choose the place on"), "mapHelp": True, "zoomIn": say("Zoom in"),
             "zoomOut": say("Zoom out"), "place": script_words(speaker)}  # fmt: skip
    return {"bounds": reading.leaflet_bounds(reading.bounds(session, None)), "words": words}


def settings(
    place: PlaceFields, words: Mapping[str, Any], *, around: tuple[BaseGeometry, int] | None = None
) -> dict[str, Any]:
    """The settings of a page with this step, for its scripts.

    Args:
        place: from `context`.
        words: that other scripts of the page need.
        around: a shape and its EPSG code with which the map opens; without it everything.
    """
    found = {**place.settings, "words": {**place.settings["words"], **words}}
    if around is not None:
        found["bounds"] = reading.leaflet_bounds(crs.transform(*around, WGS84).bounds)
    return found


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that the script of this step puts on the page."""
    say = speaker.gettext
    return {
        "pin": say("The pin. Move it with the arrow keys."),
        "pinNear": say("The pin stands on the map, near {street}."),
        "pinPut": say("The pin stands on the map."),
        "results": say("{count} found. Choose one with the arrow keys."),
        "oneResult": say("1 found."),
        "noResults": say("Nothing was found with this name. Look at how it is written, or try a part of it."),
        "suggestions": say("Found streets and neighbourhoods"),
        "neighbourhood": say("neighbourhood"),
        "closer": say("The map came closer. Now tap your street."),
        "noStreetHere": say("There is no street with a name here. Tap on the street itself."),
        "streetChosen": say("{street}: the whole street, {metres} m. Drag an end, or tap where the part begins."),
        "otherEnd": say("That is one end. Now tap the other one."),
        "stretch": say("{street}: {metres} m, from {first} to {last}."),
        "byNumbers": say("{street}: {metres} m, by house numbers."),
        "wholeStreet": say("{street}: the whole street, {metres} m."),
        "removed": say("{street} is left out."),
        "firstEnd": say("{street}: one end of the part"),
        "lastEnd": say("{street}: the other end of the part"),
        "here": say("a place after {metres} m"),
        "between": say("a place on the map"),
        "looking": say("Looking where you are."),
        "refused": say("Your device does not tell where you are. Tap on the map, or type a street."),
        "roughly": say("You are somewhere here, give or take {metres} m. Tap on the map where it is exactly."),
        "hereTapStreet": say("You are here. Now tap your street."),
        "noAreaHere": say("No neighbourhood is known here. Choose one from the list."),
        "failed": say("This did not work. Try again in a moment; what you filled in is still there."),
    }


# --- a place that is stored ---


def filled(session: Session, asset: Asset) -> dict[str, list[str]]:
    """The fields that say where an entry is, to begin changing it: of a stretch as it lies on the street, not as drawn.

    An area has no fields: whoever moves it chooses a point.
    """
    if asset.kind == AssetKind.person:
        place = inventory.as_draft(session, asset).place
        return {"show": [place.show.value], "area": [place.area or ""], "street": [place.street or ""]}
    srid = crs.storage(session).srid
    if asset.kind == AssetKind.street_initiative:
        found: dict[str, list[str]] = {}
        for number, stretch in enumerate(inventory.stretches_of(session, asset.id), start=1):
            found |= _stretch_filled(session, stretch, Block(number, {}), srid)
        return found
    shape = to_shape(asset.geom) if asset.geom is not None else None
    if not isinstance(shape, shapely.Point):
        return {}
    point = crs.transform(shape, srid, WGS84)
    longitude, latitude = f"{point.x:.6f}", f"{point.y:.6f}"
    return {"longitude": [longitude], "latitude": [latitude], "began_at": [f"{longitude},{latitude}"]}


def _stretch_filled(session: Session, stretch: Stretch, block: Block, srid: int) -> dict[str, list[str]]:
    values = {block.name("street_id"): [str(stretch.street_id)], block.name("stretch"): ["whole"]}
    if stretch.whole_street:
        return values
    street = street_choice.street_line(session, stretch.street_id)
    covered = to_shape(stretch.geom)
    way = street.around([shapely.Point(corner) for line in shapely.get_parts(covered) for corner in line.coords])
    if way is None:
        return values
    degrees = crs.transform(way, srid, WGS84)
    line = {"type": "LineString", "coordinates": [[round(x, 7), round(y, 7)] for x, y in degrees.coords]}
    return values | {
        block.name("stretch"): ["drawn"],
        block.name("line"): [json.dumps(line, separators=(",", ":"))],
    }
