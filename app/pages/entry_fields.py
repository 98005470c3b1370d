"""What `_entry_fields.html` needs: the choices, what was typed, and what is wrong beside each field."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from babel.core import Locale

from app.i18n import Translator
from app.pages import place_fields
from app.pages.typed import NO_TEXT, Typed
from assets import people
from assets.errors import Fault
from assets.vocabulary import GiftOf, Theme


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


#: Languages that are spoken in many streets, offered first to last by their names.
LANGUAGES = (
    "nl", "en", "ar", "bg", "de", "es", "fa", "fr", "fy", "hi", "hu", "id", "it", "pap", "pl", "pt", "ro", "ru", "so",
    "srn", "ti", "tr", "uk", "ur", "vi", "zgh", "zh",
)  # fmt: skip
#: Each field with the label under which its fault is listed on top.
LABELS: dict[str, str] = {
    "kind": _("What is it?"),
    "place": _("Where is it?"),
    "title": _("Name"),
    "description": _("In your own words"),
    "theme": _("What is it about?"),
    "head": _("Gifts of the head"),
    "heart": _("Gifts of the heart"),
    "hands": _("Gifts of the hands"),
    "rhythm": _("When is it?"),
    "repeat": _("How often?"),
    "first_on": _("First day"),
    "first_at": _("From"),
    "ends_at": _("Until"),
    "started_on": _("Since when?"),
    "ended_on": _("Last day"),
    "open_to_newcomers": _("Who may join?"),
    "resident_run": _("Who runs it?"),
    "wheelchair_accessible": _("Can one get in with a wheelchair?"),
    "member_count": _("With how many?"),
    "language": _("Language of your words"),
    "audience": _("The answer"),
    "agreed": _("The answer"),
    "contact": _("Your e-mail address"),
    "messages_to": _("E-mail address for messages"),
    "email": _("Your e-mail address"),
    "sure": _("Erase everything"),
}
REPEATS: dict[str, str] = {
    "": _("not on fixed days"),
    "daily": _("every day"),
    "weekly": _("every week"),
    "fortnightly": _("every other week"),
    "monthly": _("every month, on such a day"),
    "yearly": _("every year"),
}
#: Where the fault of a field leads to: the first thing in it that can be used.
FIRST_OF = {
    "kind": "kind-person", "theme": "theme-litter", "open_to_newcomers": "open-yes", "resident_run": "run-yes",
    "wheelchair_accessible": "wheelchair-yes", "audience": "audience-builders",
}  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """A fault beside its field.

    Attributes:
        target: id of what the link in the summary leads to.
        label: what the field is called.
        says: what is wrong, in the visitor's language.
        quote: what stands before, in and after the words that are meant; None when it is about all of it.
    """

    field: str
    target: str
    label: str
    says: str
    quote: tuple[str, str, str] | None = None


def context(typed: Typed, faults: Iterable[Fault], speaker: Translator) -> dict[str, Any]:
    """What was typed with what is wrong, and the choices."""
    wrong = [_wrong(one, typed, speaker) for one in faults]
    return {
        "typed": typed,
        "wrong": {one.field: one for one in wrong},
        "summary": wrong,
        "themes": list(Theme),
        "gifts": list(GiftOf),
        "repeats": REPEATS,
        "languages": languages(speaker),
        "labels": LABELS,
    }


def _wrong(fault: Fault, typed: Typed, speaker: Translator) -> Wrong:
    name = fault.pointer
    label = LABELS.get(name) or place_fields.LABELS.get(name.partition("-")[0]) or name
    return Wrong(name, FIRST_OF.get(name, name), speaker.gettext(label), speaker.fault(fault), _quote(fault, typed))


def _quote(fault: Fault, typed: Typed) -> tuple[str, str, str] | None:
    """The words that give someone away, with a little of what stands around them."""
    text = typed.one(fault.pointer)
    found = people.personal_data(text)
    if found is None or found.told != fault.message:
        return None
    begin, end = found.span
    parts = (text[max(begin - 30, 0) : begin], text[begin:end], text[end : end + 30])
    before, hit, after = (NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", part) for part in parts)
    return before, hit, after


def languages(speaker: Translator) -> list[tuple[str, str]]:
    """Code and name of each language that can be chosen, Dutch and English first."""
    return list(_languages(str(speaker.locale)))


@lru_cache(maxsize=8)
def _languages(locale: str) -> tuple[tuple[str, str], ...]:
    names = Locale.parse(locale).languages
    named = [(code, names.get(code, code)) for code in LANGUAGES]
    return (*named[:2], *sorted(named[2:], key=lambda one: one[1].casefold()))
