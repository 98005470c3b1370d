"""Which column of a file means what: the attribute schemes of the producers, over the years.

CBS and PDOK have written `BU_CODE`, `buurtcode` and `aantalInwoners` for the same things; Rotterdam's register writes
TEKST and GEMEENTE; OpenStreetMap writes `highway`, the road register `bst_code`. Names are compared without capitals,
accents and signs. What a file calls otherwise is given as `--map theirs=ours`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.errors import Invalid
from assets.vocabulary import AreaKind

#: Our names of an area's columns, for --map.
AREA_COLUMNS = ("code", "name", "kind", "parent", "population", "households", "addresses", "water")
#: Our names of a street's columns, for --map.
STREET_COLUMNS = ("name", "road_class", "bridge", "tunnel", "municipality_code", "municipality", "place")

#: Our names of an address's columns, for --map; the last six are of the road register, per line of a street.
ADDRESS_COLUMNS = (
    "street",
    "number",
    "letter",
    "addition",
    "x",
    "y",
    "lon",
    "lat",
    "first_left",
    "last_left",
    "first_right",
    "last_right",
    "sides_left",
    "sides_right",
)

KIND_WORDS = {
    "municipality": AreaKind.municipality,
    "gemeente": AreaKind.municipality,
    "gemeenten": AreaKind.municipality,
    "gm": AreaKind.municipality,
    "stad": AreaKind.municipality,
    "district": AreaKind.district,
    "wijk": AreaKind.district,
    "wijken": AreaKind.district,
    "wk": AreaKind.district,
    "gebied": AreaKind.district,
    "stadsdeel": AreaKind.district,
    "neighbourhood": AreaKind.neighbourhood,
    "neighborhood": AreaKind.neighbourhood,
    "buurt": AreaKind.neighbourhood,
    "buurten": AreaKind.neighbourhood,
    "bu": AreaKind.neighbourhood,
}

_CODE = {
    AreaKind.neighbourhood: ("buurtcode", "bucode", "buurtcd", "neighbourhoodcode", "cbsbuurtcode"),
    AreaKind.district: ("wijkcode", "wkcode", "wijkcd", "districtcode", "cbswijkcode"),
    AreaKind.municipality: ("gemeentecode", "gmcode", "gemcode", "municipalitycode", "cbsgemeentecode"),
}
_NAME = {
    AreaKind.neighbourhood: ("buurtnaam", "bunaam", "neighbourhoodname"),
    AreaKind.district: ("wijknaam", "wknaam", "gebdnaam", "districtname"),
    AreaKind.municipality: ("gemeentenaam", "gmnaam", "gemnaam", "municipalityname"),
}
_ANY_CODE = ("code", "statcode", "areacode", "gebiedscode", "cbscode", "regiocode", "gwbcode", "gwbcode10")
_ANY_NAME = ("name", "naam", "statnaam", "areaname", "gebiedsnaam", "regionaam", "regio", "title")
_KIND = ("kind", "soort", "soortregio", "niveau", "level", "recs")
_PARENT = ("parent", "parentcode", "ouder", "oudercode")
_POPULATION = ("aantalinwoners", "aantinw", "population", "inwoners", "inwonertal", "bevolking", "ainw")
_HOUSEHOLDS = ("aantalhuishoudens", "aanthh", "aantalhh", "households", "huishoudens", "ahh")
_ADDRESSES = (
    "dwellingtotal",
    "woningvoorraad",
    "aantalwoningen",
    "woningen",
    "addresses",
    "adressen",
    "aantaladressen",
    "awoning",
)
_WATER = ("water", "h2o")

_STREET: dict[str, tuple[str, ...]] = {
    "name": (
        "name",
        "naam",
        "straatnaam",
        "straat",
        "sttnaam",
        "openbareruimtenaam",
        "streetname",
        "street",
        "oprnaam",
        "naamopenbareruimte",
        "wegnaam",
        "roadname",
    ),
    "road_class": ("highway", "roadclass", "fclass", "bstcode", "wegtype", "wegklasse", "class", "functie"),
    "bridge": ("bridge", "brug"),
    "tunnel": ("tunnel",),
    "municipality_code": ("gmeid", "gemeentecode", "gmcode", "municipalitycode", "gemeenteid"),
    "municipality": ("gmenaam", "gemeentenaam", "gmnaam", "municipality", "gemeente"),
    "place": ("wpsnaamnen", "wpsnaam", "woonplaats", "woonplaatsnaam"),
}

_ADDRESS: dict[str, tuple[str, ...]] = {
    "street": ("addrstreet", *_STREET["name"]),
    "number": (
        "huisnummer",
        "housenumber",
        "addrhousenumber",
        "number",
        "huisnr",
        "nummer",
        "nr",
        "streetnumber",
    ),
    "letter": ("huisletter", "letter", "houseletter"),
    "addition": ("huisnummertoevoeging", "toevoeging", "huisnummertoev", "addition", "numberaddition", "suffix"),
    "x": ("x", "xrd", "rdx", "xcoordinaat", "xcoord"),
    "y": ("y", "yrd", "rdy", "ycoordinaat", "ycoord"),
    "lon": ("lon", "lng", "long", "longitude", "lengtegraad"),
    "lat": ("lat", "latitude", "breedtegraad"),
    "first_left": ("ehnrlnks",),
    "last_left": ("lhnrlnks",),
    "first_right": ("ehnrrhts",),
    "last_right": ("lhnrrhts",),
    "sides_left": ("hnrstrlnks",),
    "sides_right": ("hnrstrrhts",),
}

#: Area codes of other levels than ours, with the word for them.
OTHER_LEVELS = (("PV", "provinces"), ("LD", "parts of the country"), ("CR", "COROP regions"), ("NL", "countries"))


def plain(name: str) -> str:
    """The name without capitals, accents, spaces and signs: `Aantal_Inwoners` and `aantalInwoners` are one."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return re.sub(r"[^a-z0-9]", "", letters)


