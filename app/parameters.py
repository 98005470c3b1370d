"""Query parameters that the doors share: text from an address becomes a checked type, or a fault in plain words.

Each parameter is an annotated type with its own OpenAPI schema, so that what the document says is what is checked.
OGC API - Features (Parts 1 and 2) names bbox, bbox-crs, crs, datetime, limit; the rest are our own.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from assets import crs
from assets.counts import FACETS
from assets.recurrence import HOME_ZONE
from assets.vocabulary import AreaKind, AssetKind, Freshness, GiftOf, Initiative, StreetState, Theme

#: Dates outside these years are mistakes: no street initiative is older, no plan reaches further.
FIRST_DATE, LAST_DATE = date(1900, 1, 1), date(2200, 12, 31)

DEFAULT_LIMIT, MOST_LIMIT = 100, 1000
#: Signs of words to look for.
MOST_SOUGHT = 100
#: Ids are 64-bit in the database.
LAST_ID = 2**63 - 1


def today() -> date:
    """The date of today where the neighbours live: their day, not that of the server."""
    return datetime.now(HOME_ZONE).date()


def refuse(detail: str) -> PydanticCustomError:
    """A fault of a parameter in our own words (problems.py passes them on as they are)."""
    return PydanticCustomError("vuurtoren", "{detail}", {"detail": detail})


def plain(value: object) -> str:
    """The text of a parameter, refused when it holds a character that no text here can have."""
    if not isinstance(value, str):
        raise refuse("This must be given once, as text.")
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise refuse("This holds a character that is not text.")
    return value


# --- coordinate reference systems (OGC API - Features Part 2) --------------------------------------------------


@dataclass(frozen=True)
class WireCrs:
    """A coordinate reference system as clients name it: its URI, our EPSG code, and the order of its axes."""

    uri: str
    srid: int
    north_first: bool
    decimals: int


CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
#: 7 decimals of a degree are a centimetre, 3 of a metre a millimetre.
WIRE: dict[str, WireCrs] = {
    found.uri: found
    for found in (
        WireCrs(CRS84, crs.WGS84, False, 7),
        WireCrs(f"{EPSG}{crs.RD}", crs.RD, False, 3),
        WireCrs(f"{EPSG}{crs.ETRS89}", crs.ETRS89, True, 7),
        WireCrs(f"{EPSG}{crs.WEB_MERCATOR}", crs.WEB_MERCATOR, False, 3),
    )
}


def wire_crs(storage_srid: int) -> dict[str, WireCrs]:
    """The systems this deployment answers in: the four of the design, and the storage CRS when it is another."""
    uri = f"{EPSG}{storage_srid}"
    if uri in WIRE:
        return WIRE
    return WIRE | {uri: WireCrs(uri, storage_srid, north_first(storage_srid), 3)}


def north_first(srid: int) -> bool:
    """Whether the authority's own axis order of an EPSG code begins with north (as some national grids do)."""
    import pyproj

    axes = pyproj.CRS.from_epsg(srid).axis_info
    return bool(axes) and axes[0].direction.lower() == "north"


# --- bbox ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """A bounding box in the order in which it was given: four numbers, heights left out."""

    numbers: tuple[float, float, float, float]


NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


def read_box(value: object) -> Box | None:
    """The box in a text of 4 or 6 numbers with commas between them."""
    if value is None or isinstance(value, Box):
        return value
    parts = plain(value).split(",")
    if len(parts) not in (4, 6):
        raise refuse("A bbox has 4 numbers (or 6, with heights) with commas between them.")
    numbers = [float(part) if NUMBER.fullmatch(part.strip()) else math.nan for part in parts]
    if not all(math.isfinite(number) for number in numbers):
        raise refuse("Each part of a bbox is a finite number.")
    if len(numbers) == 6:
        if numbers[2] > numbers[5]:
            raise refuse("The lowest height of a bbox comes before the highest.")
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    first, second, third, fourth = numbers
    return Box((first, second, third, fourth))


BOX_SCHEMA = {
    "type": "array",
    "minItems": 4,
    "maxItems": 6,
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    "items": {"type": "number"},
}


# --- datetime and dates ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Interval:
    """Days from and until, both included; None is open."""

    first: date | None
    last: date | None


INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt](\d{2}:\d{2}:\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?",
    re.ASCII,
)


