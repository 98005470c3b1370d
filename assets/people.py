"""Persons: their place is generalised before it is stored, and their words may not give them away."""

import re
import unicodedata
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

E_MAIL = re.compile(
    r"(?<![\w.+-])(?:[\w.+-]+\s*(?:[(\[{<]\s*)?(?:@|(?<=[(\[{])\s*at\s*(?=[)\]}]))(?:\s*[)\]}>])?\s*[\w-]+"
    r"(?:(?:\s*[(\[{]?\s*\.\s*[)\]}]?\s*|\s*[(\[{]\s*(?:dot|punt)\s*[)\]}]\s*|\s+(?:dot|punt)\s+)[\w-]+)+"
    r"|[\w.+-]+\s+(?:at|apenstaart(?:je)?)\s+[\w-]+\s+(?:dot|punt)\s+[a-z]{2,})",
    re.IGNORECASE,
)
TELEPHONE = re.compile(
    r"(?<![\w/.])(?:(?:\+|00)?\d(?:[\s().-]{0,2}\d){7,14}|\(?0\d{1,3}\)?\s?[-/]\s?\d(?:[\s.-]{0,2}\d){5,8})(?!\w)"
)
#: With at least ten digits after the country, so that words of four letters are not taken for one.
IBAN = re.compile(
    r"\b(?=[A-Z]{2}(?:(?:[\s.-]?[A-Z]){0,6}[\s.-]?\d){10})"
    r"[A-Z]{2}\d{2}[\s.-]?(?:[A-Z0-9]{4}[\s.-]?){2,7}[A-Z0-9]{1,4}\b",
    re.IGNORECASE,
)
PERSONAL = (
    (E_MAIL, message("This text holds an e-mail address (at character {place}); contact goes through the form.")),
    (IBAN, message("This text holds a bank account (at character {place}); contact goes through the form.")),
    (TELEPHONE, message("This text holds a telephone number (at character {place}); contact goes through the form.")),
)
#: Four digits and two letters; not a year, an amount or a size with a short word behind it.
POSTCODE = re.compile(
    r"(?<!\w)(?<!\d[.,])(?![1-9]\d{3}\s?(?-i:km|cm|mm|kg|kW|ml)\b)"
    r"(?!(?:19|20)\d\d\s(?:(?-i:TV|EK|WK|OV)|(?-i:(?![A-Z]{2}))(?:aan|af|al|an|as|at|be|by|da|de|do|en|er|et|ga|ge|go|he|hè|if|ik"
    r"|il|in|is|it|ja|je|la|le|ma|me|my|na|no|nu|of|om|on|op|or|pa|so|te|to|tv|uw|up|us|va|vd|we|wo|ze|zo))\b)"
    r"(?![1-9]\d{3}\s(?-i:(?![A-Z]{2}))(?:en|er|et|in|is|of|op|or|to|we)\b)"
    r"[1-9]\d{3}[\s-]?[A-Z]{2}(?!\w)",
    re.IGNORECASE,
)
A_POSTCODE = message("This text holds a postcode (at character {place}); leave out where someone lives.")
#: What a number behind the name of a street may count or name without being the number of a house.
NO_DOOR = (
    r"(?!(?:\s?[-/à]\s?\d{1,4}|\s?[½¼¾]|\s\d/\d|\s(?:tot|of|en|à|to|or|and)\s\d{1,4})?"
    r"\s*(?:buren|buurtgenoten|bewoners|mensen|kinderen|gezinnen|huizen|deuren|bomen|bankjes|keer|maal|uur|weken"
    r"|minuten|stappen|personen|vrijwilligers|deelnemers|stoelen|plekken|euro|km|kilometer|minutes|steps|chairs"
    r"|dagen|maanden|jaar|meter|januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
    r"|neighbou?rs|people|children|families|houses|doors|trees|benches|times|hours|weeks|days|months|years|met(?:er|re)s"
    r"|am|pm|january|february|march|may|june|july|august|october)\b)"
)
#: One to four digits, perhaps with a letter or an addition; no year, no time, no piece of a longer number.
DOOR = (
    r"(?!(?:19|20)\d\d\b)\d{1,4}(?![\d.,:]*\d)(?![½¼¾])"
    rf"(?:\s?[-/]?\s?(?:bis|hs|huis|rood|zwart|rd|zw|[IVX]{{1,4}}|[a-zA-Z])\b)?(?!\w){NO_DOOR}"
)
#: The number of a house written as a word; told from a count only behind "nummer".
WRITTEN = (
    r"(?:(?:een|één|twee|drie|vier|vijf|zes|zeven|acht|negen)?(?:en|ën)?"
    r"(?:twintig|dertig|veertig|vijftig|zestig|zeventig|tachtig|negentig)|honderd[^\W\d_]*|een|één|twee|drie|vier|vijf|zes"
    r"|zeven|acht|negen|tien|elf|twaalf|dertien|veertien|vijftien|zestien|zeventien|achttien|negentien)(?!\w)"
)
#: The same behind the name of a street, in Dutch and English from one to a hundred; what follows shows that nothing
#: is counted: the end, a stop, or a short word that goes on with another thing.
ONE = r"een|één|one"
TO_TWENTY = (
    r"twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|dertien|veertien|vijftien|zestien|zeventien|achttien"
    r"|negentien|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen"
)
TENS = (
    r"(?:(?:een|één|twee|drie|vier|vijf|zes|zeven|acht|negen)\s?(?:en|ën)\s?)?"
    r"(?:twintig|dertig|veertig|vijftig|zestig|zeventig|tachtig|negentig|honderd)"
    r"|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[\s-]?(?:one|two|three|four|five|six|seven|eight|nine))?|(?:(?:a|one)\s)?hundred"
)
SPELT = (
    rf"(?:(?:{ONE})(?=\s*(?:[.,;:!?)\n]|$))|(?:{TO_TWENTY}|{TENS})"
    r"(?=\s*(?:[.,;:!?)\n]|$)|\s(?:en|of|in|te|bij|op|and|or|at|bis|hs|boven|beneden|achter|huis|[abc])\b))"
)
NUMBERED = r"(?:huis\s?nummer|huisnr|nummer|nr|no(?=\.)|house\s+number|number)\b\.?:?"
STREET_ENDS = r"straat|str\.|laan|weg|plein|kade|singel|steeg|dijk|gracht|plantsoen|boulevard|dreef|street|avenue"
STREET_LIKE = rf"[^\W\d_][\w'’-]*(?:{STREET_ENDS})"


