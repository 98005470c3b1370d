"""Persons: their place is generalised before it is stored, and their words may not give them away."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets import street_search
from assets.errors import Invalid, NotFound, message
from assets.sql import statement
from assets.vocabulary import Placement

#: A person's street is shown only where it has at least this many addresses.
LEAST_ADDRESSES = 10
#: Where addresses are unknown, or estimated only, the street must be longer than this, in metres.
LEAST_LENGTH_M = 100.0

E_MAIL = re.compile(r"[\w.+-]+\s*(?:@|\(at\)|\[at\])\s*[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
TELEPHONE = re.compile(r"(?<![\w/.])(?:\+|00)?\d(?:[\s().-]{0,2}\d){7,14}(?![\w])")
IBAN = re.compile(r"\b[A-Z]{2}\d{2}\s?(?:[A-Z0-9]{4}\s?){2,7}[A-Z0-9]{1,4}\b")
PERSONAL = (
    (E_MAIL, message("This text holds an e-mail address (at character {place}); contact goes through the form.")),
    (IBAN, message("This text holds a bank account (at character {place}); contact goes through the form.")),
    (TELEPHONE, message("This text holds a telephone number (at character {place}); contact goes through the form.")),
)
#: What a number behind the name of a street may count or name without being the number of a house.
NO_DOOR = (
    r"(?!\s*(?:buren|buurtgenoten|bewoners|mensen|kinderen|gezinnen|huizen|deuren|bomen|bankjes|keer|maal|uur|weken"
    r"|minuten|stappen|personen|vrijwilligers|deelnemers|stoelen|plekken|euro|km|kilometer|minutes|steps|chairs"
    r"|dagen|maanden|jaar|meter|januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
    r"|neighbou?rs|people|children|families|houses|doors|trees|benches|times|hours|weeks|days|months|years|met(?:er|re)s"
    r"|january|february|march|may|june|july|august|october)\b)"
)
#: One to four digits, perhaps with a letter or an addition; no year, no time, no piece of a longer number.
DOOR = rf"(?!(?:19|20)\d\d\b)\d{{1,4}}(?![\d.,:]*\d)(?:\s?[-/]?\s?[a-zA-Z]\b)?(?!\w){NO_DOOR}"
STREET_ENDS = r"straat|str\.|laan|weg|plein|kade|singel|steeg|dijk|gracht|plantsoen|boulevard|dreef|street|avenue"
HOUSES = (
    re.compile(rf"\b(?:huis\s?nummer|huisnr|nummer|nr|no(?=\.)|house\s+number|number)\b\.?:?\s*{DOOR}", re.IGNORECASE),
    re.compile(rf"\b[^\W\d_][\w'’-]*(?:{STREET_ENDS})\s*,?\s*{DOOR}", re.IGNORECASE),
)
A_HOUSE = message("This text holds a house number (at character {place}); leave out where someone lives.")
#: In words about a person a number alone says nothing: "nummer 1 in taarten bakken".
AT_HOME = (
    re.compile(
        rf"\b(?:(?:huis\s?nummer|huisnr|house\s+number)|(?:woon|woont|wonen|live|lives)\b[^.!?\n]{{0,40}}?"
        rf"\b(?:op|aan|at|nummer|nr|number))\b\.?:?\s*{DOOR}",
        re.IGNORECASE,
    ),
    HOUSES[1],
)
A_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class GeneralPlace:
    """What is stored of where a person lives.

    Attributes:
        placement: how general it is.
        area_id: the area named on screen.
        street_id: the street named on screen, only for placement street.
        point: in the storage CRS; the same for everyone there, or None when nothing is shown.
    """

    placement: Placement
    area_id: int | None
    street_id: int | None
    point: BaseGeometry | None


@dataclass(frozen=True)
class PersonalData:
    """A way to reach someone that stands in a text.

    Attributes:
        told: why it is refused, a message with the value `place`.
        span: where it begins and ends, in characters.
    """

    told: str
    span: tuple[int, int]


def house_numbers(street: str | None = None) -> tuple[re.Pattern[str], ...]:
    """What finds the number of a house in a text: behind "nummer", a name like a street's, or this very street."""
    if street is None:
        return HOUSES
    return (*HOUSES, re.compile(rf"(?<!\w){re.escape(street)}\s*,?\s*{DOOR}", re.IGNORECASE))


