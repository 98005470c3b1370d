"""The form of a conversation: what was typed, read forgivingly, with every fault beside its field."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.csrf import words
from app.pages import reading
from app.parameters import today
from assets import conversations, my_streets
from assets.coverage import StreetPartCoverage
from assets.drafts import ConversationDraft
from assets.my_streets import Spoken, StreetChoice

WHERE = re.compile(r"([1-9]\d{0,17})/([A-Za-z0-9.:_-]{0,40})", re.ASCII)
DAYS = ("today", "yesterday", "other")
MOST_NEIGHBOURS = 10_000
#: One line; the API takes longer notes.
LONGEST_NOTE = 300


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class FieldFault:
    """What is wrong with a field: a message with its values, and the piece of text that it is about."""

    message: str
    marked: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Offered:
    """A street to choose: its value, its name, and where it is when that is not obvious."""

    where: str
    name: str
    place: str | None


@dataclass(frozen=True)
class Typed:
    """The fields as they were sent.

    Attributes:
        where: the street that was chosen, as `<street_id>/<area code>` with an empty code for the whole street.
        street: a name that was typed instead.
        day: today, yesterday or other; `held_on` counts for other.
        choices: streets that the typed name may mean.
    """

    where: str = ""
    street: str = ""
    day: str = "today"
    held_on: str = ""
    neighbours: str = "1"
    note: str = ""
    key: str = ""
    faults: Mapping[str, FieldFault] = field(default_factory=dict)
    choices: tuple[StreetChoice, ...] = ()

    def print(self) -> bytes:
        """The fields as bytes: the same for the same form."""
        said = {name: value for name, value in asdict(self).items() if name not in ("faults", "choices", "key")}
        return json.dumps(said, sort_keys=True).encode()


class Refused(Exception):
    """The form cannot be used yet: the faults by field, and streets that may be meant."""

    def __init__(self, faults: dict[str, FieldFault], choices: tuple[StreetChoice, ...]) -> None:
        super().__init__("The form cannot be used yet.")
        self.faults, self.choices = faults, choices


def where(part: StreetPartCoverage) -> str:
    """The value of a street part in the form."""
    return f"{part.street_id}/{part.area_code or ''}"


def typed(form: FormData) -> Typed:
    """What was sent, as text."""
    sent = {name: words(form, name) for name in ("where", "street", "day", "held_on", "neighbours", "note", "key")}
    day = sent["day"] if sent["day"] in DAYS else "other" if sent["held_on"] else "today"
    return Typed(
        where=sent["where"],
        street=sent["street"],
        day=day,
        held_on=sent["held_on"],
        neighbours=sent["neighbours"] or "1",
        note=sent["note"],
        key=sent["key"],
    )


def of(spoken: Spoken) -> Typed:
    """The form as it was filled in for a conversation that is there."""
    return Typed(
        where=f"{spoken.street_id}/{spoken.area or ''}",
        street="",
        day="other",
        held_on=spoken.held_on.isoformat(),
        neighbours=str(spoken.neighbours),
        note=spoken.note,
    )


def draft(session: Session, typed: Typed, *, area: str | None) -> ConversationDraft:
    """The conversation that was typed; of several streets of one name the one in `area` is meant.

    Raises:
        Refused: with every fault at once.
    """
    faults: dict[str, FieldFault] = {}
    street, choices = _street(session, typed, area, faults)
    held_on = _day(typed, faults)
    neighbours = int(typed.neighbours) if re.fullmatch(r"\d{1,5}", typed.neighbours, re.ASCII) else 0
    if not 1 <= neighbours <= MOST_NEIGHBOURS:
        faults["neighbours"] = FieldFault(_("Say with how many neighbours you spoke: a number from 1."))
    if len(typed.note) > LONGEST_NOTE:
        faults["note"] = FieldFault(_("This is longer than one line: at most 300 characters."))
    found = conversations.about_people(session, typed.note, street=street.name if street else None)
    if found is not None:
        start, end = found.span
        faults["note"] = FieldFault(found.told, typed.note[start:end], {"place": start + 1})
    if faults or street is None or held_on is None:
        raise Refused(faults, choices)
    return ConversationDraft(
        street_id=street.street_id, area=street.place, held_on=held_on, neighbours=neighbours, note=typed.note
    )


def _street(
    session: Session, typed: Typed, area: str | None, faults: dict[str, FieldFault]
) -> tuple[StreetChoice | None, tuple[StreetChoice, ...]]:
    """The street that is meant, its `place` being the code of the area that counts (None: all of it)."""
    if typed.street:
        name = reading.readable(typed.street)
        found = (area and my_streets.choices(session, name, area=area)) or my_streets.choices(session, name)
        exact = [one for one in found if one.exact]
        if len(exact) == 1:
            return _in_area(session, exact[0], area), ()
        if exact:
            faults["street"] = FieldFault(_("There are several streets of this name. Choose the one you mean."))
        elif found:
            faults["street"] = FieldFault(_("We do not know this street. Do you mean one of these?"))
        else:
            faults["street"] = FieldFault(_("We do not know this street. Look at how it is written."))
        return None, tuple(exact or found)
    chosen = WHERE.fullmatch(typed.where)
    if chosen is None:
        faults["street"] = FieldFault(_("Choose the street, or type its name."))
        return None, ()
    street = my_streets.street(session, int(chosen[1]))
    if street is None or (chosen[2] and chosen[2] not in my_streets.parts_of(session, street.street_id)):
        faults["street"] = FieldFault(_("This street is no longer there. Type its name."))
        return None, ()
    return StreetChoice(street.street_id, street.name, chosen[2] or None, True), ()


def _in_area(session: Session, street: StreetChoice, area: str | None) -> StreetChoice:
    """The part of a street inside the area, when the area is a neighbourhood and holds just one of several parts."""
    codes = my_streets.parts_of(session, street.street_id)
    here = area if area is not None and area in codes else None
    return StreetChoice(street.street_id, street.name, here, True)


def _day(typed: Typed, faults: dict[str, FieldFault]) -> date | None:
    now = today()
    if typed.day != "other":
        return now if typed.day == "today" else now - timedelta(days=1)
    held_on = reading.a_day(typed.held_on)
    if held_on is None:
        faults["held_on"] = FieldFault(_("Choose the day of the conversation."))
    elif held_on > now:
        faults["held_on"] = FieldFault(_("This day is still to come. Choose today or a day before."))
        return None
    return held_on
