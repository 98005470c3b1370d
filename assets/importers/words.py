"""Values of a file's attributes as ours: names, road classes, yes and no, counts."""

import math
import unicodedata
from functools import lru_cache

LONGEST_NAME = 200

#: Classes on which nobody walks along a street of a neighbourhood; their "names" are route numbers.
MOTOR_CLASSES = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
#: Classes that are no way at all (yet, any more, or for people).
NO_WAY = frozenset(
    {
        "construction",
        "proposed",
        "planned",
        "razed",
        "abandoned",
        "disused",
        "platform",
        "raceway",
        "bus_stop",
        "elevator",
        "rest_area",
        "services",
        "corridor",
        "no",
        "emergency_bay",
        "street_lamp",
        "traffic_signals",
    }
)

_TRUE = frozenset(
    {
        "yes",
        "true",
        "1",
        "t",
        "y",
        "ja",
        "j",
        "viaduct",
        "aqueduct",
        "movable",
        "culvert",
        "building_passage",
        "covered",
        "boardwalk",
        "trestle",
        "cantilever",
        "low_water_crossing",
    }
)

#: The road register's bst_code (kind of carriageway) → the OpenStreetMap class nearest to it.
_NWB = {
    "HR": "unclassified",
    "RB": "unclassified",
    "NRB": "unclassified",
    "MRB": "unclassified",
    "ERF": "living_street",
    "FP": "cycleway",
    "VP": "footway",
    "VZ": "pedestrian",
    "RP": "bridleway",
    "VWG": "service",
    "PAR": "service",
    "BU": "busway",
    "OPR": "motorway_link",
    "AFR": "motorway_link",
}


@lru_cache(maxsize=10_000, typed=True)  # 1 and 1.0 are written differently
def street_name(value: object) -> str:
    """The name in normal form: composed letters (NFC), trimmed, white space folded; "" for no name."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


@lru_cache(maxsize=10_000)
def fault_of_name(name: str) -> str | None:
    """Why a text cannot be a name, or None: too long, or with characters that do not show."""
    if len(name) > LONGEST_NAME:
        return f"A name has at most {LONGEST_NAME} characters; this one has {len(name)}."
    for character in name:
        category = unicodedata.category(character)
        if (
            category in ("Cc", "Cs", "Co", "Cn")
            or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        ):
            return "The name holds a control character."
    return None


def yes(value: object) -> bool:
    """Whether a value says yes: true, 1, yes, ja, or a kind of bridge or tunnel."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return False
    return bool(value) if isinstance(value, bool) else str(value).strip().casefold() in _TRUE


@lru_cache(maxsize=1_000)
def road_class(value: object) -> str | None:
    """The class of a way in OpenStreetMap's words, from those or from the road register's code; None when unknown."""
    text = street_name(value)
    if text in ("", "#"):
        return None
    if text in _NWB:
        return _NWB[text]
    return text.casefold().replace(" ", "_")[:40]


def count(value: object) -> int | None:
    """A count of people, households or dwellings; None where CBS writes that it is not known.

    CBS marks unknown and secret values by large negative numbers (-99999999, -99997, ...): no count is negative.
    """
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and 0 <= number < 2**31 else None


def house_number(number: object, letter: object = "", addition: object = "") -> str:
    """A house number in one way of writing: 12, 12A, 12-2, 12A-2; "" when there is none.

    `12 a`, `12a` and the cells 12 and A are the same address.
    """
    if isinstance(number, str) and number.isdecimal() and number.isascii() and not letter and not addition:
        return number
    parts = ["".join(street_name(part).upper().split()) for part in (number, letter, addition)]
    first, second, third = parts[0].removesuffix(".0"), *parts[1:]
    if not first:
        return ""
    return first + second + (f"-{third.removeprefix('-')}" if third.strip("-") else "")


def numbers_between(first: object, last: object, sides: object) -> list[int]:
    """The house numbers from the first to the last of one side of a line, in that order; both may be the same.

    Every second number, as even and odd stand on two sides, unless the register says that both stand here (B) or the
    two ends are an even and an odd number. None for a side without numbers.
    """
    ends = [number for number in (count(first), count(last)) if number]
    if not ends:
        return []
    start, end = ends[0], ends[-1]
    step = 1 if str(sides).strip().upper() in ("B", "M") or (end - start) % 2 else 2
    return list(range(start, end + 1, step) if end >= start else range(start, end - 1, -step))


def is_water(value: object) -> bool:
    """Whether CBS's column says that a polygon is water: JA (inland) or B (outside the dikes)."""
    return str(value).strip().upper() in ("JA", "B")