def of_person(street: str | None = None) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What no text about a person may hold: a way to reach them, or the number of their house.

    `street` is the one that is shown for them, whatever it is called.
    """
    houses = (*AT_HOME, *house_numbers(street)[len(HOUSES) :])
    return (*PERSONAL, *((pattern, A_HOUSE) for pattern in houses))


#: The same for someone whose street is not known.
OF_PERSONS = of_person()


def personal_data(words: str, *, refused: Iterable[tuple[re.Pattern[str], str]] = OF_PERSONS) -> PersonalData | None:
    """The first way to reach someone, or number of a house, in a text, or what else is refused; None without."""
    for pattern, told in refused:
        found = pattern.search(words)
        if found and not A_DATE.match(found.group(0)):
            return PersonalData(told, found.span())
    return None


def refuse_personal_data(
    words: str, pointer: str, *, refused: Iterable[tuple[re.Pattern[str], str]] = OF_PERSONS
) -> None:
    """Raise Invalid where a text holds a way to reach someone, or the number of their house."""
    found = personal_data(words, refused=refused)
    if found is not None:
        raise Invalid.at(pointer, found.told, place=found.span[0] + 1)


def generalise(
    session: Session, *, show: Placement, exact: BaseGeometry | None, area_code: str | None, street: str | None
) -> GeneralPlace:
    """The general place of a person; `exact` (storage CRS) is used to find it and is not kept.

    Rule: domain, People come first, rule 1. Everyone in a neighbourhood gets its label point; everyone in a street
    the middle of that street's part. A street is possible only with at least 10 addresses, or longer than 100 m when
    their number is unknown; with addresses that are estimated only, both.

    Raises:
        Invalid: when the place lies in no known area, or the street is too small to hide in.
    """
    if show == Placement.none:
        return GeneralPlace(Placement.none, None, None, None)
    if show == Placement.street:
        street_id = (
            street_search.the_street(session, name=street, area=area_code, near=exact, pointer="/place/street")
            if street
            else None
        )
        return _in_street(session, street_id, exact)
    return _in_neighbourhood(session, exact, area_code, street)


def _in_neighbourhood(
    session: Session, exact: BaseGeometry | None, area_code: str | None, street: str | None
) -> GeneralPlace:
    if area_code is None and exact is None and street:
        street_id = street_search.the_street(session, name=street, pointer="/place/street")
        return GeneralPlace(Placement.neighbourhood, *_area_of_street(session, street_id))
    if area_code is None and exact is None:
        raise Invalid.at("/place", "Name the neighbourhood, or choose that no place is shown.")
    row = session.execute(
        statement("general_neighbourhood"),
        {"code": area_code, "point": exact.representative_point().wkb if exact is not None else None},
    ).one_or_none()
    if row is None:
        if area_code:
            raise Invalid.at("/place", "There is no area with the code {code}.", code=area_code)
        raise Invalid.at("/place", "This place lies in no known area.")
    return GeneralPlace(Placement.neighbourhood, row.area_id, None, street_search.shape(row.point))


def _area_of_street(session: Session, street_id: int) -> tuple[int | None, None, BaseGeometry]:
    row = session.execute(statement("general_street"), {"street_id": street_id, "point": None}).first()
    if row is None or row.area_id is None:
        raise Invalid.at("/place", "This street lies in no known area; name the neighbourhood.")
    return row.area_id, None, street_search.shape(row.area_point)


def _in_street(session: Session, street_id: int | None, exact: BaseGeometry | None) -> GeneralPlace:
    if street_id is None and exact is None:
        raise Invalid.at("/place/street", "Name the street.")
    point = exact.representative_point().wkb if exact is not None else None
    row = session.execute(statement("general_street"), {"street_id": street_id, "point": point}).first()
    if row is None:
        raise NotFound("There is no street within 100 m of this place.")
    if too_small(addresses=row.addresses, length_m=row.length_m, estimated=row.estimated):
        raise Invalid.at(
            "/place/street", "This street is too small to show for a person; choose the neighbourhood instead."
        )
    return GeneralPlace(Placement.street, row.area_id, row.street_id, street_search.shape(row.point))


def too_small(*, addresses: int | None, length_m: float, estimated: bool) -> bool:
    """Whether a street part is too small to show a person by.

    Args:
        addresses: on this part; None while unknown.
        length_m: of this part.
        estimated: whether its addresses were spread between a first and a last house number.
    """
    known = addresses is not None
    few = addresses is not None and addresses < LEAST_ADDRESSES
    # how many there are between a first and a last house number is a guess: ten of them can be two houses
    return few or (length_m <= LEAST_LENGTH_M and (estimated or not known))
