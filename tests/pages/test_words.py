"""The words on the screens: Dutch is complete, and nothing is called a shortage."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from starlette.requests import Request

from app import i18n, words
from assets.vocabulary import AreaKind, AssetKind, Freshness, GiftOf, StreetState, Theme

APP = Path(__file__).parents[2] / "app"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "say": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
ASSETS = APP.parent / "assets"
#: What carries the message of a refusal, and as which argument; `message` marks one that stands elsewhere.
REFUSALS: dict[str, Any] = {
    "message": (1,), "at": (2,), "Fault": (2,), "ValueError": (1,), "Refusal": (2,),
    **dict.fromkeys(("Invalid", "NotFound", "Conflict", "Stale", "NotAllowed", "TooLarge", "TooMany"), (1,)),
}  # fmt: skip
#: Modules whose refusals only programs, imports and operators meet: they stay in English.
FOR_PROGRAMS = [(name, "ignore") for name in ("importers/**.py", "sample/**.py", "crs.py", "recurrence.py", "tiles.py")]
#: Doors whose refusals people meet on a page.
DOORS = ("problems.py", "csrf.py", "access.py", "uploads.py")
FORBIDDEN = re.compile(
    r"\b(gaps?|deficits?|missing|shortage|problem street|tekort\w*|achterstand\w*|ontbreekt|slecht\w*)\b",
    re.IGNORECASE,
)


@cache
def used_messages() -> set[tuple[str | None, Any]]:
    """Each message that a template or module shows, with its context."""
    methods = [
        ("templates/**.html", "jinja2"),
        ("templates/mail/**.txt", "jinja2"),
        *((path, "python") for path in ("i18n.py", "words.py", "pages/**.py", "saving.py", "poster.py", "feed.py")),
    ]
    found = extract_from_dir(
        APP,
        method_map=methods,
        options_map={name: {"trimmed": "true"} for name, way in methods if way == "jinja2"},
        keywords=KEYWORDS,
    )
    refusals = [
        *extract_from_dir(ASSETS, method_map=[*FOR_PROGRAMS, ("**.py", "python")], keywords=REFUSALS),
        *extract_from_dir(APP, method_map=[(name, "python") for name in DOORS], keywords=REFUSALS),
    ]
    return {(context, words) for _, _, words, _, context in (*found, *refusals)}


#: The languages that have a file; English is in the messages themselves.
TRANSLATED = [language for language in i18n.languages() if language != i18n.SOURCE]


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_language_is_complete(language: i18n.Language) -> None:
    """Each message on a screen has a translation in each language that is offered, each plural as many as it has."""
    known = i18n.catalogue(language)
    plurals = len({i18n.read(language).plural(number) for number in range(201)})
    missing = []
    for context, message in used_messages():
        singular = message[0] if isinstance(message, tuple) else message
        found = known.get(f"{context}\x04{singular}" if context else singular)
        if found is None or (isinstance(message, tuple) and (not isinstance(found, tuple) or len(found) != plurals)):
            missing.append(message)
    assert not missing


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_left_over(language: i18n.Language) -> None:
    """A catalogue holds no messages that no screen shows."""
    used = {
        f"{context}\x04{message[0] if isinstance(message, tuple) else message}"
        if context
        else (message[0] if isinstance(message, tuple) else message)
        for context, message in used_messages()
    }
    assert set(i18n.catalogue(language)) - used == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_the_same(language: i18n.Language) -> None:
    """A translation has the same places for values as its original."""
    places = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
    for key, found in i18n.catalogue(language).items():
        wanted = set(places.findall(key))
        for text in found if isinstance(found, tuple) else (found,):
            assert set(places.findall(text)) == wanted, key


def test_nothing_is_called_a_shortage() -> None:
    """The map starts from what is there: no screen speaks of gaps, shortages or what is missing."""
    for _, message in used_messages():
        for text in message if isinstance(message, tuple) else (message,):
            assert not FORBIDDEN.search(text), text
    for found in i18n.catalogue("nl").values():
        for text in found if isinstance(found, tuple) else (found,):
            assert not FORBIDDEN.search(text), text


def test_every_word_of_the_domain_has_words() -> None:
    """Kinds, themes, states, gifts and levels each have a word for the screen."""
    assert set(words.KIND) == set(words.KINDS) == set(AssetKind)
    assert set(words.THEME) == set(Theme)
    assert set(words.STATE) == set(words.STATE_SHORT) == set(StreetState)
    assert set(words.GIFT_OF) == set(GiftOf)
    assert set(words.AREA_KIND) == set(AreaKind)
    assert set(words.FRESHNESS) == set(Freshness) - {Freshness.faded}


def test_the_states_have_the_agreed_dutch_words() -> None:
    """The four states are said as the domain says them."""
    say = i18n.translator("nl").gettext
    assert [say(words.STATE[state]) for state in StreetState] == [
        "gedragen",
        "deels gedragen",
        "gevraagd: nog geen initiatief bekend",
        "nog niet gevraagd",
    ]


def test_dates_and_numbers_are_written_as_the_language_does() -> None:
    """23 november 2026 and 1.017,5 in Dutch; 23 November 2026 and 1,017.5 in English."""
    from datetime import date

    day = date(2026, 11, 23)
    dutch, english = i18n.translator("nl"), i18n.translator("en")
    assert (dutch.day(day), english.day(day)) == ("23 november 2026", "23 November 2026")
    assert (dutch.month(day), english.month(day)) == ("november 2026", "November 2026")
    assert (dutch.number(1017.46, 1), english.number(1017.46, 1)) == ("1.017,5", "1,017.5")


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language"),
    [
        ("", "", "", "nl"),
        ("", "", "en-GB,en;q=0.9", "en"),
        ("", "", "de,nl;q=0.5,en;q=0.8", "en"),
        ("", "", "fr,de;q=x", "nl"),
        ("", "nl", "en", "nl"),
        ("lang=en", "nl", "nl", "en"),
        ("lang=xx", "", "", "nl"),
    ],
)
def test_the_language_is_chosen_in_order(query: str, cookie: str, accept: str, language: str) -> None:
    """The address decides, then the cookie, then the browser, then the setting."""
    headers = [(b"accept-language", accept.encode()), (b"cookie", f"{i18n.COOKIE}={cookie}".encode())]

    class App:
        state = None

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": query.encode(),
        "headers": headers,
        "app": App,
    }
    assert i18n.choose(Request(scope)) == language


@pytest.mark.parametrize("language", TRANSLATED)
def test_each_message_is_translated_once(language: i18n.Language) -> None:
    """A message stands once in a catalogue: of two, nobody would know which one a screen shows."""
    path = i18n.LOCALES / language / i18n.CATALOGUE
    found = re.findall(r'(?:^msgctxt "(.*)"\n)?^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [] == sorted({message for message in found if found.count(message) > 1})
