"""Whose name it is: nobody can choose one under which the history tells of somebody else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

import app
import assets
from app import i18n
from assets import accounts, communities, invitations, joining, names, tokens
from assets.errors import Invalid
from assets.permissions import OPERATOR, VISITOR
from assets.vocabulary import Role

#: As they are, in other letters, in capitals, with more white space, and with something in it that does not show.
FORGED = (
    *sorted(names.RESERVED), "Themselves", " THEMSELVES ", "ｔｈｅｍｓｅｌｖｅｓ", "𝐨𝐩𝐞𝐫𝐚𝐭𝐨𝐫", "command\u00a0 line",
    "De  persoon\tzelf", "them\u200bselves", "themselves\u202e", "\u2066visitor", "oper\u00adator", "visitor\ufe0f",
    "sample\u3164", "\u2800operator", "them\u034fselves", "Samira · telefoon", "Samira \u0387 telefoon", "· telefoon",
    "Samira ·",
)  # fmt: skip
#: Names of people.
FINE = (
    "Thea Selves",
    "Gal·la",
    "Operaticus",
    "Ren\u00e9e",
    "José María",
    "محمد",
    "李 雷",
    "Van 't Hoff-Visitor",
    "Bo 2",
)


@pytest.mark.parametrize("name", FORGED, ids=ascii)
def test_no_door_takes_a_forged_name(session: Session, name: str) -> None:
    """Neither an account, nor one that comes by an invitation, nor a program gets a name of the history itself."""
    made = invitations.make(session, communities.default_id(session), role=Role.builder, by=OPERATOR)
    invitation = invitations.holding(session, made.token)
    assert invitation is not None
    for door in (
        lambda: accounts.add(session, name, role=Role.builder),
        lambda: joining.ask(
            session, invitation, name=name, email="a@example.org", browser="b", network="n", key="k" * 32
        ),
        lambda: tokens.add_token(session, name, role=Role.builder),
    ):
        with pytest.raises(Invalid) as refused:
            door()
        assert [fault.pointer for fault in refused.value.faults] == ["name"]


@pytest.mark.parametrize("name", FINE, ids=ascii)
def test_people_keep_their_names(session: Session, name: str) -> None:
    """What looks a little like it is nobody's business, and is kept as it was typed."""
    assert accounts.add(session, name, role=Role.member).name == name


def test_a_name_is_kept_in_composed_letters(session: Session) -> None:
    """The same name in other bytes is the same name, so that nobody has it twice."""
    assert names.checked(" Rene\u0301e \u00a0 K ") == "Ren\u00e9e K"


def written() -> Iterator[tuple[str, str]]:
    """Each word that the code itself writes as who did something, with the file."""
    for root in (Path(app.__file__).parent, Path(assets.__file__).parent):
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                for keyword in node.keywords:
                    of_viewer = getattr(node.func, "id", "") == "Viewer" and keyword.arg == "name"
                    if of_viewer or keyword.arg in ("by", "recorded_by", "created_by", "set_by", "decided_by"):
                        for one in ast.walk(keyword.value):
                            if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                                yield path.name, one.value


def test_what_the_code_writes_is_reserved() -> None:
    """Whatever stands in the code as who did something can be nobody's name."""
    assert {(path, name) for path, name in written() if names.folded(name) not in names.RESERVED} == set()
    assert {VISITOR.name, OPERATOR.name} <= names.RESERVED


@pytest.mark.parametrize("language", i18n.languages())
def test_what_pages_print_for_it_is_reserved(language: i18n.Language) -> None:
    """Nor can somebody be called what a page prints in its place, in any language."""
    speaker = i18n.translator(language)
    shown = {
        speaker.who(one)
        for one in (names.THEMSELVES, names.VISITOR, names.OPERATOR, names.JOB, names.FORMER, names.RECIPIENT)
    }
    unnamed = ("The operator of this map", "An analyst of the municipality", "the one who runs this map")
    shown |= {speaker.gettext(one) for one in unnamed}
    assert {one for one in shown if names.folded(one) not in names.RESERVED} == set()
