"""What people hand in: one draft per noun, the same for JSON, form, CSV and command line.

A draft is checked for form here (lengths, dates, words); what needs the database (streets, areas, permission,
consent) is checked by the domain function that takes it.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from assets import recurrence as rules
from assets.plain_text import unturned
from assets.vocabulary import ActivityKind, AssetKind, GiftOf, LitterKind, LitterLevel, Placement, Theme

#: Dates outside these are typing errors, not history.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
MOST_STRETCHES = 50

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\ud800-\udfff\ufffe\uffff]")


def _clean(value: object) -> object:
    """The text in NFC, unturned and trimmed; ValueError where it holds characters that are no text."""
    if not isinstance(value, str):
        return value
    text = unturned(value).replace("\r\n", "\n").replace("\r", "\n")
    if CONTROL.search(text):
        raise ValueError("The text holds control characters; remove them.")
    return unicodedata.normalize("NFC", text).strip()


def _one_line(value: object) -> object:
    text = _clean(value)
    if isinstance(text, str) and ("\n" in text or "\t" in text):
        return " ".join(text.split())
    return text


def _nothing(value: object) -> object:
    """Empty text means that nothing was filled in."""
    text = _clean(value)
    return None if text == "" else text


def _day(value: object) -> object:
    """A date as YYYY-MM-DD; pydantic alone would also take numbers and times."""
    if isinstance(value, str):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
            raise ValueError("Write a date as year-month-day, for example 2026-11-23.")
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("This day does not exist.") from None
    if not isinstance(value, date):
        raise ValueError(  # noqa: TRY004 - pydantic makes a fault of a ValueError only
            "Write a date as year-month-day, for example 2026-11-23."
        )
    if not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError("The year must be between 1900 and 2200.")
    return value


LOCAL_MINUTE = r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]"


def _local(value: object) -> object:
    """A local time of the neighbourhood to the minute, as 2026-03-07T10:00."""
    if isinstance(value, str):
        found = re.fullmatch(rf"{LOCAL_MINUTE}(:00)?", value.strip(), re.ASCII)
        if found is None:
            raise ValueError("Write a local time as date, T and time, for example 2026-03-07T10:00.")
        _day(found[1])
        return datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime) or value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError("Write a local time as date, T and time, for example 2026-03-07T10:00.")
    _day(value.date())
    return value


def _rule(value: object) -> object:
    """A rule of iCalendar in its usual form."""
    text = _nothing(value)
    return rules.read(text) if isinstance(text, str) else text


Line = Annotated[str, BeforeValidator(_one_line)]
Text = Annotated[str, BeforeValidator(_clean)]
OptionalLine = Annotated[str | None, BeforeValidator(_nothing)]
Day = Annotated[date, BeforeValidator(_day)]
LocalTime = Annotated[
    datetime, BeforeValidator(_local), WithJsonSchema({"type": "string", "pattern": f"^{LOCAL_MINUTE}$"})
]
Rule = Annotated[
    str,
    BeforeValidator(_rule),
    WithJsonSchema({"type": "string", "maxLength": rules.LONGEST, "pattern": rules.PATTERN}),
]
Position = tuple[float, float]


class Draft(BaseModel):
    """Common behaviour of drafts: unknown names are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)


class Gift(Draft):
    """A gift of head, heart or hands, in a few words."""

    of: GiftOf
    what: Annotated[Line, Field(min_length=1, max_length=100)]


class StretchDraft(Draft):
    """The part of a street that an initiative cares for, in one of three ways.

    `whole`: the whole street of this name. `line`: everything of the street within 25 m of this line.
    `between`: from one point on the street to another. Coordinates are in the place's `crs`.
    """

    street: OptionalLine = Field(default=None, max_length=200)
    street_id: int | None = Field(default=None, ge=1, lt=2**63)
    area: OptionalLine = Field(default=None, max_length=40, description="Code of the area that the street is in.")
    whole: bool = False
    line: list[Position] | None = Field(default=None, min_length=2, max_length=10_000)
    between: tuple[Position, Position] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum((self.whole, self.line is not None, self.between is not None)) != 1:
            raise ValueError("Give a stretch as `whole`, as `line`, or as `between` two points: one of the three.")
        if self.whole and self.street is None and self.street_id is None:
            raise ValueError("A whole street needs the name of the street.")
        return self