def mapping(pairs: Iterable[str], allowed: Sequence[str]) -> dict[str, str]:
    """Our name → their name, from `theirs=ours` as given on the command line.

    Raises:
        Invalid: no equals sign, or a name of ours that there is not.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        theirs, sign, ours = pair.rpartition("=")
        if not sign or not theirs.strip():
            raise Invalid("Write --map as theirs=ours, for example --map straat=name; not {pair}.", pair=pair)
        if ours.strip() not in allowed:
            raise Invalid(
                "There is no column {ours} to map to; it is one of {allowed}.",
                ours=ours.strip(),
                allowed=", ".join(allowed),
            )
        found[ours.strip()] = theirs.strip()
    return found


def check_mapped(mapped: Mapping[str, str], columns: Sequence[str]) -> None:
    """Nothing comes back; Invalid when a mapped column is not in the file."""
    for theirs in mapped.values():
        if theirs not in columns:
            raise Invalid(
                "The file has no column {theirs}; it has {columns}.",
                theirs=theirs,
                columns=", ".join(columns) or "none",
            )


@dataclass(frozen=True)
class AreaScheme:
    """Which columns of a layer say what about an area; None where there is none.

    Attributes:
        kind: the level of all rows when the columns tell it; None when each row's code or `kind_column` does.
        register: "tir" for Rotterdam's register, whose codes are put together from two columns.
    """

    code: str | None
    name: str | None
    kind: AreaKind | None = None
    kind_column: str | None = None
    parent: str | None = None
    municipality: str | None = None
    population: str | None = None
    households: str | None = None
    addresses: str | None = None
    water: str | None = None
    register: str = ""

    @property
    def columns(self) -> list[str]:
        """The columns to read."""
        named = (
            self.code,
            self.name,
            self.kind_column,
            self.parent,
            self.municipality,
            self.population,
            self.households,
            self.addresses,
            self.water,
        )
        return list(dict.fromkeys(column for column in named if column is not None))


def area_scheme(columns: Sequence[str], mapped: Mapping[str, str], kind: AreaKind | None) -> AreaScheme:
    """How a layer with these columns tells its areas; its `code` is None when it is not recognised."""
    known = {plain(column): column for column in reversed(columns)}

    def pick(names: Sequence[str], ours: str = "") -> str | None:
        if ours and ours in mapped:
            return mapped[ours]
        return next((known[name] for name in names if name in known), None)

    counts: dict[str, Any] = {
        "population": pick(_POPULATION, "population"),
        "households": pick(_HOUSEHOLDS, "households"),
        "addresses": pick(_ADDRESSES, "addresses"),
        "water": pick(_WATER, "water"),
    }
    if "code" not in mapped and {"tekst", "gebdnaam", "gemeente"} <= known.keys():
        level = AreaKind.neighbourhood if "buurtnaam" in known else AreaKind.district
        return AreaScheme(
            code=known["tekst"],
            name=mapped.get("name") or known["buurtnaam" if "buurtnaam" in known else "gebdnaam"],
            kind=kind or level,
            municipality=known["gemeente"],
            register="tir",
            **counts,
        )
    level_names = [(level, pick(names)) for level, names in _CODE.items()]
    levels = [(level, column) for level, column in level_names if column is not None]
    if "code" not in mapped and levels:
        level, code = next(((one, column) for one, column in levels if one == kind), levels[0])
        parents = [column for one, column in levels if list(AreaKind).index(one) < list(AreaKind).index(level)]
        return AreaScheme(
            code=code,
            name=pick(_NAME[level], "name") or pick(_ANY_NAME),
            kind=level,
            parent=mapped.get("parent") or (parents[0] if parents else None),
            municipality=dict(levels).get(AreaKind.municipality) if level != AreaKind.municipality else None,
            **counts,
        )
    return AreaScheme(
        code=pick(_ANY_CODE, "code"),
        name=pick(_ANY_NAME, "name"),
        kind=kind,
        kind_column=pick(_KIND, "kind"),
        parent=pick(_PARENT, "parent"),
        **counts,
    )


def kind_of_code(code: str) -> AreaKind | None:
    """The level that a Dutch area code tells: GM and 4 digits, WK and 6, BU and 8; None for other codes."""
    for pattern, kind in (
        (r"GM\d{4}", AreaKind.municipality),
        (r"WK\d{4}\w{2}", AreaKind.district),
        (r"BU\d{4}\w{4}", AreaKind.neighbourhood),
    ):
        if re.fullmatch(pattern, code):
            return kind
    return None


def kind_of_word(word: object) -> AreaKind | None:
    """The level that a word in a column tells, in Dutch or English; None when it is no such word."""
    return KIND_WORDS.get(plain(str(word))) if word is not None else None


def tir_code(municipality: object, text: object, kind: AreaKind) -> str | None:
    """The national code of a row in Rotterdam's register: 599 and 0321 make BU05990321; None when they make none."""
    town, number = str(municipality).strip().removesuffix(".0"), str(text).strip()
    width = {AreaKind.neighbourhood: 4, AreaKind.district: 2}.get(kind, 0)
    if not town.isdigit() or len(town) > 4 or not number.isdigit() or len(number) != width:
        return None
    return f"{'BU' if kind == AreaKind.neighbourhood else 'WK'}{town.zfill(4)}{number}"


