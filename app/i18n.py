"""Languages of the screens: each is a file. Dutch first, English complete.

Message ids are the English sentences; `locales/<code>/LC_MESSAGES/vuurtoren.po` holds those of another language and is
read once per process, without a build step. A language is offered because its file is there: its name, its dates and
its numbers come from Babel. A sentence that a file does not hold is shown in English.
"""

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import Any, Literal, NewType

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import Request

from assets import names
from assets.errors import DomainError, Fault

#: The code of a language that is offered, as in `lang=` of HTML. Only `known` makes one of any text.
Language = NewType("Language", str)
SOURCE = Language("en")
DEFAULT = Language("nl")
LOCALES = Path(__file__).parent / "locales"
CATALOGUE = "LC_MESSAGES/vuurtoren.po"
COOKIE = "language"
#: English on these screens is British English: day before month.
BRITISH = "en_GB"
#: The year in a pattern of a date, with what ties it to the rest.
YEAR = re.compile(r"(\s*'\w+')?[\s,]*y+年?\s*")


def languages() -> dict[Language, str]:
    """Code -> name in its own words of each language that is offered: Dutch, English, then by code."""
    return _languages(LOCALES)


@lru_cache(maxsize=8)
def _languages(folder: Path) -> dict[Language, str]:
    found = {SOURCE: _own_name("en")}
    for path in sorted(folder.glob(f"*/{CATALOGUE}")):
        code = path.relative_to(folder).parts[0].replace("_", "-")
        found[Language(code)] = _own_name(code)
    return {code: found[code] for code in sorted(found, key=lambda one: (one != DEFAULT, one != SOURCE, one))}


