"""Languages of the screens: Dutch first, English complete.

Message ids are the English sentences; `locales/nl/LC_MESSAGES/vuurtoren.po` holds the Dutch ones and is read once per
process, without a build step. Dates and numbers are written as the language does.
"""

from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from babel.core import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import Request

Language = Literal["nl", "en"]
LANGUAGES: dict[Language, str] = {"nl": "Nederlands", "en": "English"}
LOCALES = Path(__file__).parent / "locales"
COOKIE = "language"
#: English on these screens is British English: day before month.
BABEL_LOCALES: dict[Language, str] = {"nl": "nl", "en": "en_GB"}


@lru_cache(maxsize=4)
def catalogue(language: Language) -> dict[str, str | tuple[str, ...]]:
    """Message id (plural: the singular id) -> translation; with a context `context\\x04id`. Empty for English."""
    if language == "en":
        return {}
    with (LOCALES / language / "LC_MESSAGES" / "vuurtoren.po").open("rb") as file:
        entries = read_po(file, locale=language, abort_invalid=True)
    found: dict[str, str | tuple[str, ...]] = {}
    for message in entries:
        if not message.id or not message.string:
            continue
        singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
        key = f"{message.context}\x04{singular}" if message.context else singular
        found[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return found


class Translator:
    """The words, dates and numbers of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.locale = Locale.parse(BABEL_LOCALES[language])
        self._messages = catalogue(language)

    def gettext(self, message: str) -> str:
        """The sentence in this language; the English one when there is no translation."""
        found = self._messages.get(message)
        return found if isinstance(found, str) else message

    def pgettext(self, context: str, message: str) -> str:
        """The same, for a word that means different things in different places."""
        found = self._messages.get(f"{context}\x04{message}")
        return found if isinstance(found, str) else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The sentence for this number of things."""
        found = self._messages.get(singular)
        if isinstance(found, tuple) and len(found) > 1:
            return found[0] if number == 1 else found[1]
        return singular if number == 1 else plural

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        """The sentence for this number of things, in its context."""
        found = self._messages.get(f"{context}\x04{singular}")
        if isinstance(found, tuple) and len(found) > 1:
            return found[0] if number == 1 else found[1]
        return singular if number == 1 else plural

    def day(self, value: date | datetime) -> str:
        """A date as `23 november 2026`."""
        return format_date(value, format="d MMMM y", locale=self.locale)

    def weekday(self, value: date | datetime) -> str:
        """A day to come as `zaterdag 28 november`; the year stands there when it is another than this one."""
        year = "" if value.year == date.today().year else " y"
        return format_date(value, format=f"EEEE d MMMM{year}", locale=self.locale)

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


@lru_cache(maxsize=4)
def translator(language: Language) -> Translator:
    """The one translator of a language in this process."""
    return Translator(language)


def choose(request: Request) -> Language:
    """The language for this visitor: ?lang=, then the cookie, then Accept-Language, then the setting."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if (found := known(wish)) is not None:
            return found
    for wish in _accepted(request.headers.get("accept-language", "")):
        if (found := known(wish)) is not None:
            return found
    setting = getattr(getattr(request.app.state, "settings", None), "language", "nl")
    return known(setting) or "nl"


def known(wish: str | None) -> Language | None:
    """The language that a tag such as `nl-NL` means, when it is one of ours."""
    main = (wish or "").lower().partition("-")[0]
    return main if main in LANGUAGES else None


def _accepted(header: str) -> list[str]:
    wishes: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for weight, tag in sorted(wishes, key=lambda wish: -wish[0]) if weight > 0]
