"""What an address asks about streets: the sentence on top of `/streets`, in its parameters and in words."""

from dataclasses import dataclass
from datetime import date

from fastapi import Request

from app import i18n, words
from app.pages import reading
from app.parameters import FIRST_DATE, LAST_DATE, today
from assets.errors import Fault, Invalid
from assets.vocabulary import Initiative, StreetState, Theme


@dataclass(frozen=True)
class Question:
    """The sentence on top: streets in an area, without or with an initiative, for a theme, on a date."""

    area: str | None
    initiative: Initiative | None
    theme: Theme | None
    on: date
    is_today: bool
    state: StreetState | None
    sort: str
    descending: bool
    page: int


#: Columns of the table: key in the address -> how rows are sorted by it. Unknown values come last.
SORTS = {
    "name": lambda row: (row.name.casefold(), row.id),
    "neighbourhood": lambda row: ((row.neighbourhood or "\uffff").casefold(), row.name.casefold(), row.id),
    "length": lambda row: (row.length_m, row.id),
    "addresses": lambda row: (-1 if row.addresses is None else row.addresses, row.id),
    "state": lambda row: (list(StreetState).index(row.state), row.name.casefold(), row.id),
    "activity": lambda row: (row.last_activity_on or FIRST_DATE, row.id),
    "conversation": lambda row: (row.last_conversation_on or FIRST_DATE, row.id),
}


#: The other view of the streets (app/pages/growth_edge.py).
EDGE = "growth-edge"
#: What an address may say; nothing at all is the usual question.
CHOICES = {
    "initiative": {"", "all", *Initiative},
    "theme": {"", "any", *Theme},
    "state": {"", *StreetState},
    "view": {"", EDGE},
}


def question(request: Request) -> Question:
    """What is asked in this address.

    An order or a page that cannot be read is taken as not asked. A date, theme or state that cannot be read is refused
    (Invalid): the answer to another question, in a file that someone takes along, is worse than none.
    """
    query = request.query_params
    speaker = i18n.translator(i18n.choose(request))
    faults = [
        Fault(name, speaker.gettext("This is not one of the choices."))
        for name, choices in CHOICES.items()
        if query.get(name, "") not in choices
    ]
    name = "day" if query.get("on") == "other" else "on"
    on = _date(query.get(name))
    if on is None and query.get(name):
        faults.append(Fault(name, speaker.gettext("This is no day between 1900 and 2200.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    initiative = query.get("initiative", "none")
    sort = query.get("sort", "name")
    page = query.get("page", "1")
    wanted_theme = query.get("theme", Theme.litter.value)
    return Question(
        area=reading.readable(query.get("area", ""))[:40] or None,
        initiative=Initiative(initiative) if initiative in set(Initiative) else None,
        theme=reading.theme(wanted_theme),
        on=on or today(),
        is_today=on is None or on == today(),
        state=StreetState(query["state"]) if query.get("state") in set(StreetState) else None,
        sort=sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "name",
        descending=sort.startswith("-"),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page) > 0 else 1,
    )


def _date(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if FIRST_DATE <= found <= LAST_DATE else None


def heading(asked: Question, place: str | None, speaker: i18n.Translator) -> str:
    """The question as one sentence, for who does not see the fields."""
    say = speaker.gettext
    return " ".join(
        (
            speaker.pgettext("sentence", "Streets in"),
            place or speaker.pgettext("sentence", "all areas"),
            say(words.INITIATIVE[asked.initiative]),
            speaker.pgettext("sentence", "for"),
            say(words.THEME[asked.theme]) if asked.theme else say("any theme"),
            speaker.pgettext("sentence", "on"),
            say("today") if asked.is_today else speaker.day(asked.on),
        )
    )


@dataclass(frozen=True)
class DateOption:
    """A date in the sentence."""

    value: str
    label: str
    chosen: bool


def dates(asked: Question, speaker: i18n.Translator) -> list[DateOption]:
    """Today, the first of past months and years, and the date that is asked now."""
    now = today()
    months = [date(now.year + (now.month - 1 - back) // 12, (now.month - 1 - back) % 12 + 1, 1) for back in range(6)]
    years = [date(now.year - back, 1, 1) for back in range(5)]
    days = sorted({*months, *years, *([] if asked.is_today else [asked.on])}, reverse=True)
    return [
        DateOption("", speaker.gettext("today"), asked.is_today),
        *(DateOption(day.isoformat(), speaker.day(day), not asked.is_today and day == asked.on) for day in days),
        DateOption("other", speaker.gettext("another day"), False),
    ]
