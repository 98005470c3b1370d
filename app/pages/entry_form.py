"""The form of an entry: from what was typed to a draft with its faults by field, and from an entry to a filled-in form.

Whoever shows the fields of `_entry_fields.html` reads them here: pinning, changing, and care when it accepts a
suggestion with changes. A fault is an `assets.errors.Fault` whose pointer is the name of a field.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from app.pages import place_fields
from app.pages.typed import Typed
from app.problems import SENTENCES, faults_of
from assets import people
from assets.drafts import AssetDraft, PlaceDraft
from assets.errors import Fault, Invalid
from assets.vocabulary import AssetKind, Audience, GiftOf


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


CHOOSE_KIND = _("Choose what it is.")
GIVE_NAME = _("Give it a name.")
NO_CHOICE = _("This is not one of the choices.")
READ_ALOUD = _("Read the text aloud first, and tick that this was the answer.")
FILLED_IN = _("The hidden field of this form was filled in, as programs do.")
GIVE_DAY = _("Give the first day, as 2026-11-23.")
GIVE_BEGIN = _("Give the time at which it begins, as 10:00.")
GIVE_END = _("Give the time at which it ends, as 12:00.")
ENDS_FIRST = _("It ends before it begins. Past midnight can be until 06:00.")
#: Until this time, in minutes, an end belongs to the night after the first day.
NIGHT = 6 * 60
#: Fields of the form that say something of an entry apart from its place, in the order in which they stand there.
FIELDS = (
    "kind", "title", "description", "theme", "head", "heart", "hands", "rhythm", "repeat", "first_on", "first_at",
    "ends_at", "rule", "minutes", "started_on", "ended_on", "open_to_newcomers", "resident_run",
    "wheelchair_accessible", "member_count",
    "language",
)  # fmt: skip
#: Of these, what is written in words of one's own.
WORDS = ("title", "description", "rhythm", "head", "heart", "hands")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
#: How often, as the form offers it; `kept` stands for a rule that came from elsewhere.
REPEATS = ("daily", "weekly", "fortnightly", "monthly", "yearly")
THREE = {"": None, "yes": True, "no": False}
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:00)?", re.ASCII)
#: Faults of a whole draft and the field where they are shown.
OF_WHOLE = {
    "The end date lies before the start date.": "ended_on",
    "A recurrence and its first time go together: give both or neither.": "first_on",
    "Minutes go with a recurrence.": "ends_at",
    "A theme is named twice.": "theme",
    "Only a street initiative has stretches of street.": "place",
}
#: Where the draft and the form call the same thing otherwise.
FIELD_OF = {
    "themes": "theme", "recurrence": "repeat", "recurrence_start": "first_on",
    "geometry": "place", "stretches": "place", "recurrence_minutes": "ends_at",
}  # fmt: skip


def draft(typed: Typed, place: PlaceDraft | None = None) -> AssetDraft:
    """The draft that was typed, with a place that was read elsewhere (app/pages/place_fields.py).

    Raises:
        Invalid: every fault, each at its field.
    """
    faults: list[Fault] = []
    values: dict[str, Any] = {
        "kind": typed.one("kind"),
        "title": typed.one("title"),
        "description": typed.one("description"),
        "themes": list(dict.fromkeys(typed.many("theme"))),
        "gifts": gifts(typed),
        "rhythm": typed.one("rhythm"),
        "language": typed.one("language") or "nl",
        "member_count": typed.one("member_count").strip() or None,
        "started_on": typed.one("started_on").strip() or None,
        "ended_on": typed.one("ended_on").strip() or None,
    }
    for name in ("open_to_newcomers", "resident_run", "wheelchair_accessible"):
        if (answer := typed.one(name)) not in THREE:
            faults.append(Fault(name, NO_CHOICE))
        values[name] = THREE.get(answer)
    try:
        values |= recurrence(typed)
    except Invalid as refused:
        faults += refused.faults
    if typed.one("kind") == AssetKind.person:
        faults += _personal_data(typed)
    if not typed.has("kind"):
        faults.append(Fault("kind", CHOOSE_KIND))
        values["kind"] = AssetKind.club
    if not typed.has("title"):
        faults.append(Fault("title", GIVE_NAME))
        values["title"] = "-"
    found: AssetDraft | None = None
    try:
        found = AssetDraft(**values)
    except ValidationError as refused:
        faults += at_fields(faults_of(refused.errors(include_url=False, include_input=False), prefix="/"), typed)
    if faults or found is None:
        raise Invalid("{number} fault(s) in the form.", faults=in_order(faults), number=len(faults))
    return found if place is None else placed(found, place)


def _personal_data(typed: Typed) -> list[Fault]:
    """Ways to reach a person in any of the words about them (domain, People come first, rule 3)."""
    found = [(name, people.personal_data(typed.one(name))) for name in WORDS]
    return [Fault(name, one.told, {"place": one.span[0] + 1}) for name, one in found if one is not None]


def placed(found: AssetDraft, place: PlaceDraft) -> AssetDraft:
    """The draft with this place; Invalid where the two do not go together."""
    if found.kind != AssetKind.street_initiative and place.stretches:
        raise Invalid.at("place", "Only a street initiative has stretches of street.")
    # copied and not built anew: the geometry is checked by assets/geometry.py, where it is counted first
    return found.model_copy(update={"place": place})


def at_fields(faults: Iterable[Fault], typed: Typed) -> list[Fault]:
    """Faults of the domain with the fields of the form where they are shown."""
    return [_told(replace(one, pointer=_field(one, typed))) for one in faults]


def _told(fault: Fault) -> Fault:
    """What is too long in a field of words is so many characters too long."""
    if fault.pointer in WORDS and fault.message == SENTENCES["too_long"]:
        return replace(fault, message=SENTENCES["string_too_long"])
    return fault


def _field(fault: Fault, typed: Typed) -> str:
    if not fault.pointer.startswith(("/", "#")):
        return FIELD_OF.get(fault.pointer, fault.pointer)
    steps = fault.pointer.removeprefix("#").strip("/").split("/")
    if steps == [""]:
        return OF_WHOLE.get(fault.message, "title")
    if steps[0] == "gifts":
        made = gifts(typed)
        number = int(steps[1]) if len(steps) > 1 and steps[1].isdecimal() else 0
        return made[number]["of"] if number < len(made) else GiftOf.head.value
    return FIELD_OF.get(steps[0], steps[0])


def is_of_place(name: str) -> bool:
    """Whether a field belongs to the step that asks where it is."""
    return name == "place" or name.partition("-")[0] in place_fields.LABELS


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Faults in the order of the form, one for each field: a second one of a field helps nobody."""
    first: dict[str, Fault] = {}
    for one in faults:
        first.setdefault(one.pointer, one)
    order = {name: number for number, name in enumerate(("kind", "place", *place_fields.LABELS, *FIELDS[1:]))}
    return sorted(first.values(), key=lambda one: order.get(one.pointer.partition("-")[0], len(order)))