#: The same for the document, where a pattern also says which years, months and days there are.
DAYS = (
    r"(19[0-9]{2}|2[01][0-9]{2}|2200)-"
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
CLOCK = r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
INSTANTS = f"{DAYS}({CLOCK})?"
INTERVALS = rf"^({INSTANTS}|{INSTANTS}/(\.\.)?|(\.\.)?/{INSTANTS}|{INSTANTS}/{INSTANTS})$"


def read_day(text: str) -> date:
    """The day of an RFC 3339 date or date-time; a time is taken to the time zone of the neighbourhood."""
    found = INSTANT.fullmatch(text)
    if found is None:
        raise refuse("This must be a date as 2026-11-23, or a time as 2026-11-23T10:00:00Z.")
    day_text, clock, _, zone = found.groups()
    try:
        if clock is None:
            day = date.fromisoformat(day_text)
        else:
            zone = "+00:00" if zone in "Zz" else zone
            moment = datetime.fromisoformat(f"{day_text}T{clock}{zone}")
            day = moment.astimezone(UTC).astimezone(HOME_ZONE).date()
    except (ValueError, OverflowError):
        raise refuse("This day or time does not exist.") from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise refuse(f"Dates here lie between {FIRST_DATE.year} and {LAST_DATE.year}.")
    return day


def read_interval(value: object) -> Interval | None:
    """An instant or an interval as OGC writes it: `a`, `a/b`, `../b`, `a/..`, with nothing for `..` too."""
    if value is None or isinstance(value, Interval):
        return value
    parts = plain(value).split("/")
    if len(parts) == 1:
        day = read_day(parts[0])
        return Interval(day, day)
    if len(parts) != 2:
        raise refuse("A datetime is one date, or two with a slash between them.")
    first, last = (None if part in ("", "..") else read_day(part) for part in parts)
    if first is None and last is None:
        raise refuse("At least one end of an interval is a date.")
    if first is not None and last is not None and first > last:
        raise refuse("The first date of an interval comes before the last.")
    return Interval(first, last)


def read_date(value: object) -> date | None:
    """A full date."""
    if value is None or isinstance(value, date):
        return value
    text = plain(value)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise refuse("This must be a date, as 2026-11-23.")
    return read_day(text)


# --- numbers ---------------------------------------------------------------------------------------------------


def read_limit(value: object) -> int:
    """How many items at most on a page; OGC lets a server give fewer than was asked for, so more is the maximum."""
    text = value if isinstance(value, str) else str(value)
    digits = text.lstrip("0")
    if not re.fullmatch(r"\d+", text, re.ASCII) or not digits:
        raise refuse(f"A limit is a whole number from 1; more than {MOST_LIMIT} gives {MOST_LIMIT}.")
    return MOST_LIMIT if len(digits) > len(str(MOST_LIMIT)) else min(int(digits), MOST_LIMIT)


def read_id(value: object) -> int | None:
    """A database id."""
    if value is None or isinstance(value, int):
        return value
    text = plain(value)
    if not re.fullmatch(r"[1-9]\d{0,18}", text, re.ASCII) or int(text) > LAST_ID:
        raise refuse("An id is a whole number from 1.")
    return int(text)


# --- the parameters --------------------------------------------------------------------------------------------

BoxParameter = Annotated[
    Any,
    BeforeValidator(read_box),
    WithJsonSchema(BOX_SCHEMA),
    Field(
        description="Only items that meet this box: west, south, east, north in bbox-crs (4 numbers, or 6 with "
        "heights, which are not used). West may be more than east: the box then crosses the 180th meridian.",
    ),
]


def read_crs(value: object) -> str:
    """The URI of a coordinate reference system; which ones are known depends on the deployment."""
    text = plain(value)
    if text in WIRE or re.fullmatch(re.escape(EPSG) + r"\d{4,6}", text, re.ASCII):
        return text
    raise refuse(f"This coordinate reference system is not known here; the collection's `crs` lists them, as {CRS84}.")


CRS_SCHEMA = {"type": "string", "format": "uri", "enum": list(WIRE), "default": CRS84}
CrsParameter = Annotated[
    str,
    BeforeValidator(read_crs),
    WithJsonSchema(CRS_SCHEMA),
    Field(description="Coordinate reference system of the answer, as one of the URIs in the collection's `crs`."),
]
BoxCrsParameter = Annotated[
    str,
    BeforeValidator(read_crs),
    WithJsonSchema(CRS_SCHEMA),
    Field(description="Coordinate reference system of `bbox`."),
]
IntervalParameter = Annotated[
    Any,
    BeforeValidator(read_interval),
    WithJsonSchema({"type": "string", "pattern": INTERVALS}),
    Field(
        description="Only items of this day or period: an RFC 3339 date or time, or two with a slash, `..` for open. "
        "A time counts as its day in the neighbourhood.",
    ),
]
DateParameter = Annotated[
    Any,
    BeforeValidator(read_date),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{DAYS}$"}),
    Field(description="The day that the answer is about; today when not given."),
]
LimitParameter = Annotated[
    Any,
    BeforeValidator(read_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT}),
    Field(description=f"Items on a page. More than {MOST_LIMIT} gives {MOST_LIMIT} (as OGC API - Features allows)."),
]
#: The form of a place in a list; each such text is below 2^63.
CURSOR = r"^k[0-9a-f]{1,15}$"
AfterParameter = Annotated[
    str,
    BeforeValidator(plain),
    WithJsonSchema({"type": "string", "pattern": CURSOR}),
    Field(
        description="Where the page begins: the value in the `next` link of the page before. It has no meaning of "
        "its own.",
    ),
]
#: Codes of areas are short and hold no control characters; what they look like differs by country.
AREA_CODE = r"^[^\x00-\x1f\x7f-\x9f]{1,40}$"