def _locale(code: str) -> Locale:
    """What Babel knows of a language; its dates and numbers are written as in English where it knows nothing."""
    try:
        return Locale.parse(BRITISH if code == SOURCE else code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(BRITISH)


def _own_name(code: str) -> str:
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name() or code
    except (UnknownLocaleError, ValueError):
        return code
    return name[:1].upper() + name[1:]


@dataclass(frozen=True)
class Catalogue:
    """The sentences of a language.

    Attributes:
        messages: message id (plural: the singular id) -> translation; with a context `context\\x04id`.
        plural: number of things -> which of the translations of a plural.
    """

    messages: dict[str, str | tuple[str, ...]]
    plural: Callable[[int], int]


def catalogue(language: Language) -> dict[str, str | tuple[str, ...]]:
    """Message id (plural: the singular id) -> translation; with a context `context\\x04id`. Empty for English."""
    return read(language).messages


def read(language: Language) -> Catalogue:
    """The catalogue of a language; an empty one for English."""
    if language == SOURCE:
        return Catalogue({}, lambda number: int(number != 1))
    return _read(LOCALES / language.replace("-", "_") / CATALOGUE)


@lru_cache(maxsize=32)
def _read(path: Path) -> Catalogue:
    with path.open("rb") as file:
        entries = read_po(file, abort_invalid=True)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in entries:
        if not message.id or not message.string:
            continue
        singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
        key = f"{message.context}\x04{singular}" if message.context else singular
        if isinstance(message.string, str):
            found[key] = message.string
        elif all(message.string):
            found[key] = tuple(message.string)
    return Catalogue(found, c2py(entries.plural_expr))


class _Written(string.Formatter):
    """Fills in a message: days and large numbers as the language writes them."""

    def __init__(self, speaker: "Translator") -> None:
        self.speaker = speaker

    def format_field(self, value: Any, format_spec: str) -> Any:
        """One value."""
        if isinstance(value, date):
            return self.speaker.day(value)
        if isinstance(value, int | float) and "," in format_spec:
            return self.speaker.number(value)
        return super().format_field(value, format_spec)


class Translator:
    """The words, dates and numbers of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.locale = _locale(language)
        self.direction: Literal["ltr", "rtl"] = "rtl" if self.locale.text_direction == "rtl" else "ltr"
        found = read(language)
        self._messages, self._plural = found.messages, found.plural

    def gettext(self, message: str) -> str:
        """The sentence in this language; the English one when there is no translation."""
        found = self._messages.get(message)
        return found if isinstance(found, str) else message

    def pgettext(self, context: str, message: str) -> str:
        """The same, for a word that means different things in different places."""
        found = self._messages.get(f"{context}\x04{message}")
        return found if isinstance(found, str) else message

    def who(self, name: str) -> str:
        """A name of the history as it is shown: some stand for whoever has none."""
        return {
            names.THEMSELVES: self.gettext("the person themselves"),
            names.RECIPIENT: self.gettext("who got the messages"),
            names.VISITOR: self.gettext("a visitor"),
            names.OPERATOR: self.gettext("the operator of this map"),
            names.JOB: self.gettext("the daily job of this map"),
            names.SAMPLE: self.gettext("the example"),
            names.FORMER: self.gettext("somebody who is not here any more"),
        }.get(name, name)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The sentence for this number of things."""
        return self._of_number(singular, singular, plural, number)

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        """The sentence for this number of things, in its context."""
        return self._of_number(f"{context}\x04{singular}", singular, plural, number)

    def _of_number(self, key: str, singular: str, plural: str, number: int) -> str:
        found = self._messages.get(key)
        if isinstance(found, tuple):
            return found[min(self._plural(number), len(found) - 1)]
        return singular if number == 1 else plural

    def error(self, error: DomainError) -> str:
        """A refusal in this language."""
        return self.told(error.message, error.values)

    def fault(self, fault: Fault) -> str:
        """What is wrong in one place, in this language."""
        return self.told(fault.message, fault.values)

    def told(self, message: str, values: Mapping[str, object]) -> str:
        """A message of a refusal with its values, days among them as they are written here."""
        found = self.gettext(message)
        return _Written(self).vformat(found, (), values) if values else found

    def day(self, value: date | datetime) -> str:
        """A date as `23 november 2026`."""
        return format_date(value, format="long", locale=self.locale)

    def short_day(self, value: date | datetime) -> str:
        """A date as `23 nov 2026`, for a narrow column."""
        return format_date(value, format="medium", locale=self.locale)

    def weekday(self, value: date | datetime) -> str:
        """A day to come as `zaterdag 28 november`; the year stands there when it is another than this one."""
        pattern = self.locale.date_formats["full"].pattern.replace("EEEE,", "EEEE")
        if value.year == date.today().year:
            pattern = YEAR.sub(" ", pattern).strip(" ,")
        return format_date(value, format=pattern, locale=self.locale)

    def month(self, value: date | datetime) -> str:
        """A month as `november 2026`."""
        return format_date(value, format="LLLL y", locale=self.locale)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number in the notation of the language, rounded: 1.017 or 3,5 in Dutch."""
        digits = f"0.{'0' * decimals}" if decimals else "0"
        return format_decimal(round(value, decimals), format=f"#,##{digits}", locale=self.locale)

    def plain(self, value: float) -> str:
        """A number with as many decimals as it has, at most four: 40, 0,1 or 1,25 in Dutch."""
        return format_decimal(round(value, 4), format="#,##0.####", locale=self.locale)


@lru_cache(maxsize=32)
def translator(language: Language) -> Translator:
    """The one translator of a language in this process."""
    return Translator(language)


def choose(request: Request, *, cookie: bool = True) -> Language:
    """The language for this visitor: ?lang=, then the cookie, then Accept-Language, then the setting.

    Args:
        request: what is asked.
        cookie: whether the cookie may be read; in a frame on another site it may not.
    """
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE) if cookie else None):
        if (found := known(wish)) is not None:
            return found
    for wish in _accepted(request.headers.get("accept-language", "")):
        if (found := known(wish)) is not None:
            return found
    setting = getattr(getattr(request.app.state, "settings", None), "language", DEFAULT)
    return known(setting) or DEFAULT


def known(wish: str | None) -> Language | None:
    """The language that a tag such as `nl-NL` means, when it is one of ours."""
    tag = (wish or "").lower().replace("_", "-")[:35]
    offered = {code.lower(): code for code in languages()}
    while tag and tag not in offered:
        tag = tag.rpartition("-")[0]
    return offered.get(tag)


def _accepted(header: str) -> list[str]:
    wishes: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(wishes, key=lambda wish: -wish[0]) if weight > 0]