def _at(street: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What finds the number of a house behind the name of a street, and before it ("op 12 in de Kerkstraat")."""
    return (
        re.compile(
            rf"(?<!\w){street}(?:(?:\s*[,(]|\s+op)?\s*{NUMBERED}\s*(?:{DOOR}|{WRITTEN})|\s*[,(#]?\s*{DOOR}|\s*[,(]?\s+{SPELT})",
            re.IGNORECASE,
        ),
        re.compile(
            rf"\b(?<!groep )(?:(?:op|van|aan|at|from)\s+{DOOR}|{NUMBERED}\s*(?:{DOOR}|{WRITTEN}))"
            rf"\s*,?\s*(?:in|aan|op|van|on|of)\s+(?:(?:de|het|the|['’]t)\s+)?{street}(?!\w)",
            re.IGNORECASE,
        ),
    )


HOUSES = (re.compile(rf"\b{NUMBERED}\s*{DOOR}", re.IGNORECASE), *_at(STREET_LIKE))
A_HOUSE = message("This text holds a house number (at character {place}); leave out where someone lives.")
#: In words about a person a number alone says nothing: "nummer 1 in taarten bakken".
AT_HOME = (
    re.compile(
        r"\b(?:(?:huis\s?nummer|huisnr|house\s+number)|(?:woon|woont|wonen|live|lives)\b[^.!?\n]{0,40}?"
        rf"\b(?:op|aan|at|nummer|nr|number))\b\.?:?\s*(?:{DOOR}|{NUMBERED}\s*(?:{DOOR}|{WRITTEN}))",
        re.IGNORECASE,
    ),
    *HOUSES[1:],
)
A_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
#: Without any of these a text tells no number of a house.
NUMBER = re.compile(rf"\d|{NUMBERED}|\b{SPELT}", re.IGNORECASE)
#: A letter with the marks that stand on it.
CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)


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


def house_numbers(streets: Iterable[str] = ()) -> tuple[re.Pattern[str], ...]:
    """What finds the number of a house in a text: behind "nummer", a name like a street's, or one of these streets."""
    return (*HOUSES, *_of_streets(streets))


def _of_streets(streets: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    names = sorted({Plain(name).text.strip() for name in streets} - {""}, key=len, reverse=True)
    if not names:
        return ()
    return _at("(?:" + "|".join(r"\s+".join(map(re.escape, name.split())) for name in names) + ")")


def of_person(streets: Iterable[str] = ()) -> tuple[tuple[re.Pattern[str], str], ...]:
    """What no text about a person may hold: a way to reach them, their postcode, or the number of their house.

    `streets` are known names that may stand in the text, whatever they are called (`streets_in`).
    """
    houses = (*AT_HOME, *_of_streets(streets))
    return (*PERSONAL, (POSTCODE, A_POSTCODE), *((pattern, A_HOUSE) for pattern in houses))


#: The same where no street is known.
OF_PERSONS = of_person()


def streets_in(session: Session, *texts: str) -> tuple[str, ...]:
    """The names of streets that stand in these texts, of those with a number in them: any of them may be an address."""
    words = "\n".join(" ".join(plain.split()) for plain in (Plain(text).text for text in texts) if NUMBER.search(plain))
    if not words:
        return ()
    return tuple(session.scalars(statement("streets_named"), {"words": words.lower()}))


class Plain:
    """A text as it is read: signs that look like others are those, and what cannot be seen is left out.

    Attributes:
        text: with plain letters, digits and hyphens.
    """

    def __init__(self, words: str) -> None:
        signs: list[str] = []
        self._at: list[tuple[int, int]] = []
        for found in CLUSTER.finditer(words):
            read = unicodedata.normalize("NFKC", found.group(0))
            if "\N{FRACTION SLASH}" in read:
                read = found.group(0)
            for sign in read:
                kind = unicodedata.category(sign)
                if kind != "Cf":
                    signs.append("-" if kind == "Pd" or sign == "\N{MINUS SIGN}" else sign)
                    self._at.append(found.span())
        self.text = "".join(signs)

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Where a piece of the text, of at least one sign, stands in the words as they were written."""
        return self._at[begin][0], self._at[end - 1][1]


def personal_data(words: str, *, refused: Iterable[tuple[re.Pattern[str], str]] = OF_PERSONS) -> PersonalData | None:
    """The first way to reach someone, or number of a house, in a text, or what else is refused; None without."""
    plain = Plain(words)
    for pattern, told in refused:
        for found in pattern.finditer(plain.text):
            if not A_DATE.match(found.group(0)):
                return PersonalData(told, plain.span(*found.span()))
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