def municipality_code(value: object, *, dutch: bool) -> str | None:
    """The code of a municipality; in the Netherlands GM0289 for 289, 289.0 and "0289"; None for nothing."""
    text = str(value).strip().removesuffix(".0") if value is not None else ""
    if text.casefold() in ("", "nan", "none"):
        return None
    return f"GM{text.zfill(4)}" if dutch and text.isdigit() and len(text) <= 4 else text


def street_columns(columns: Sequence[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Our name → their column, for what a layer of streets tells."""
    return _recognised(columns, mapped, _STREET)


def address_columns(columns: Sequence[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Our name → their column, for what a table or layer tells of addresses."""
    return _recognised(columns, mapped, _ADDRESS)


def _recognised(
    columns: Sequence[str], mapped: Mapping[str, str], names_of: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    known = {plain(column): column for column in reversed(columns)}
    found = dict(mapped)
    for ours, names in names_of.items():
        theirs = next((known[name] for name in names if name in known), None)
        if ours not in found and theirs is not None:
            found[ours] = theirs
    return found


def best_layers(names: Sequence[str], wanted: str | None) -> list[int]:
    """Numbers of the layers that are meant: the one named `wanted`, or all; Invalid when there is none such."""
    if wanted is None:
        return list(range(len(names)))
    found = [index for index, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if not found:
        raise Invalid("The file has no layer {wanted}; it has {names}.", wanted=wanted, names=", ".join(names))
    return found
