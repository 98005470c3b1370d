"""What columns and words of a table or map of assets mean: Dutch and English, OpenStreetMap's tags, the BGT's types."""

import re
from collections.abc import Mapping, Sequence

from assets.importers.schemes import plain
from assets.vocabulary import AssetKind, GiftOf, Theme

#: Our names of an asset's columns, for --map.
ASSET_COLUMNS = (
    "id",
    "kind",
    "title",
    "description",
    "themes",
    "gifts",
    "head",
    "heart",
    "hands",
    "street",
    "whole",
    "area",
    "show",
    "x",
    "y",
    "lon",
    "lat",
    "started_on",
    "ended_on",
    "confirmed_on",
    "rhythm",
    "recurrence",
    "recurrence_start",
    "recurrence_minutes",
    "open_to_newcomers",
    "resident_run",
    "wheelchair_accessible",
    "member_count",
    "language",
)

_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("sourcekey", "id", "key", "sleutel", "identificatie", "objectid", "nummer"),
    "kind": ("kind", "soort", "soortbuurtkracht", "assetkind"),
    "title": ("title", "titel", "naam", "name"),
    "description": ("description", "omschrijving", "beschrijving", "toelichting"),
    "themes": ("themes", "theme", "thema", "themas"),
    "gifts": ("gifts", "gift", "talenten", "talent", "gaven"),
    "head": ("head", "hoofd", "giftshead"),
    "heart": ("heart", "hart", "giftsheart"),
    "hands": ("hands", "handen", "giftshands"),
    "street": ("street", "straat", "straatnaam", "addrstreet", "openbareruimtenaam"),
    "whole": ("whole", "wholestreet", "helestraat", "heelstraat"),
    "area": ("area", "areacode", "gebied", "gebiedscode", "buurtcode", "buurt", "buurtnaam", "neighbourhood"),
    "show": ("show", "toon", "tonen", "placement"),
    "x": ("x", "xrd", "rdx", "xcoordinaat", "xcoord"),
    "y": ("y", "yrd", "rdy", "ycoordinaat", "ycoord"),
    "lon": ("lon", "lng", "long", "longitude", "lengtegraad"),
    "lat": ("lat", "latitude", "breedtegraad"),
    "started_on": ("startedon", "sinds", "since", "startdatum", "begindatum", "begonnenop"),
    "ended_on": ("endedon", "einddatum", "geeindigdop", "tot"),
    "confirmed_on": ("confirmedon", "bevestigdop", "bevestigd"),
    "rhythm": ("rhythm", "ritme", "wanneer"),
    "recurrence": ("recurrence", "rrule", "herhaling", "herhaalregel"),
    "recurrence_start": ("recurrencestart", "dtstart", "eerstekeer", "herhalingvanaf"),
    "recurrence_minutes": ("recurrenceminutes", "duur", "minuten", "duurinminuten"),
    "open_to_newcomers": ("opentonewcomers", "openvoornieuwkomers", "nieuwkomerswelkom"),
    "resident_run": ("residentrun", "doorbewoners", "vanbewoners"),
    "wheelchair_accessible": ("wheelchairaccessible", "rolstoeltoegankelijk", "metrolstoel"),
    "member_count": ("membercount", "members", "leden", "ledental", "aantalleden"),
    "language": ("language", "taal"),
}

_KINDS: dict[str, AssetKind] = {
    "person": AssetKind.person,
    "persoon": AssetKind.person,
    "bewoner": AssetKind.person,
    "bewonermettalent": AssetKind.person,
    "talent": AssetKind.person,
    "club": AssetKind.club,
    "vereniging": AssetKind.club,
    "clubvereniging": AssetKind.club,
    "groep": AssetKind.club,
    "meetingplace": AssetKind.meeting_place,
    "ontmoetingsplek": AssetKind.meeting_place,
    "plek": AssetKind.meeting_place,
    "buurthuis": AssetKind.meeting_place,
    "streetinitiative": AssetKind.street_initiative,
    "straatinitiatief": AssetKind.street_initiative,
    "initiatief": AssetKind.street_initiative,
    "prikstraat": AssetKind.street_initiative,
    "institution": AssetKind.institution,
    "instelling": AssetKind.institution,
    "exchange": AssetKind.exchange,
    "ruil": AssetKind.exchange,
    "ruilenhandel": AssetKind.exchange,
    "handel": AssetKind.exchange,
    "story": AssetKind.story,
    "verhaal": AssetKind.story,
}

_THEMES: dict[str, Theme] = {
    **{theme.value: theme for theme in Theme},
    "afval": Theme.litter,
    "zwerfafval": Theme.litter,
    "zwerfvuil": Theme.litter,
    "schoon": Theme.litter,
    "prikken": Theme.litter,
    "groen": Theme.greenery,
    "natuur": Theme.greenery,
    "ontmoeten": Theme.meeting,
    "ontmoeting": Theme.meeting,
    "kinderen": Theme.children,
    "jeugd": Theme.children,
    "spelen": Theme.children,
    "zorg": Theme.care,
    "cultuur": Theme.culture,
    "kunst": Theme.culture,
    "mobiliteit": Theme.mobility,
    "verkeer": Theme.mobility,
    "delen": Theme.sharing,
    "ruilen": Theme.sharing,
}

_GIFTS: dict[str, GiftOf] = {
    "head": GiftOf.head,
    "hoofd": GiftOf.head,
    "heart": GiftOf.heart,
    "hart": GiftOf.heart,
    "hands": GiftOf.hands,
    "handen": GiftOf.hands,
}

