"""Reading the where-step: from the fields of a form to the place that was chosen, with a fault by each field.

House numbers are found in the table of addresses, which the public role may not read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import shapely
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.pages import reading
from assets import browse, crs, street_choice
from assets.crs import WGS84
from assets.drafts import PlaceDraft, StretchDraft
from assets.errors import Fault, Invalid, NotFound
from assets.geometry import from_geojson, to_storage
from assets.street_choice import Found
from assets.street_way import StreetLine
from assets.vocabulary import STRETCH_REACH_M, AssetKind, Placement


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


class Sent(Protocol):
    """The values of a form, by name."""

    def one(self, name: str, otherwise: str = "") -> str:
        """The value of a field, or else this."""
        ...

    def many(self, name: str) -> list[str]:
        """Every value of a field."""
        ...

    def multi_items(self) -> Iterable[tuple[str, str]]:
        """Each field with each of its values."""
        ...


#: Each field with what it is called in a list of faults; those of a second street end in -2, and so on.
LABELS: dict[str, str] = {
    "street": _("Street, neighbourhood or address"),
    "found": _("Which one do you mean?"),
    "house_number": _("House number"),
    "longitude": _("Longitude"),
    "latitude": _("Latitude"),
    "show": _("What may others see?"),
    "area": _("Neighbourhood"),
    "street_id": _("Street"),
    "stretch": _("Which part of the street?"),
    "from_number": _("From house number"),
    "to_number": _("to house number"),
    "from_end": _("From"),
    "to_end": _("to"),
    "line": _("Drawn on the map"),
}
OF_STREET = ("street_id", "stretch", "from_number", "to_number", "from_end", "to_end", "line", "sure")
NUMBERED = re.compile(rf"({'|'.join(OF_STREET)})(?:-([2-9]|1\d|20))?", re.ASCII)
#: Streets in one form at most.
MOST_STREETS = 20
#: Characters of one line at most: 10,000 points.
LONGEST_LINE = 500_000
ID = re.compile(r"[1-9]\d{0,17}", re.ASCII)
NUMBER = re.compile(r"[-+]?\d{1,9}(?:[.,]\d{1,15})?", re.ASCII)
WITH_NUMBER = re.compile(r"(.*\D)\s+([1-9]\d{0,5}\s?[-/]?\s?\w{0,5})")
SHOWS = {one.value: one for one in (Placement.neighbourhood, Placement.street, Placement.none)}

#: What can be wrong; translated where it is shown.
SAY_WHERE = _("Say where it is: tap on the map, or type a street.")
SAY_STREET = _("Say which street: tap it on the map, or type its name.")
NOT_FOUND = _("No street or neighbourhood was found with this name. Look at how it is written, or try a part of it.")
CHOOSE_ONE = _("Choose the one that you mean.")
CHOOSE_STREET = _("This is a neighbourhood. Choose a street.")
CHOOSE_PART = _("Choose which part of this street it is, and then go on.")
NO_CHOICE = _("This is not one of the choices.")
WHICH = _(
    "You chose corners or house numbers too. Is it the whole street? Then go on. If not, choose below what you mean."
)
GONE = _("This street is not on the map any more. Choose another one.")
NO_HOUSE = _("This house number is not known in this street. Leave it empty, or tap the place on the map.")
MIDDLE = _("House numbers are not known of this street: the pin stands in the middle of it. Tap the map to move it.")
NO_NUMBERS = _("No house numbers are known of this street. Choose the whole street, or two corners.")
NOT_A_HOUSE = _("Write a house number, such as 12.")
NONE_BETWEEN = _("No house between these two numbers is known in this street.")
TWO_PLACES = _("Choose two different places along the street.")
NOT_DRAWN = _("This line could not be read. Draw it again, or choose another way.")
NOT_NEAR = _("This line does not follow the street. Draw it along the street, or choose another way.")
NOT_A_NUMBER = _("Write a number, such as 4.4379 or 92450.")
BOTH = _("Fill in both numbers, or neither of them.")
SWAPPED = _("These two numbers seem to be swapped: the first is how far east, the second how far north.")
OUTSIDE = _("This place lies outside the area that this map is for.")
CHOOSE_AREA = _("Choose the neighbourhood, or that no place is shown.")
TOO_SMALL = _("This street is too small to show for a person; choose the neighbourhood instead.")
NO_AREA = _("This street lies in no known area; name the neighbourhood.")
TOO_MANY = _("These are very many streets for one initiative. Leave some out.")


def read(typed: Sent, kind: AssetKind, session: Session) -> PlaceDraft:
    """The place that was chosen, in the storage CRS.

    Raises:
        Invalid: faults whose pointers are names of fields (LABELS, perhaps with a number behind).
    """
    if kind == AssetKind.person:
        return _person(typed, session)
    if kind == AssetKind.street_initiative:
        return _streets(typed, session)
    return _thing(typed, session)


def _refuse(*faults: tuple[str, str]) -> Invalid:
    return Invalid("{detail}", faults=[Fault(*one) for one in faults], detail=" ".join(one[1] for one in faults))


class Given:
    """The form of a request as it was sent, without files."""

    def __init__(self, form: FormData) -> None:
        self._items = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]

    def one(self, name: str, otherwise: str = "") -> str:
        """The value of a field, or else this."""
        return next((value for key, value in self._items if key == name), otherwise)

    def many(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for key, value in self._items if key == name]

    def multi_items(self) -> Iterable[tuple[str, str]]:
        """Each field with each of its values."""
        return self._items


def _person(typed: Sent, session: Session) -> PlaceDraft:
    show = SHOWS.get(typed.one("show") or Placement.neighbourhood.value)
    if show is None:
        raise _refuse(("show", NO_CHOICE))
    if show is Placement.none:
        return PlaceDraft(show=Placement.none)
    area = typed.one("area").strip()
    if show is Placement.neighbourhood and area:
        if not area_is_there(session, area):
            raise _refuse(("area", NO_CHOICE))
        return PlaceDraft(show=Placement.neighbourhood, area=area)
    found = chosen_of(typed, session)
    if found is None:
        raise _refuse(("street", SAY_STREET) if show is Placement.street else ("area", CHOOSE_AREA))
    if found.area is None:
        raise _refuse(("found", NO_AREA))
    if show is Placement.neighbourhood:
        return PlaceDraft(show=Placement.neighbourhood, area=found.area)
    if found.street_id is None:
        raise _refuse(("found", CHOOSE_STREET))
    if not found.shows_person:
        raise _refuse(("show", TOO_SMALL))
    return PlaceDraft(show=Placement.street, street=found.name, area=found.area)


def _thing(typed: Sent, session: Session) -> PlaceDraft:
    storage = crs.storage(session)
    if _says_coordinates(typed):
        return _at(coordinates(typed, storage), storage)
    found = chosen_of(typed, session)
    if found is None:
        raise _refuse(("street", SAY_WHERE))
    if found.street_id is None:
        return _at(street_choice.area_point(session, found.area or ""), storage)
    number = _number(typed, session)
    if number and street_choice.house_number(number) is None:
        raise _refuse(("house_number", NOT_A_HOUSE))
    street = street_choice.street_line(session, found.street_id)
    if not number or not street.numbers:
        return _at(street.middle(), storage)
    house = street_choice.house(session, found.street_id, number)
    if house is None:
        raise _refuse(("house_number", NO_HOUSE))
    return _at(house.point, storage)


def _number(typed: Sent, session: Session) -> str:
    return typed.one("house_number").strip() or with_number(session, typed.one("street"))[1]


def in_the_middle(typed: Sent, session: Session) -> bool:
    """Whether the pin of a thing stands in the middle of its street because no house number is known there."""
    if _says_coordinates(typed) or not _number(typed, session):
        return False
    found = chosen_of(typed, session)
    if found is None or found.street_id is None:
        return False
    return not street_choice.street_line(session, found.street_id).numbers


def _says_coordinates(typed: Sent) -> bool:
    """Whether coordinates were chosen: those with which a form began do not go before a street that was named since."""
    said = [typed.one(name).strip() for name in ("longitude", "latitude")]
    named = typed.one("found") or typed.one("street").strip()
    return any(said) and not (named and ",".join(said) == typed.one("began_at"))


def _at(point: shapely.Point, storage: crs.StorageCrs) -> PlaceDraft:
    where = [round(point.x, 2), round(point.y, 2)]
    return PlaceDraft(geometry={"type": "Point", "coordinates": where}, crs=f"EPSG:{storage.srid}")


def coordinates(typed: Sent, storage: crs.StorageCrs) -> shapely.Point:
    """The typed coordinates in the storage CRS: degrees or metres of it, with a point or a comma. Invalid otherwise."""
    said = {name: typed.one(name).strip() for name in ("longitude", "latitude")}
    if empty := [name for name, text in said.items() if not text]:
        raise _refuse((empty[0], BOTH))
    if odd := [name for name, text in said.items() if not NUMBER.fullmatch(text)]:
        raise _refuse(*((name, NOT_A_NUMBER) for name in odd))
    x, y = (float(text.replace(",", ".")) for text in said.values())
    if (point := _placed(x, y, storage)) is not None:
        return point
    raise _refuse(("longitude", SWAPPED if _placed(y, x, storage) is not None else OUTSIDE))


def _placed(x: float, y: float, storage: crs.StorageCrs) -> shapely.Point | None:
    """Where two numbers are, as degrees or as metres; None when they are outside the area of use."""
    if abs(x) <= 180 and abs(y) <= 90:
        try:
            point = to_storage(shapely.Point(x, y), source=WGS84, storage=storage)
        except Invalid:
            return None
        return point if isinstance(point, shapely.Point) else None
    point = shapely.Point(x, y)
    return point if storage.holds(point) else None


def area_is_there(session: Session, code: str) -> bool:
    """Whether an area has this code."""
    try:
        browse.area(session, reading.readable(code)[:40])
    except NotFound:
        return False
    return True


def chosen_of(typed: Sent, session: Session, found: list[Found] | None = None, *, by_id: bool = True) -> Found | None:
    """What was chosen of what was found, or the only thing that is called as was typed; None when nothing was said.

    `found` is what its words find, when that is known; without `by_id` the number of a street is that of a stretch.

    Raises:
        Invalid: nothing is called so, or it is to be chosen still.
    """
    kind, _separator, which = typed.one("found").partition("-")
    street_id = which if kind == "street" else typed.one("street_id") if by_id else ""
    if kind == "area" and area_is_there(session, which):
        return area_named(session, which)
    if ID.fullmatch(street_id):
        try:
            return street_choice.street(session, int(street_id))
        except NotFound:
            raise _refuse(("found", GONE)) from None
    words = typed.one("street").strip()
    if not words:
        return None
    found = with_number(session, words)[0] if found is None else found
    exact = [one for one in found if one.exact]
    if len(exact) == 1:
        return exact[0]
    raise _refuse(("found", CHOOSE_ONE) if found else ("street", NOT_FOUND))


def area_named(session: Session, code: str) -> Found:
    """The area with this code as something that was found; NotFound when there is none."""
    known = browse.area(session, reading.readable(code)[:40])
    return Found(None, known.code, known.name, (), None, shows_person=True, exact=True)


def with_number(session: Session, words: str) -> tuple[list[Found], str]:
    """What was found for these words, and the house number behind them: "Havenstraat 12"."""
    found = street_choice.find(session, words)
    parts = WITH_NUMBER.fullmatch(words.strip()[:200])
    if parts is None or any(one.exact for one in found):
        return found, ""
    return street_choice.find(session, parts[1]), parts[2].strip()


# --- streets of an initiative ---


@dataclass(frozen=True)
class Block:
    """The fields of one street of an initiative, as they were sent; `number` counts from 1."""

    number: int
    values: Mapping[str, list[str]]

    def name(self, of: str) -> str:
        """The name of a field of this street."""
        return of if self.number == 1 else f"{of}-{self.number}"

    def one(self, of: str) -> str:
        """Its value."""
        found = self.values.get(of)
        return found[0].strip() if found else ""

    @property
    def lines(self) -> list[str]:
        """The lines that were drawn."""
        return [line for line in self.values.get("line", ()) if line.strip()]


def blocks_of(typed: Sent) -> list[Block]:
    """The streets in the form that say which street they are, or have a line."""
    said: dict[int, dict[str, list[str]]] = {}
    for name, value in typed.multi_items():
        if found := NUMBERED.fullmatch(name):
            said.setdefault(int(found[2] or 1), {}).setdefault(found[1], []).append(value)
    blocks = [Block(number, said[number]) for number in sorted(said)]
    return [block for block in blocks if block.one("street_id") or block.lines]


def _streets(typed: Sent, session: Session) -> PlaceDraft:
    blocks = blocks_of(typed)
    storage = crs.storage(session)
    if not blocks:
        found = chosen_of(typed, session)
        if found is None:
            raise _refuse(("street", SAY_STREET))
        if found.street_id is None:
            raise _refuse(("found", CHOOSE_STREET))
        if typed.one("stretch") != "whole":
            raise _refuse(("stretch", CHOOSE_PART))
        return PlaceDraft(stretches=[StretchDraft(street_id=found.street_id, whole=True)])
    if len(blocks) > MOST_STREETS:
        raise _refuse(("street", TOO_MANY))
    stretches: list[StretchDraft] = []
    faults: list[Fault] = []
    for block in blocks:
        try:
            stretches += _stretches(block, session, storage)
        except Invalid as refused:
            faults += refused.faults
    if faults:
        raise Invalid("{detail}", faults=faults, detail=" ".join(one.detail for one in faults))
    return PlaceDraft(crs=f"EPSG:{storage.srid}", stretches=stretches)


def _stretches(block: Block, session: Session, storage: crs.StorageCrs) -> Iterator[StretchDraft]:
    """The stretch of one street; several when several lines were drawn on it."""
    way = block.one("stretch") or ("drawn" if block.lines else "whole")
    if not block.one("street_id"):
        for line in _drawn(block, storage):
            yield StretchDraft(line=_positions(line))
        return
    street_id = block.one("street_id")
    try:
        if not ID.fullmatch(street_id):
            raise NotFound("There is no street with the number {street_id}.", street_id=street_id)
        street = street_choice.street_line(session, int(street_id))
    except NotFound:
        raise _refuse((block.name("street_id"), GONE)) from None
    if way == "whole":
        if not block.one("sure") and _says_more(block, street):
            raise _refuse((block.name("stretch"), WHICH))
        yield StretchDraft(street_id=street.street_id, whole=True)
    elif way == "drawn":
        lines = _drawn(block, storage)
        for line in lines:
            if min(float(edge.line.distance(line)) for edge in street.edges if not edge.gap) > STRETCH_REACH_M:
                raise _refuse((block.name("line"), NOT_NEAR))
        for line in lines:
            yield StretchDraft(street_id=street.street_id, line=_positions(line))
    elif way == "numbers":
        yield StretchDraft(street_id=street.street_id, line=_positions(_by_numbers(block, session, street)))
    elif way == "ends":
        yield StretchDraft(street_id=street.street_id, line=_positions(_by_ends(block, street)))
    else:
        raise _refuse((block.name("stretch"), NO_CHOICE))


def _says_more(block: Block, street: StreetLine) -> bool:
    """Whether a part was filled in as well, while the whole street was left chosen: easily done without script."""
    if block.one("from_number") or block.one("to_number"):
        return True
    ends = (street.corners[0].key, street.corners[-1].key) if street.corners else ("", "")
    said = (block.one("from_end"), block.one("to_end"))
    return all(said) and said != ends


def _by_numbers(block: Block, session: Session, street: StreetLine) -> shapely.LineString:
    if not street.numbers:
        raise _refuse((block.name("stretch"), NO_NUMBERS))
    read = {name: street_choice.house_number(block.one(name)) for name in ("from_number", "to_number")}
    first, last = read.values()
    if first is None or last is None:
        raise _refuse(*((block.name(name), NOT_A_HOUSE) for name, number in read.items() if number is None))
    way = street_choice.numbered(session, street, first, last)
    if way is None:
        raise _refuse((block.name("from_number"), NONE_BETWEEN))
    return way


def _by_ends(block: Block, street: StreetLine) -> shapely.LineString:
    corners = {name: street.corner(block.one(name)) for name in ("from_end", "to_end")}
    first, last = corners.values()
    if first is None or last is None:
        raise _refuse(*((block.name(name), NO_CHOICE) for name, corner in corners.items() if corner is None))
    way = street.between(street.at(first.node), street.at(last.node))
    if way is None:
        raise _refuse((block.name("to_end"), TWO_PLACES))
    return way


def _drawn(block: Block, storage: crs.StorageCrs) -> list[shapely.LineString]:
    """The lines that were drawn, in the storage CRS."""
    found: list[shapely.LineString] = []
    for said in block.lines:
        try:
            line = from_geojson(json.loads(said) if len(said) <= LONGEST_LINE else None, allowed=("LineString",))
            line = to_storage(line, source=WGS84, storage=storage)
        except (Invalid, ValueError, RecursionError):
            raise _refuse((block.name("line"), NOT_DRAWN)) from None
        if isinstance(line, shapely.LineString) and line.length >= 1:
            found.append(line)
    if not found:
        raise _refuse((block.name("line"), NOT_DRAWN))
    return found


def _positions(line: shapely.LineString) -> list[tuple[float, float]]:
    """A line as positions to the centimetre."""
    return [(round(x, 2), round(y, 2)) for x, y in line.coords]