def read_code(value: object) -> str:
    """The code of an area."""
    text = plain(value)
    if not re.fullmatch(AREA_CODE, text):
        raise refuse("The code of an area has 1 to 40 signs.")
    return text


AreaParameter = Annotated[
    str,
    BeforeValidator(read_code),
    WithJsonSchema({"type": "string", "pattern": AREA_CODE}),
    Field(description="Code of an area of any level: only what lies in it."),
]
IdParameter = Annotated[
    Any,
    BeforeValidator(read_id),
    WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1, "maximum": LAST_ID}),
]
ThemeParameter = Annotated[Theme, Field(description="Only what is about this theme.")]


def read_any_theme(value: object) -> Theme | None:
    """A theme, or None for `any`."""
    if value is None or isinstance(value, Theme):
        return value
    text = plain(value)
    if text == "any":
        return None
    try:
        return Theme(text)
    except ValueError:
        raise refuse(f"This must be any or one of {', '.join(Theme)}.") from None


AnyThemeParameter = Annotated[
    Any,
    BeforeValidator(read_any_theme),
    WithJsonSchema({"type": "string", "enum": ["any", *(str(theme) for theme in Theme)], "default": "any"}),
    Field(description="The theme that the state is about; `any` counts initiatives of every theme."),
]
KindParameter = Annotated[AssetKind, Field(description="Only assets of this kind.")]
AreaKindParameter = Annotated[AreaKind, Field(description="Only areas of this level.")]
InitiativeParameter = Annotated[
    Initiative, Field(description="`none`: only street parts without an active initiative; `any`: only those with one.")
]
FreshnessParameter = Annotated[
    Freshness,
    Field(
        description="Only assets that are so on the last day of `datetime` (today when it is not given). `faded` gives "
        "what is off the map and kept in the archive; nothing else shows it."
    ),
]
GiftParameter = Annotated[GiftOf, Field(description="Only assets with a gift of head, heart or hands.")]


def read_words(value: object) -> str:
    """Words to look for."""
    words = plain(value).strip()
    if not 0 < len(words) <= MOST_SOUGHT:
        raise refuse(f"This must be 1 to {MOST_SOUGHT} signs.")
    return words


SOUGHT_SCHEMA = {"type": "string", "minLength": 1, "maxLength": MOST_SOUGHT, "pattern": r"^[^\x00-\x1f\s]"}
WordsParameter = Annotated[
    str,
    BeforeValidator(read_words),
    WithJsonSchema(SOUGHT_SCHEMA),
    Field(
        description="Only assets with these words (as they stand, by stem or as part of a name; accents do not matter) "
        "in title, gifts, rhythm or own words, or in the street or area that they name. The last may be half a word."
    ),
]
TalentParameter = Annotated[
    str,
    BeforeValidator(read_words),
    WithJsonSchema(SOUGHT_SCHEMA),
    Field(description="Only assets with a gift in these words; with `gift` both of one gift."),
]
OpenParameter = Annotated[Literal["true"], Field(description="Only assets where newcomers are welcome.")]


def read_facet(value: object) -> str:
    """One thing that counts of assets can be about; '' for all of them."""
    text = plain(value)
    if text not in FACETS:
        raise refuse(f"This must be one of {', '.join(one for one in FACETS if one)}.")
    return text


FacetParameter = Annotated[Any, BeforeValidator(read_facet)]
StateParameter = Annotated[StreetState, Field(description="Only street parts in this state.")]
