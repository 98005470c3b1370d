"""The page on which stewards say what the municipality sees, the statement for everyone, and the plan that follows."""

import contextlib
import csv
import html
import io
import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from app import csrf
from assets.exports import FileFormat
from assets.sample import REFERENCE_DAY
from assets.vocabulary import Role
from tests.conftest import Databases, run_program
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

PAGE = "/communities/neighbours/sharing"
REASON = "We praten er <liever> eerst over."
DAY = REFERENCE_DAY + timedelta(weeks=(date.today() - REFERENCE_DAY).days // 7)
QUESTION = {"area": "GM9999", "hours": "40", "on": DAY.isoformat(), "since": ""}


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """The sample neighbourhood of this module, whose entries are of real neighbours."""
    made = databases.clone("sample")
    engine = create_engine(made)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO community (slug, name) VALUES ('neighbours', 'Buren van Oost')"))
        connection.execute(text("UPDATE asset SET community_id = (SELECT id FROM community WHERE slug = 'neighbours')"))
    engine.dispose()
    return made


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def steward(app_client: TestClient, url: str) -> TestClient:
    """The browser of a steward, while nobody chose anything yet."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM sharing"))
    engine.dispose()
    app_client.cookies.clear()
    app_client.headers.update({"accept": "text/html", "accept-language": "nl"})
    return signed_in(app_client, url, Role.steward, name="Sanne")


def seen(client: TestClient) -> str:
    """The version of the settings that the form holds."""
    found = re.search(r'name="seen" value="(\d+)"', client.get(PAGE).text)
    assert found is not None
    return found[1]


def send(client: TestClient, **fields: str) -> Any:
    """Send the form with these fields."""
    fields.setdefault("seen", seen(client))
    return client.post(PAGE, data={csrf.FIELD: form_token(client), **fields}, follow_redirects=False)


def test_a_steward_chooses(steward: TestClient) -> None:
    """What is chosen stands on the page of the community with its reason, for everyone, and in the form again."""
    answer = send(steward, street_states="no", street_states_reason=REASON, activity_counts="yes", conversations="no")
    assert (303, f"{PAGE}?done=changed") == (answer.status_code, answer.headers["location"])
    stored = steward.get(answer.headers["location"]).text
    assert "Het is opgeslagen" in stored
    assert '<a class="utrecht-link" href="/communities/neighbours#shared">Zo leest iedereen het</a>' in stored
    assert html.escape(REASON) in steward.get(PAGE).text
    assert "Sanne" in steward.get(PAGE).text
    same = send(steward, street_states="no", street_states_reason=REASON)
    assert f"{PAGE}?done=same" == same.headers["location"]

    steward.cookies.clear()
    everyone = steward.get("/communities/neighbours").text
    assert f'<q dir="auto">{html.escape(REASON)}</q>' in everyone
    assert "Sanne" not in everyone


def test_what_cannot_be_stored_is_said(steward: TestClient) -> None:
    """A reason that is not there, or that tells a telephone number, is refused; what was typed stays."""
    answer = send(steward, street_states="no", activity_counts="no", activity_counts_reason="Bel 06 12345678 maar")
    assert 422 == answer.status_code
    assert "<title>Kijk nog eens · " in answer.text
    assert '<div class="vuurtoren-summary" role="alert" tabindex="-1" id="summary" autofocus>' in answer.text
    assert "Schrijf waarom. Iedereen kan de reden lezen." in answer.text
    assert "telefoonnummer" in answer.text
    assert "Bel 06 12345678 maar" in answer.text
    assert "06 12345678" not in steward.get("/communities/neighbours").text
    odd = {"street_states": "no", "street_states_reason": "\x00\x07", "seen": "9" * 40}
    assert 422 == send(steward, **odd).status_code
    assert 409 == send(steward, street_states="yes", seen="-1").status_code or seen(steward) == "0"


def test_two_stewards_at_once(steward: TestClient) -> None:
    """The second is told what the first changed and by whom; what they typed stays, and goes through the next time."""
    before = seen(steward)
    send(steward, conversations="yes", conversations_reason="We zijn er trots op")
    late = send(
        steward, activity_counts="no", activity_counts_reason="Tellen is niet alles", conversations="no", seen=before
    )
    assert 409 == late.status_code
    assert "Een andere beheerder was u voor" in late.text
    assert "Sanne" in late.text
    assert "Nu geldt: delen" in " ".join(re.sub("<[^>]+>", " ", late.text).split())
    assert "Tellen is niet alles" in late.text
    assert "Tellen is niet alles" not in steward.get("/communities/neighbours").text
    now = re.search(r'name="seen" value="(\d+)"', late.text)
    assert now is not None
    assert now[1] != before
    again = send(steward, activity_counts="no", activity_counts_reason="Tellen is niet alles", seen=now[1])
    assert 303 == again.status_code


def test_nobody_else_opens_it(steward: TestClient, url: str) -> None:
    """A steward of another community and an admin are refused, and nothing changes."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO community (slug, name) VALUES ('elders', 'Elders') ON CONFLICT DO NOTHING")
        )
    engine.dispose()
    token = form_token(steward)
    for method in ("GET", "POST"):
        sent = {"data": {csrf.FIELD: token, "seen": "0", "street_states": "no", "street_states_reason": "x"}}
        answer = steward.request(method, "/communities/elders/sharing", **(sent if method == "POST" else {}))
        assert 403 == answer.status_code
    assert "/communities/neighbours/sharing" in steward.get("/communities/neighbours").text
    assert "/communities/elders/sharing" not in steward.get("/communities/elders").text
    steward.cookies.clear()
    signed_in(steward, url, Role.admin)
    assert 403 == steward.get(PAGE).status_code
    assert PAGE not in steward.get("/communities/neighbours").text


