"""An analyst of one municipality: no plan, ambition level or measurement in another."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts, sign_ins, tokens
from assets.errors import Invalid
from assets.vocabulary import Role
from tests.conftest import run_program

HERE, ELSEWHERE = "GM9999", "GM0599"
BOX = {"street": "Zoutsteeg", "area": "BU99990101", "measured_on": "2026-11-02", "kind": "coarse", "count": 3}


@pytest.fixture
def database(own_sample_url: str) -> Any:
    """The sample with a second, empty municipality."""
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO area (code, kind, name, geom, label_point, fingerprint, source)"
                " SELECT :code, kind, 'Rotterdam', geom, label_point, '', source FROM area WHERE code = :here"
            ),
            {"code": ELSEWHERE, "here": HERE},
        )
        connection.execute(text("UPDATE area SET municipality_id = id WHERE code = :code"), {"code": ELSEWHERE})
    yield engine
    engine.dispose()


def analyst(engine: Any, municipality: str | None, name: str) -> tuple[str, str]:
    """The cookie and a token of a new analyst."""
    with Session(engine) as session, session.begin():
        made = accounts.add(session, name, role=Role.analyst, municipality=municipality)
        return sign_ins.begin(session, made.id), tokens.add_token(session, "program", account=made)


def test_another_municipality_is_refused_with_the_reason(
    database: Any, own_sample_url: str, make_client: Callable[..., TestClient]
) -> None:
    """By page, API and token alike; without a municipality, or in their own, it goes on."""
    client = make_client(own_sample_url)
    client.headers["Accept-Language"] = "nl"
    for name, municipality, allowed in (("Anna", ELSEWHERE, False), ("Bob", HERE, True), ("Cor", None, True)):
        cookie, token = analyst(database, municipality, name)
        bearer = {"Authorization": f"Bearer {token}"}
        plan = client.get(f"/api/v1/plan?area={HERE}&hours=40", headers=bearer)
        neighbourhood = client.get("/api/v1/plan?area=BU99990101&hours=40", headers=bearer)
        level = client.put(f"/api/v1/areas/{HERE}/ambition", json={"level": "B", "since": "2026-01-01"}, headers=bearer)
        box = client.post("/api/v1/measurements", json=BOX, headers=bearer)
        client.cookies.set("vuurtoren", cookie)
        page = client.get(f"/plan?area={HERE}&hours=40", headers={"Accept": "text/html"})
        file = client.get(f"/plan/download?area={HERE}&hours=40&f=csv")
        me = client.get("/me", headers={"Accept": "text/html"}).text
        client.cookies.clear()
        found = [one.status_code for one in (plan, neighbourhood, level, box, page, file)]
        assert found == ([200, 200, 200, 201, 200, 200] if allowed else [403] * 6), (name, found)
        assert ("U werkt voor Rotterdam. Dit gaat over een andere gemeente." in page.text) is not allowed
        assert ("Zoutsteeg" in page.text) is allowed
        assert ("U werkt alleen voor deze gemeente" in me) is (municipality is not None)
    with database.connect() as connection:
        by = set(connection.scalars(text("SELECT by FROM lookup")))
        kept = connection.execute(text("SELECT count(*) FROM measurement WHERE recorded_by LIKE '%Anna%'")).scalar()
    assert not any("Anna" in one for one in by), "who is refused saw nothing"
    assert kept == 0


def test_a_municipality_that_is_not_there_any_more(
    database: Any, own_sample_url: str, make_client: Callable[..., TestClient]
) -> None:
    """Its analyst sees no plan at all: what is not there holds nothing."""
    _, token = analyst(database, ELSEWHERE, "Anna")
    with database.begin() as connection:
        connection.execute(text("DELETE FROM area WHERE code = :code"), {"code": ELSEWHERE})
    client = make_client(own_sample_url)
    for code in (HERE, "BU99990101"):
        asked = client.get(f"/api/v1/plan?area={code}&hours=40", headers={"Authorization": f"Bearer {token}"})
        assert asked.status_code == 403


def test_only_an_analyst_has_one_and_keeps_it(database: Any) -> None:
    """For other roles and for what is no municipality it is refused; who becomes something else loses it."""
    with Session(database) as session:
        for role, code in ((Role.builder, HERE), (Role.admin, HERE), (Role.analyst, "BU99990101"), (Role.analyst, "X")):
            with pytest.raises(Invalid):
                accounts.add(session, "Dirk", role=role, municipality=code)
        made = accounts.add(session, "Dirk", role=Role.analyst, municipality=HERE)
        accounts.set_role(session, made, Role.analyst)
        assert made.municipality == HERE
        accounts.set_role(session, made, Role.analyst, municipality=ELSEWHERE)
        assert made.municipality == ELSEWHERE
        accounts.set_role(session, made, Role.builder)
        assert made.municipality is None


def test_at_the_command_line(database: Any, own_sample_url: str) -> None:
    """`account add --municipality` says what is wrong, and `account list` tells it."""
    where = {"VUURTOREN_DATABASE_URL": own_sample_url}
    wrong = run_program("account", "add", "Eef", "--role", "analyst", "--municipality", "GM1", **where)
    assert (wrong.returncode, "There is no municipality with the code GM1." in wrong.stderr) == (1, True), wrong.stderr
    done = run_program("account", "add", "Eef", "--role", "analyst", "--municipality", HERE, **where)
    assert done.returncode == 0, done.stderr
    assert f"Eef\tanalyst of {HERE}" in run_program("account", "list", **where).stdout
