"""A language is a file: what lies in app/locales is offered, in its own words and with its own dates and plurals."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from app import i18n
from app.settings import Settings, SettingsError, load

HTML = {"Accept": "text/html"}
#: A catalogue as somebody begins it: a few sentences, and a plural of its own kind.
BEGUN = """
msgid ""
msgstr ""
"Language: {code}\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: {plurals};\\n"

msgid "What is here"
msgstr "{words}"

msgid "%(num)s person"
msgid_plural "%(num)s people"
"""
TURKISH = (
    BEGUN.format(code="tr", plurals="nplurals=2; plural=(n > 1)", words="Burada neler var")
    + """
msgstr[0] "%(num)s kişi"
msgstr[1] "%(num)s kişi"
"""
)
ARABIC = BEGUN.format(
    code="ar",
    plurals="nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5)",
    words="ما الموجود هنا",
) + "".join(f'msgstr[{form}] "%(num)s form {form}"\n' for form in range(6))


@pytest.fixture
def offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of languages with two more than ours."""
    shutil.copytree(i18n.LOCALES / "nl", tmp_path / "nl")
    for code, words in (("tr", TURKISH), ("ar", ARABIC)):
        path = tmp_path / code / i18n.CATALOGUE
        path.parent.mkdir(parents=True)
        path.write_text(words, encoding="utf-8")
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)


def test_ours_are_dutch_and_english() -> None:
    """Dutch comes first, then English, each by its own name; a tag with a region means the same language."""
    assert i18n.languages() == {"nl": "Nederlands", "en": "English"}
    assert [i18n.known(tag) for tag in ("nl-BE", "en_US", "EN", "x-nl", "", None, "nl-" * 99)] == [
        "nl", "en", "en", None, None, None, "nl",
    ]  # fmt: skip


def test_a_file_is_a_language(offered: None, sample_client: TestClient) -> None:
    """What is dropped into the folder is offered on every page, chosen by address or browser; the rest is English."""
    page = sample_client.get("/about", headers=HTML).text
    assert '<a href="/about?lang=tr" hreflang="tr" lang="tr">Türkçe</a>' in page
    assert 'lang="ar">العربية</a>' in page

    turkish = sample_client.get("/assets", headers={**HTML, "Accept-Language": "tr-TR, nl;q=0.5"})
    assert turkish.headers["content-language"] == "tr"
    assert '<html lang="tr">' in turkish.text
    assert "<h1>Burada neler var</h1>" in turkish.text
    assert "Search for a street, place or talent" in turkish.text, "a sentence that is not there is shown in English"

    chosen = sample_client.get("/assets?lang=ar", headers=HTML)
    assert '<html lang="ar" dir="rtl">' in chosen.text
    assert "ما الموجود هنا" in sample_client.get("/assets", headers=HTML).text, "the choice is remembered"


def test_dates_numbers_and_plurals_are_those_of_the_language(offered: None) -> None:
    """Nobody writes them down for a new language: they follow from its code and the head of its file."""
    turkish, arabic = (i18n.Translator(i18n.Language(code)) for code in ("tr", "ar"))
    day = date(date.today().year, 11, 28)
    assert (turkish.day(date(2026, 11, 28)), turkish.month(day)[:5]) == ("28 Kasım 2026", "Kasım")
    assert turkish.weekday(day).startswith("28 Kasım ")
    assert turkish.number(1017.46, 1) == "1.017,5"
    assert [arabic.ngettext("%(num)s person", "%(num)s people", n)[-1] for n in (0, 1, 2, 5, 42, 100)] == list("012345")
    assert (arabic.direction, turkish.direction) == ("rtl", "ltr")


def test_the_setting_takes_what_is_offered(offered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map can be Turkish for who asks for nothing else; a language without a file is refused with those there are."""
    monkeypatch.setenv("VUURTOREN_LANGUAGE", "tr")
    assert load(_env_file=None).language == "tr"
    monkeypatch.setenv("VUURTOREN_LANGUAGE", "fy")
    with pytest.raises(SettingsError, match=r"VUURTOREN_LANGUAGE cannot be used: write one of nl, en, ar, tr"):
        load(_env_file=None)
    with pytest.raises(ValidationError):
        Settings(_env_file=None, language="x")