def test_the_plan_says_what_is_not_shared(steward: TestClient, url: str) -> None:
    """Above the plan, in the answer of the API, beside the file and on the command line; a kept plan is stale."""
    signed_in(steward, url, Role.admin)
    plan = {"headers": {"accept": "application/json"}, "params": {k: v for k, v in QUESTION.items() if v}}
    before = steward.get("/api/v1/plan", **plan)
    assert [] == before.json()["withheld"]
    assert any(one["care_per_100_m"] > 0 for one in before.json()["streets"])
    assert "vuurtoren-withheld" not in steward.get("/plan", params=QUESTION).text

    signed_in(steward, url, Role.steward, name="Sanne")
    send(steward, activity_counts="no", activity_counts_reason=REASON)
    signed_in(steward, url, Role.admin)
    plan["headers"]["if-none-match"] = before.headers["etag"]
    after = steward.get("/api/v1/plan", **plan)
    assert 200 == after.status_code
    told = [{"community": "neighbours", "name": "Buren van Oost", "what": "activity_counts", "reason": REASON}]
    assert told == after.json()["withheld"]
    assert {None} == {one["care_per_100_m"] for one in after.json()["streets"]}
    assert {None} == {one["care_hours"] for one in after.json()["neighbourhoods"]}
    assert before.json()["streets"][0]["state"] == after.json()["streets"][0]["state"]
    page = steward.get("/plan", params=QUESTION).text
    assert "Niet alles hier wordt gedeeld met de gemeente." in page
    assert f'<q dir="auto">{html.escape(REASON)}</q>' in page
    assert "Zorg van buren staat hier niet in: niet gedeeld." in page
    assert {"niet gedeeld"} == set(re.findall(r'data-label="Buren">([^<]*)<', page))
    assert re.search("Nieuwste activiteit[^<]*</dt><dd>niet gedeeld<", page)

    book = openpyxl.load_workbook(io.BytesIO(steward.get("/plan/download", params={**QUESTION, "f": "xlsx"}).content))
    beside = {row[0].value: row[1].value for row in book["about"].iter_rows()}
    assert f"Buren van Oost: Hoeveel buren doen ({REASON})" == beside["Niet gedeeld door gemeenschappen"]
    lines = csv.DictReader(
        io.StringIO(steward.get("/plan/download", params={**QUESTION, "f": "csv"}).text.lstrip("\ufeff"))
    )
    assert {""} == {line["care_per_100_m"] for line in lines}
    env = {"VUURTOREN_DATABASE_URL": url}
    done = run_program("plan", "--area", "GM9999", "--hours", "40", "--on", DAY.isoformat(), **env)
    assert f"not shared: Buren van Oost: activity_counts ({REASON})" in done.stderr


