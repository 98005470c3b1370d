"""Energy in words: what a class of the legend means, and what a month is called."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from app import i18n
from app.parameters import today
from assets import energy_classes
from assets.energy_classes import Classes, Like
from assets.vocabulary import ActivityKind
from maps import style


@dataclass(frozen=True)
class ClassWords:
    """One step of the legend.

    Attributes:
        number: from 1, the least energy first.
        look: name of its colour, as in `maps.style.ENERGY_LOOKS`.
        figures: from where to where it goes, such as `2 tot 5`.
        like: what gives such a figure, such as `4 tot 25 mensen samen op die dag`; empty when there is one class.
    """

    number: int
    look: str
    figures: str
    like: str


def legend(classes: Classes, speaker: i18n.Translator) -> list[ClassWords]:
    """The steps of a legend in words, the least energy first."""
    looks = style.energy_looks(classes.count)
    return [
        ClassWords(number, looks[number - 1], figures(classes, number, speaker), like(classes, number, speaker))
        for number in range(1, classes.count + 1)
    ]


def figures(classes: Classes, number: int, speaker: i18n.Translator) -> str:
    """From where to where a class goes."""
    say = speaker.gettext
    low, high = classes.bounds(number)
    if low is None:
        return say("more than nothing") if high is None else say("under %(to)s") % {"to": plain(high, speaker)}
    if high is None:
        return say("%(from)s and more") % {"from": plain(low, speaker)}
    return say("%(from)s to %(to)s") % {"from": plain(low, speaker), "to": plain(high, speaker)}


def like(classes: Classes, number: int, speaker: i18n.Translator) -> str:
    """What gives such figures, for someone who never heard of square roots."""
    say = speaker.gettext
    low, high = (None if one is None else energy_classes.like(one) for one in classes.bounds(number))
    if low is None:
        return "" if high is None else say("less than %(like)s") % {"like": _crowd(high, speaker, about=True)}
    if high is None:
        return say("%(like)s, or more") % {"like": _crowd(low, speaker, about=True)}
    if low.every == high.every and low != high and not low.months_before:
        both = {"from": speaker.number(low.people), "to": speaker.number(high.people)}
        if low.every == "week":
            return say("about %(from)s to %(to)s people every week") % both
        if low.every == "month":
            return say("about %(from)s to %(to)s people every month") % both
        return say("%(from)s to %(to)s people together that day") % both
    ends = {"from": _crowd(low, speaker, about=True), "to": _crowd(high, speaker, about=True)}
    return say("from %(from)s to %(to)s") % ends


def _crowd(found: Like, speaker: i18n.Translator, *, about: bool = False) -> str:
    """So many people, once or again and again; `about` says of a rhythm that its number is about right."""
    count, say = found.people, speaker.ngettext
    number = {"count": speaker.number(count), "months": speaker.number(found.months_before)}
    if found.every == "week":
        plain = say("%(count)s person every week", "%(count)s people every week", count)
        rough = say("about %(count)s person every week", "about %(count)s people every week", count)
        return (rough if about else plain) % number
    if found.every == "month":
        plain = say("%(count)s person every month", "%(count)s people every month", count)
        rough = say("about %(count)s person every month", "about %(count)s people every month", count)
        return (rough if about else plain) % number
    if found.months_before:
        before = found.months_before
        return say("1 person %(months)s month before", "1 person %(months)s months before", before) % number
    return say("%(count)s person that day", "%(count)s people together that day", count) % number


def about(value: float, speaker: i18n.Translator) -> str:
    """What one figure is about as much as."""
    return speaker.gettext("about like %(like)s") % {"like": _crowd(energy_classes.like(value), speaker)}


def plain(value: float, speaker: i18n.Translator) -> str:
    """A figure with no more decimals than it needs, three at most."""
    decimals = next((n for n in range(4) if round(value, n) == round(value, 3)), 3)
    return speaker.number(value, decimals)


def shown(value: float, speaker: i18n.Translator) -> str:
    """A figure in a table: one decimal, and more where that would be nothing."""
    decimals = 1 if value >= 0.1 else 2 if value >= 0.01 else 3
    return speaker.number(value, decimals)


def moment(day: date, speaker: i18n.Translator) -> str:
    """What a step of the slider is called: `november 2026`, and today `vandaag`."""
    return speaker.gettext("today") if day == today() else speaker.month(day)


def happened(kind: ActivityKind, participants: int, speaker: i18n.Translator) -> str:
    """Who took part in an activity; a confirmation says that it is one."""
    if kind is ActivityKind.confirmation:
        return speaker.gettext("confirmed that it is still there")
    return speaker.ngettext("%(count)s person", "%(count)s people", participants) % {
        "count": speaker.number(participants)
    }


def _open(one: Like, more: Like, speaker: i18n.Translator) -> list[str]:
    """The words for one and for more, with {count} where a script puts the number."""
    return [_crowd(found, _Blank(speaker.language)) for found in (one, more)]


class _Blank(i18n.Translator):
    """Leaves a place for each number."""

    def number(self, value: float, decimals: int = 0) -> str:  # noqa: ARG002 - no number is written
        return "{count}"


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that our scripts put on the page."""
    say = speaker.gettext
    return {
        "map": say("Map of energy"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "close": say("Close"),
        "play": say("Play the months"),
        "pause": say("Pause"),
        "nextMonth": say("One month forward"),
        "nothing": say("Nothing is known of this month yet."),
        "room": say("Here is still room."),
        "figure": say("Energy {figure}"),
        "figurePer1000": say("Energy {figure} per 1,000 inhabitants"),
        "unknownPeople": say("The number of inhabitants is not known."),
        "about": say("about like %(like)s") % {"like": "{like}"},
        "likeWeekly": _open(Like(1, every="week"), Like(2, every="week"), speaker),
        "likeMonthly": _open(Like(1, every="month"), Like(2, every="month"), speaker),
        "likeTogether": _open(Like(1), Like(2), speaker),
        "likeBefore": _open(Like(1, months_before=1), Like(1, months_before=2), speaker),
        "onePerson": say("1 person"),
        "people": say("{count} people"),
        "confirmed": say("confirmed that it is still there"),
        "counts": say("counts for {weight}"),
        "others": say("and more, which together count for {weight}"),
        "on": say("on {date}"),
        "inArea": say("in {area}"),
        "madeOf": say("What it is made of"),
        "overMonths": say("Energy over the months"),
        "showArea": say("Only this area"),
        "tryAgain": say("This could not be fetched. Try again in a moment."),
    }