def gifts(typed: Typed) -> list[dict[str, str]]:
    """The gifts of head, heart and hands: one on each line."""
    return [
        {"of": of.value, "what": line.strip()}
        for of in GiftOf
        for line in typed.one(of.value).splitlines()
        if line.strip()
    ]


def audience(typed: Typed) -> Audience | None:
    """Whom a person lets see their entry, as it was answered; None when nobody was asked.

    Without an answer an entry is for builders only, so only a wider answer needs the text to have been read aloud.
    """
    if typed.one("kind") != AssetKind.person:
        return None
    said = typed.one("audience") or Audience.builders.value
    if said not in set(Audience):
        raise Invalid.at("audience", NO_CHOICE)
    if typed.one("agreed") == "yes":
        return Audience(said)
    if said != Audience.builders:
        raise Invalid.at("agreed", READ_ALOUD)
    return None


# --- how often ---


def rule_of(repeat: str, first: date) -> str:
    """The rule of iCalendar for a choice of the form and its first day."""
    day = DAYS[first.weekday()]
    turn = (first.day - 1) // 7 + 1
    return {
        "daily": "FREQ=DAILY",
        "weekly": f"FREQ=WEEKLY;BYDAY={day}",
        "fortnightly": f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}",
        # the fifth Saturday is not in every month: who begins on one means the last
        "monthly": f"FREQ=MONTHLY;BYDAY={turn if turn < 5 else -1}{day}",
        "yearly": "FREQ=YEARLY",
    }[repeat]


