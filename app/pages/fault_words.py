"""What is wrong, in the visitor's language: the English sentences of the domain and their Dutch ones.

The domain fills in its sentences before they come here, so each stands here with its places, and is recognised.
"""

import re
from functools import lru_cache

from app.i18n import Translator


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


SENTENCES: tuple[str, ...] = (
    _("Choose what it is."),
    _("Give it a name."),
    _("Read the text aloud first, and tick that this was the answer."),
    _("Give the first day, as 2026-11-23."),
    _("Give the time at which it begins, as 10:00."),
    _("Give the time at which it ends, as 12:00."),
    _("This is not one of the choices."),
    _("This must be one of %(words)s."),
    _("This is too long: at most %(most)s characters."),
    _("This is too long: at most %(most)s."),
    _("This is too short: at least %(least)s characters."),
    _("This does not have the right form."),
    _("This must be a whole number."),
    _("This must be at least %(least)s."),
    _("This must be at most %(most)s."),
    _("The text holds control characters; remove them."),
    _("Write a date as year-month-day, for example 2026-11-23."),
    _("Write a local time as date, T and time, for example 2026-03-07T10:00."),
    _("This day does not exist."),
    _("The year must be between 1900 and 2200."),
    _("The end date lies before the start date."),
    _("This recurrence falls on no day, or ends too far from its beginning."),
    _("This text holds %(what)s (at character %(place)s); contact goes through the form."),
    _("This needs a place: a point or an area on the map."),
    _("Name the neighbourhood, or choose that no place is shown."),
    _("Name the street."),
    _("This place lies in no known area."),
    _("There is no area with the code %(code)s."),
    _("There is no street within 100 m of this place."),
    _("This street lies in no known area; name the neighbourhood."),
    _("This street is too small to show for a person; choose the neighbourhood instead."),
    _("There is no street called %(name)s."),
    _("There is no street called %(name)s. Perhaps you mean: %(alike)s."),
    _("There are several streets called %(name)s; say which one: %(places)s."),
    _("A street initiative needs a stretch of street: the whole street, a line or two points."),
    _("A coordinate is a number."),
    _("This is no e-mail address; write it as name@example.org, or leave it empty."),
    _("The hidden field of this form was filled in, as programs do."),
    _("A person cannot become something else, nor something else a person."),
    _("A street initiative has stretches of street; give the place as well."),
)
#: What stands inside such a sentence and is words itself.
INSIDE: tuple[str, ...] = (_("an e-mail address"), _("a telephone number"), _("a bank account"))
PLACE = re.compile(r"%\\\((\w+)\\\)s")


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((one, re.compile(PLACE.sub(r"(?P<\1>.+?)", re.escape(one)), re.DOTALL)) for one in SENTENCES)


def say(speaker: Translator, sentence: str) -> str:
    """A sentence of the domain in the visitor's language; as it is when it is not known here."""
    for message, pattern in _patterns():
        if found := pattern.fullmatch(sentence):
            values = {
                name: speaker.gettext(value) if value in INSIDE else value for name, value in found.groupdict().items()
            }
            return speaker.gettext(message) % values if values else speaker.gettext(message)
    return sentence
