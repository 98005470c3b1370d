"""The one table of who may do what: in order, and asked everywhere."""

import re
from pathlib import Path

import app
from assets.permissions import GRANTED, Permission

APP = Path(app.__file__).parent


def test_in_alphabetical_order() -> None:
    """Permissions and their roles stand in order, each once, so that one is found where it is looked for."""
    assert list(Permission) == sorted(Permission)
    assert list(GRANTED) == list(Permission)


def test_pages_ask_permissions_and_not_roles() -> None:
    """No page and no template decides by the name of a role; whether a second step is needed is no permission."""
    by_role = re.compile(r"viewer\.role (?:not )?(?:in|==|!=) (?!accounts\.STRONG|STRONG)")
    found = [
        path.name for path in APP.rglob("*") if path.suffix in (".py", ".html") and by_role.search(path.read_text())
    ]
    assert found == []