def recurrence(typed: Typed) -> dict[str, Any]:
    """Recurrence, its first time and how long it takes, as the draft has them; empty without one."""
    repeat = typed.one("repeat")
    if repeat == "":
        return {}
    if repeat not in (*REPEATS, "kept"):
        raise Invalid.at("repeat", NO_CHOICE)
    faults = []
    first = _a_day(typed.one("first_on"))
    if first is None:
        faults.append(Fault("first_on", GIVE_DAY))
    begins, ends = TIME.fullmatch(typed.one("first_at").strip()), TIME.fullmatch(typed.one("ends_at").strip())
    if begins is None:
        faults.append(Fault("first_at", GIVE_BEGIN))
    if typed.has("ends_at") and ends is None:
        faults.append(Fault("ends_at", GIVE_END))
    if repeat != "kept" and begins is not None and ends is not None and not _follows(_minutes(begins), _minutes(ends)):
        faults.append(Fault("ends_at", ENDS_FIRST))
    if faults or first is None or begins is None:
        raise Invalid("The rhythm cannot be read.", faults=faults)
    minutes: int | str | None = None
    if repeat == "kept" and typed.has("minutes"):
        minutes = typed.one("minutes")
    elif ends is not None:
        # past midnight is the next day; the same time is a whole day
        minutes = (_minutes(ends) - _minutes(begins) - 1) % 1440 + 1
    return {
        "recurrence": typed.one("rule") if repeat == "kept" else rule_of(repeat, first),
        "recurrence_start": f"{first.isoformat()}T{int(begins[1]):02}:{begins[2]}",
        "recurrence_minutes": minutes,
    }


def _minutes(time: re.Match[str]) -> int:
    return int(time[1]) * 60 + int(time[2])


def _follows(begin: int, end: int) -> bool:
    """Whether an end may belong to a begin, in minutes of a day: later, a whole day later, or in the night after it."""
    return end >= begin or end <= NIGHT


def _a_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip(), re.ASCII) else None
    except ValueError:
        return None


# --- from an entry to a form ---


def filled(found: AssetDraft) -> Typed:
    """The form as it would have been typed for this draft, without its place."""

    def three(answer: bool | None) -> str:
        return "" if answer is None else "yes" if answer else "no"

    values: dict[str, Iterable[str]] = {
        "kind": [found.kind.value],
        "title": [found.title],
        "description": [found.description],
        "theme": [theme.value for theme in found.themes],
        **{of.value: ["\n".join(gift.what for gift in found.gifts if gift.of == of)] for of in GiftOf},
        "rhythm": [found.rhythm or ""],
        "started_on": [found.started_on.isoformat() if found.started_on else ""],
        "ended_on": [found.ended_on.isoformat() if found.ended_on else ""],
        "open_to_newcomers": [three(found.open_to_newcomers)],
        "resident_run": [three(found.resident_run)],
        "wheelchair_accessible": [three(found.wheelchair_accessible)],
        "member_count": ["" if found.member_count is None else str(found.member_count)],
        "language": [found.language],
    }
    return Typed(values | {name: [value] for name, value in _repeated(found).items()})


def _repeated(found: AssetDraft) -> dict[str, str]:
    if found.recurrence is None or found.recurrence_start is None:
        return dict.fromkeys(("repeat", "first_on", "first_at", "ends_at", "rule", "minutes"), "")
    start, minutes = found.recurrence_start, found.recurrence_minutes
    known = [name for name in REPEATS if rule_of(name, start.date()) == found.recurrence]
    end = start + timedelta(minutes=minutes or 0)
    follows = _follows(start.hour * 60 + start.minute, end.hour * 60 + end.minute)
    whole = minutes is None or (minutes <= 1440 and follows)
    ends = f"{end:%H:%M}"
    kept = not (known and whole)
    return {
        "repeat": "kept" if kept else known[0],
        "first_on": start.date().isoformat(),
        "first_at": f"{start:%H:%M}",
        "ends_at": "" if minutes is None or not whole else ends,
        "rule": found.recurrence if kept else "",
        "minutes": str(minutes) if kept and minutes is not None else "",
    }