def test_the_public_map_stays_as_it_is(steward: TestClient) -> None:
    """Whatever a community withholds, its entries and the streets it cares for stay on everyone's map to the letter.

    Beside it stands that not all is told; where it asked is told no more: tests/attacks/test_untold_conversations.py.
    """
    addresses = [f"/api/v1/collections/{name}/items?limit=200" for name in ("assets", "streets", "activities")] + [
        "/api/v1/energy?area=GM9999",
        f"/streets?on={DAY}&initiative=all",
        f"/streets/download?f=csv&on={DAY}",
    ]

    def seen_by_all() -> list[str]:
        steward.cookies.clear()
        found = []
        for address in addresses:
            body = steward.get(address).text
            found.append(re.sub(r'nonce[-=]"?[\w-]+|"timeStamp":"[^"]+"|name="form_token" value="[^"]+"', "", body))
        return found

    before = seen_by_all()
    signed = dict.fromkeys(("street_states", "activity_counts"), "no") | {
        "street_states_reason": REASON, "activity_counts_reason": REASON,
    }  # fmt: skip
    url = str(steward.app.state.settings.database_url)  # type: ignore[attr-defined]
    signed_in(steward, url, Role.steward, name="Sanne")
    assert 303 == send(steward, **signed).status_code
    assert before == [
        re.sub(r"<p><small>Niet elke gemeenschap hier vertelt.*?</p>", "", body) for body in seen_by_all()
    ]


def _columns(body: bytes, ending: FileFormat) -> set[str]:
    """Names of the columns of a file of streets."""
    if ending is FileFormat.csv:
        return set(next(csv.reader(io.StringIO(body.decode("utf-8-sig")))))
    if ending is FileFormat.geojson:
        return set(json.loads(body)["features"][0]["properties"])
    if ending is FileFormat.xlsx:
        return {str(cell.value) for cell in openpyxl.load_workbook(io.BytesIO(body))["streets"][1]}
    with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
        Path(file.name).write_bytes(body)
        with contextlib.closing(sqlite3.connect(file.name)) as kept:
            return {row[1] for row in kept.execute("PRAGMA table_info(streets)")}


DETAILS = ("activities_12_months", "conversations_12_months", "not_shared")