class PlaceDraft(Draft):
    """Where an asset is.

    Things have a `geometry` (GeoJSON point or area); street initiatives have `stretches` (or a GeoJSON line as
    `geometry`); persons choose what is shown: their neighbourhood, their street or nothing.
    """

    geometry: dict[str, Any] | None = None
    crs: OptionalLine = Field(default=None, max_length=80)
    stretches: list[StretchDraft] = Field(default=[], max_length=MOST_STRETCHES)
    show: Literal[Placement.neighbourhood, Placement.street, Placement.none] = Placement.neighbourhood
    street: OptionalLine = Field(default=None, max_length=200)
    area: OptionalLine = Field(default=None, max_length=40, description="Code of an area.")

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        """`point: [x, y]` and an `area` given as polygon are short for `geometry`."""
        if not isinstance(value, dict):
            return value
        place = dict(value)
        if "point" in place:
            place.setdefault("geometry", {"type": "Point", "coordinates": place.pop("point")})
        if isinstance(place.get("area"), dict):
            place.setdefault("geometry", place.pop("area"))
        return place


class AssetDraft(Draft):
    """An asset as someone hands it in."""

    kind: AssetKind
    title: Annotated[Line, Field(min_length=1, max_length=200)]
    description: Annotated[Text, Field(max_length=4000)] = ""
    themes: list[Theme] = Field(default=[], max_length=len(Theme))
    gifts: list[Gift] = Field(default=[], max_length=20)
    started_on: Day | None = None
    ended_on: Day | None = None
    confirmed_on: Day | None = None
    rhythm: OptionalLine = Field(default=None, max_length=200)
    recurrence: Rule | None = Field(
        default=None,
        max_length=rules.LONGEST,
        description="How often, as a rule of iCalendar (RFC 5545): FREQ=WEEKLY;BYDAY=SA.",
    )
    recurrence_start: LocalTime | None = Field(
        default=None, description="The first time, as local time of the neighbourhood: 2026-03-07T10:00."
    )
    recurrence_minutes: int | None = Field(default=None, ge=1, le=10_080, description="How many minutes it takes.")
    open_to_newcomers: bool | None = None
    resident_run: bool | None = None
    wheelchair_accessible: bool | None = None
    member_count: int | None = Field(default=None, ge=0, le=100_000)
    language: str = Field(default="nl", pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
    place: PlaceDraft = PlaceDraft()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.started_on and self.ended_on and self.ended_on < self.started_on:
            raise ValueError("The end date lies before the start date.")
        if (self.recurrence is None) != (self.recurrence_start is None):
            raise ValueError("A recurrence and its first time go together: give both or neither.")
        if self.recurrence is None and self.recurrence_minutes is not None:
            raise ValueError("Minutes go with a recurrence.")
        if len(set(self.themes)) != len(self.themes):
            raise ValueError("A theme is named twice.")
        if self.kind != AssetKind.street_initiative and self.place.stretches:
            raise ValueError("Only a street initiative has stretches of street.")
        return self


class ActivityDraft(Draft):
    """Something that happened on a date, with how many people took part."""

    asset_id: int = Field(ge=1, lt=2**63)
    kind: ActivityKind = ActivityKind.activity
    held_on: Day
    participants: int = Field(default=1, ge=1, le=100_000)
    hours: float | None = Field(default=None, gt=0, le=24, description="How long it lasted.")
    note: Annotated[Text, Field(max_length=1000)] = ""


class ConversationDraft(Draft):
    """Someone talked with neighbours in this street on this date."""

    street: OptionalLine = Field(default=None, max_length=200)
    street_id: int | None = Field(default=None, ge=1, lt=2**63)
    area: OptionalLine = Field(default=None, max_length=40)
    held_on: Day
    neighbours: int = Field(default=1, ge=1, le=10_000)
    note: Annotated[Text, Field(max_length=1000)] = ""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.street is None and self.street_id is None:
            raise ValueError("A conversation needs the street where it was.")
        return self


class MeasurementDraft(Draft):
    """Pieces of litter counted in one box on one day; where it was by street part, by street, or by a point."""

    street_part_id: int | None = Field(default=None, ge=1, lt=2**63)
    street: OptionalLine = Field(default=None, max_length=200)
    area: OptionalLine = Field(default=None, max_length=40, description="Code of the area that the street is in.")
    point: Position | None = Field(default=None, description="x and y (longitude and latitude) in `crs`.")
    crs: OptionalLine = Field(default=None, max_length=80)
    measured_on: Day
    kind: LitterKind
    box_m2: float | None = Field(
        default=None, ge=0.1, le=10_000, description="Square metres; 100 for coarse and 1 for fine when left out."
    )
    count: int = Field(ge=0, le=1_000_000)
    counted_by: OptionalLine = Field(default=None, max_length=100)

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.street_part_id is None and self.street is None and self.point is None:
            raise ValueError("A measurement needs the street part, the street, or the point where it was.")
        return self


class AmbitionDraft(Draft):
    """The level that an area wants its streets to have, from a day on."""

    level: LitterLevel
    since: Day
