"""Every mail in every language: rendered with sample values, readable as plain text, in the language of who gets it."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, nodes

from app import i18n, mail
from app.templating import HERE
from assets.own_reviews import Ageing, Review
from assets.vocabulary import AssetKind, Role

BASE = "https://kaart.example"
TITLE = "Samen schoffelen"
TOLD = SimpleNamespace(title=TITLE, facts="Club · Dorpsstraat", path="/assets/7")
COMING = SimpleNamespace(starts_at=datetime(2026, 11, 30, 10, tzinfo=UTC), title=TITLE, place="Dorpshuis", asset_id=7)
NEWS = SimpleNamespace(area="Oud-Zuid", path="/areas/BU1", new=(TOLD,), changed=(TOLD,), more=3, coming=(COMING,))
ENTRIES = tuple(Ageing(number, f"{TITLE} {number}", AssetKind.club) for number in (1, 2))
ACCOUNT = {"by": "Ada", "role": Role.builder}
THANKS = {"title": TITLE, "answer": "Fijn,\ndank.", "page": "/assets/7", "own": "/mine/abc", "messages": None}
NOTICE = {"news": NEWS, "rhythm": "weekly", "since": date(2026, 11, 20), "stop": "/notices/stop/abc"}
#: By template the values of a few mails, so that each branch is written once.
VALUES: dict[str, list[dict[str, Any]]] = {
    "account_added": [{"name": "Truus"}],
    "account_changed": [{**ACCOUNT, "what": what} for what in ("role", "closed", "second steps", "link", "self")],
    "community_left": [{"by": "Ada", "community": "De Buurt"}],
    "invitation": [{"by": "Ada", "community": "De Buurt", "role": Role.member, "path": "/invitations/abc",
                    "until": date(2026, 12, 4)}],
    "joined": [{"name": "Truus", "community": "De Buurt"}],
    "joining": [{"community": "De Buurt", "path": "/invitations/open/abc", "minutes": 15}],
    "notice": [NOTICE, {**NOTICE, "rhythm": "daily"},
               {**NOTICE, "news": SimpleNamespace(**{**vars(NEWS), "new": (), "changed": (), "more": 0})}],
    "notice_confirm": [{"area": "Oud-Zuid", "rhythm": rhythm, "path": "/notices/confirm/abc", "days": 7}
                       for rhythm in ("daily", "weekly")],
    "own_review": [{"review": Review(ENTRIES, 4, 2, 1), "stop": "/mails/stop/abc"},
                   {"review": Review((), 0, 1, 1), "stop": "/mails/stop/abc"}],
    "personal_link": [{"title": TITLE, "page": "/mine/abc"}],
    "personal_link_made": [{"by": "Ada"}],
    "relay": [{"title": TITLE, "name": name, "message": "Dag!\nTot morgen.", "answer": answer, "page": "/relay/abc"}
              for name, answer in (("Piet", "piet@example.org"), ("", None))],
    "relay_confirm": [{"page": "/relay/abc", "title": title} for title in (TITLE, None)],
    "review": [{"entries": [{"title": TITLE, "until": date(2026, 12, 27), "page": "/review/abc"}]}],
    "second_step_changed": [{}],
    "sign_in": [{"path": "/sign-in/abc", "minutes": 15}],
    "suggested": [{"page": "/suggestions/abc"}],
    "suggestion_accepted": [THANKS, {**THANKS, "own": None, "messages": "/relay/abc"},
                            {**THANKS, "answer": None, "page": None, "own": None}],
    "suggestion_refused": [{**THANKS, "own": None}, {**THANKS, "own": None, "page": None}],
    "suggestions_waiting": [{"count": count, "stop": "/mails/stop/abc"} for count in (1, 3)],
    "test": [{}],
    "token_made": [{"name": "telprogramma"}],
    "tokens_ended": [{"number": number, "community": "De Buurt"} for number in (1, 2)],
}  # fmt: skip
TEMPLATES = sorted(file.stem for file in (HERE / "templates" / "mail").glob("*.txt"))
LANGUAGES = list(i18n.languages())


def test_every_template_is_here() -> None:
    """A new mail is rendered below too."""
    assert sorted(VALUES) == TEMPLATES
    assert {"nl", "en"} <= set(LANGUAGES)


def written(name: str, values: dict[str, Any], language: i18n.Language) -> tuple[str, str]:
    """Subject and text of a mail."""
    return mail.compose(name, base_url=BASE, language=language, **values)


def messages(name: str) -> list[str]:
    """The English sentences of a template that hold no values."""
    source = (HERE / "templates" / "mail" / f"{name}.txt").read_text(encoding="utf-8")
    parsed = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    calls = [
        call for call in parsed.find_all(nodes.Call) if isinstance(call.node, nodes.Name) and call.node.name == "_"
    ]
    said = [call.args[0].value for call in calls if call.args and isinstance(call.args[0], nodes.Const)]
    return [one for one in said if "%(" not in one]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_mail_is_plain_readable_text(name: str, language: i18n.Language) -> None:
    """No place for a value is left open, no tag, no line too long, no link that leads nowhere; a subject and words."""
    for values in VALUES[name]:
        subject, body = written(name, values, language)
        for text in (subject, body):
            assert not re.search(r"%\(|\{\{|\}\}|\{%|\bNone\b|Undefined|<[a-z/!]|&[a-z]+;|&#", text), text
        assert 5 <= len(subject) <= 150
        assert "\n" not in subject
        lines = body.splitlines()
        assert [line for line in lines if len(line) > mail.WIDTH and not line.strip().startswith(BASE)] == []
        assert "\n\n\n" not in body
        links = re.findall(r"\S*(?:/|https?:)\S*", re.sub(r"^.*· .*$", "", body, flags=re.MULTILINE))
        assert links
        assert [link for link in links if not re.fullmatch(rf"{BASE}(?:/[!-~]*)?", link)] == []
        paths = [value for value in values.values() if isinstance(value, str) and value.startswith("/")]
        assert [path for path in paths if f"{BASE}{path}\n" not in body] == []
        assert sum(len(line.split()) for line in lines if BASE not in line) >= 8, "there is something to read"
        assert not lines[0].startswith(("-", BASE))


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != i18n.SOURCE])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_mail_is_in_its_language(name: str, language: i18n.Language) -> None:
    """The subject and every sentence differ from the English ones."""
    for values in VALUES[name]:
        subject, body = written(name, values, language)
        english, told = written(name, values, i18n.SOURCE)
        assert subject != english
        flat = " ".join(body.split())
        say = i18n.translator(language).gettext
        left = [one for one in messages(name) if say(one) != one and " " in one and one in flat]
        assert left == []
        assert body != told


def test_messages_of_a_template_are_found() -> None:
    """So that the test above looks at something."""
    assert sum(len(messages(name)) for name in TEMPLATES) > 30