def test_analysts_see_how_much_happened(steward: TestClient, url: str) -> None:
    """What happened in 12 months is on the page and in files, with a row in the log; for nobody else."""
    address = f"/streets/download?f=csv&initiative=any&theme=any&on={DAY}"
    page = f"/streets?initiative=any&theme=any&on={DAY}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('vuurtoren.communities', '*', true)"))
        connection.execute(
            text("UPDATE conversation SET community_id = (SELECT id FROM community WHERE slug = 'neighbours')")
        )

    def told(not_shared: str) -> tuple[int, int]:
        lines = list(csv.DictReader(io.StringIO(steward.get(address).text.lstrip("\ufeff"))))
        assert {not_shared} == {line["not_shared"] for line in lines}
        for name, what in zip(DETAILS, ("activity_counts", "conversations"), strict=False):
            # what is not shared is no 0, and what is shared is never empty
            assert ("0" if what in not_shared.split(", ") else "") not in {line[name] for line in lines}, name
        return sum(int(line[DETAILS[0]] or 0) for line in lines), sum(int(line[DETAILS[1]] or 0) for line in lines)

    for role in (None, Role.member, Role.builder, Role.steward):
        steward.cookies.clear()
        if role is not None:
            signed_in(steward, url, role)
        assert not any(name in steward.get(address).text for name in DETAILS)
        assert "In 12 maanden" not in steward.get(page).text
    with engine.connect() as connection:
        assert 0 == connection.execute(text("SELECT count(*) FROM lookup WHERE what = 'streets'")).scalar_one()

    signed_in(steward, url, Role.analyst, name="Annelies")
    many, talks = told("conversations")
    assert many > 0
    assert 0 == talks
    shown = steward.get(page)
    assert "no-store" == shown.headers["cache-control"]
    assert "In 12 maanden" in shown.text
    assert "hoeveel gesprekken er waren" in shown.text
    assert "gesprekken niet gedeeld" in shown.text
    assert "0 gesprekken" not in shown.text
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT role, what FROM lookup WHERE by = 'Annelies' ORDER BY id")).all()
    assert {("analyst", "export"), ("analyst", "streets")} == {tuple(row) for row in rows}

    signed_in(steward, url, Role.steward, name="Sanne")
    send(steward, conversations="yes", conversations_reason=REASON, activity_counts="no", activity_counts_reason=REASON)
    signed_in(steward, url, Role.analyst, name="Annelies")
    none, talks = told("activity_counts")
    assert 0 == none
    assert talks > 0
    shown = steward.get(page).text
    assert "hoeveel gesprekken er waren" not in shown
    assert f'<q dir="auto">{html.escape(REASON)}</q>' in shown
    assert "activiteiten niet gedeeld" in shown
    assert "0 activiteiten" not in shown
    send_all = {"street_states": "no", "street_states_reason": REASON, "conversations": "no"}
    signed_in(steward, url, Role.steward, name="Sanne")
    send(steward, **send_all)
    signed_in(steward, url, Role.analyst, name="Annelies")
    assert (0, 0) == told("activity_counts, conversations")
    assert re.search(r'data-label="In 12 maanden">niet gedeeld<', steward.get(page).text)
    found = steward.get(address.replace("f=csv", "f=geojson")).json()["features"]
    assert {None} == {one["properties"][name] for one in found for name in DETAILS[:2]}
    body = steward.get(address.replace("f=csv", "f=xlsx")).content
    head, *rows = openpyxl.load_workbook(io.BytesIO(body))["streets"].iter_rows(values_only=True)
    assert {None} == {row[head.index(name)] for row in rows for name in DETAILS[:2]}
    with tempfile.NamedTemporaryFile(suffix=".gpkg") as file:
        Path(file.name).write_bytes(steward.get(address.replace("f=csv", "f=gpkg")).content)
        with contextlib.closing(sqlite3.connect(file.name)) as kept:
            assert [(None, None)] == list(kept.execute(f"SELECT DISTINCT {DETAILS[0]}, {DETAILS[1]} FROM streets"))
    engine.dispose()


def test_an_analyst_of_another_municipality(steward: TestClient, url: str) -> None:
    """Sees the streets as everyone does, page and file of every format, and no look is written down."""
    engine = create_engine(url)
    signed_in(steward, url, Role.analyst, name="Chris")
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET municipality = 'GM0001' WHERE name = 'Chris'"))
    for address in (f"/streets?on={DAY}&area=GM9999", f"/streets?on={DAY}", f"/streets/download?f=csv&on={DAY}"):
        answer = steward.get(address)
        assert 200 == answer.status_code
        assert "In 12 maanden" not in answer.text
        assert DETAILS[0] not in answer.text
    for area in ("", "&area=GM9999"):
        for ending in FileFormat:
            narrow = steward.get(f"/streets/download?f={ending}&on={DAY}{area}")
            assert not set(DETAILS) & _columns(narrow.content, ending), (area, ending)
    with engine.begin() as connection:
        assert 0 == connection.execute(text("SELECT count(*) FROM lookup WHERE by = 'Chris'")).scalar_one()
        connection.execute(text("UPDATE account SET municipality = 'GM9999' WHERE name = 'Chris'"))
    assert "In 12 maanden" in steward.get(f"/streets?on={DAY}&area=GM9999").text
    assert "In 12 maanden" not in steward.get(f"/streets?on={DAY}").text
    engine.dispose()


def test_without_a_look_there_is_no_answer(steward: TestClient, url: str) -> None:
    """Where the look cannot be written, the columns are not shown: both are one transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE lookup ADD CONSTRAINT none_today CHECK (false) NOT VALID"))
        try:
            signed_in(steward, url, Role.analyst, name="Bram")
            answer = steward.get(f"/streets?on={DAY}")
            assert answer.status_code >= 400
            assert "In 12 maanden" not in answer.text
        finally:
            connection.execute(text("ALTER TABLE lookup DROP CONSTRAINT none_today"))
    engine.dispose()