#: An OpenStreetMap tag, or a BGT type, → what it is here: kind, theme, and a title where it has no name.
_TAGS: dict[tuple[str, str], tuple[AssetKind, Theme, str]] = {
    ("amenity", "public_bookcase"): (AssetKind.exchange, Theme.sharing, "Minibieb"),
    ("amenity", "give_box"): (AssetKind.exchange, Theme.sharing, "Weggeefkast"),
    ("amenity", "community_centre"): (AssetKind.meeting_place, Theme.meeting, "Buurthuis"),
    ("amenity", "social_centre"): (AssetKind.meeting_place, Theme.meeting, "Buurthuis"),
    ("amenity", "bench"): (AssetKind.meeting_place, Theme.meeting, "Bankje"),
    ("amenity", "library"): (AssetKind.institution, Theme.culture, "Bibliotheek"),
    ("amenity", "social_facility"): (AssetKind.institution, Theme.care, "Zorg en welzijn"),
    ("amenity", "school"): (AssetKind.institution, Theme.children, "School"),
    ("amenity", "kindergarten"): (AssetKind.institution, Theme.children, "Kinderopvang"),
    ("amenity", "place_of_worship"): (AssetKind.institution, Theme.meeting, "Gebedshuis"),
    ("leisure", "playground"): (AssetKind.meeting_place, Theme.children, "Speeltuin"),
    ("leisure", "picnic_table"): (AssetKind.meeting_place, Theme.meeting, "Picknicktafel"),
    ("office", "association"): (AssetKind.club, Theme.meeting, "Vereniging"),
    ("bgtplustype", "bank"): (AssetKind.meeting_place, Theme.meeting, "Bankje"),
    ("bgtplustype", "picknicktafel"): (AssetKind.meeting_place, Theme.meeting, "Picknicktafel"),
    ("bgtplustype", "speelvoorziening"): (AssetKind.meeting_place, Theme.children, "Speelplek"),
}
#: Attributes that are looked at for a tag; `bgtplustype` is written "niet-bgt:bank" in some years.
TAG_COLUMNS = ("amenity", "leisure", "office", "bgtplustype", "plus-type", "plustype")


def asset_columns(columns: Sequence[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Our name → their column, for what a table or layer of assets tells."""
    known = {plain(column): column for column in reversed(columns)}
    found = dict(mapped)
    for ours, names in _COLUMNS.items():
        theirs = next((known[name] for name in names if name in known), None)
        if ours not in found and theirs is not None:
            found[ours] = theirs
    return found


def kind(word: str) -> AssetKind | None:
    """The kind that a word means, in Dutch or English; None when it means none."""
    return _KINDS.get(plain(word))


def themes(words: str) -> list[Theme]:
    """The themes in a cell, separated by comma, semicolon, slash or bar, in their order; KeyError names a word that is
    no theme.
    """
    found = [plain(word) for word in re.split(r"[,;|/]", words) if word.strip()]
    return list(dict.fromkeys(_THEMES[word] for word in found))


def gifts(words: str) -> list[dict[str, str]]:
    """The gifts in a cell, as `hands: repairing bikes; head: tax forms`; KeyError names a word before a colon that is
    not head, heart or hands.
    """
    found = []
    for piece in re.split(r"[;|\n]", words):
        if piece.strip():
            of, _, what = piece.partition(":")
            found.append({"of": _GIFTS[plain(of)].value, "what": what.strip()})
    return found


def recognised(attributes: Mapping[str, object]) -> tuple[AssetKind, Theme, str] | None:
    """What the tags of a feature say that it is; None when they say nothing that is known here."""
    for column in TAG_COLUMNS:
        value = attributes.get(column)
        if value:
            key = "bgtplustype" if column.startswith("plus") else column
            found = _TAGS.get((key, str(value).rpartition(":")[2].strip()))
            if found is not None:
                return found
    return None


def yes_or_no(word: str) -> bool | None:
    """Yes or no in Dutch or English; None for nothing; KeyError for another word."""
    answers = {
        "": None,
        "ja": True,
        "j": True,
        "yes": True,
        "y": True,
        "true": True,
        "waar": True,
        "1": True,
        "x": True,
        "nee": False,
        "n": False,
        "no": False,
        "false": False,
        "onwaar": False,
        "0": False,
    }
    return answers[word.strip().casefold()]


def day(word: str) -> str:
    """A date as YYYY-MM-DD, also when written the Dutch way (day-month-year); another text as it is."""
    match = re.fullmatch(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", word.strip())
    if match:
        return f"{match.group(3)}-{match.group(2).zfill(2)}-{match.group(1).zfill(2)}"
    match = re.fullmatch(r"(\d{4}[-/]\d{2}[-/]\d{2})[T ][\d:.+Z]*", word.strip())
    return (match.group(1) if match else word.strip()).replace("/", "-")


def rule(word: str) -> str:
    """A rule of iCalendar as a draft takes it: in capitals, without spaces and without the name of the property."""
    return re.sub(r"\s", "", word).upper().removeprefix("RRULE:")


def moment(word: str) -> str:
    """A local time as YYYY-MM-DDTHH:MM, also when written the Dutch way; another text as it is."""
    match = re.fullmatch(r"(\S+?)[T ]+(\d{1,2})[.:](\d{2})(?::00)?(?: *uur)?", word.strip())
    if match is None:
        return word.strip()
    return f"{day(match.group(1))}T{match.group(2).zfill(2)}:{match.group(3)}"
