"""`vuurtoren account`, `streets` and `export`: the same answers at the command line as through the API."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from app.cli import app
from tests.api.conftest import ACTIVITIES, ASSETS, STREETS
from tests.conftest import engine_on

Run = Callable[..., Result]


@pytest.fixture
def run(own_sample_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs `vuurtoren` on the sample neighbourhood."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", own_sample_url)

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return command


def test_token_is_printed_alone_and_works(
    run: Run, make_client: Callable[..., TestClient], own_sample_url: str
) -> None:
    """The command prints the token and nothing else; it opens the API until it is revoked."""
    result = run("account", "token", "importer", "--role", "builder", "--days", "30")
    token = result.stdout.strip()
    client = make_client(own_sample_url)
    headers = {"Authorization": f"Bearer {token}"}

    assert (0, f"{token}\n") == (result.exit_code, result.stdout)
    assert 428 == client.delete(f"{ASSETS}/1", headers=headers).status_code
    assert "importer\tbuilder\ttoken until" in run("account", "list").stdout
    assert token not in run("account", "list").stdout
    assert 1 == run("account", "token", "importer", "--role", "builder").exit_code
    assert 0 == run("account", "revoke", "importer").exit_code
    assert 401 == client.delete(f"{ASSETS}/1", headers=headers).status_code
    assert 1 == run("account", "revoke", "importer").exit_code
    assert 2 == run("account", "token", "x", "--role", "king").exit_code


def test_the_last_admin_goes_only_when_it_is_meant(run: Run, own_sample_url: str) -> None:
    """Refused with who it is and what to do; what the operator does stands in the history and is mailed to them."""
    assert 0 == run("account", "add", "Ada", "--role", "admin", "--email", "ada@example.org").exit_code
    for arguments in (("role", "Ada", "analyst"), ("close", "Ada")):
        refused = run("account", *arguments)
        assert 1 == refused.exit_code
        assert "Ada is the last operator of this map. Make somebody else operator first." in refused.stderr
        assert "If you mean it, add --last." in refused.stderr
    assert 0 == run("account", "link", "Ada").exit_code
    assert 0 == run("account", "close", "Ada", "--last").exit_code
    with engine_on(own_sample_url) as engine, engine.connect() as connection:
        told = connection.execute(
            text("SELECT action, by, before -> 'last' FROM change WHERE subject = 'account' ORDER BY id")
        )
        assert [("added", "operator", None), ("link", "operator", None), ("closed", "operator", True)] == [
            tuple(row) for row in told
        ]
        mails = connection.scalars(text("SELECT body FROM mail WHERE recipient = 'ada@example.org' ORDER BY id")).all()
    assert [False, True, True] == ["Iemand aan de computer zelf" in one for one in mails]


def test_same_streets_as_the_api(run: Run, make_client: Callable[..., TestClient], own_sample_url: str) -> None:
    """The list of streets without a litter initiative is the same at the command line, in CSV and in the API."""
    question = {"area": "BU99990101", "theme": "litter", "initiative": "none"}
    options = [part for name, value in question.items() for part in (f"--{name}", value)]
    features = make_client(own_sample_url).get(STREETS, params={**question, "limit": 1000}).json()["features"]

    table = run("streets", *options).stdout.splitlines()
    names = sorted(feature["properties"]["name"] for feature in features)
    assert names == sorted(line.split("\t")[0] for line in table[1:])
    rows = list(csv.DictReader(io.StringIO(run("streets", *options, "--format", "csv").stdout.removeprefix("\ufeff"))))
    assert {str(feature["id"]) for feature in features} == {row["id"] for row in rows}


@pytest.mark.parametrize("what", ["assets", "streets", "areas", "activities"])
@pytest.mark.parametrize("format", ["csv", "geojson", "gpkg", "xlsx"])
def test_every_export(run: Run, tmp_path: Path, what: str, format: str) -> None:
    """Each collection goes to each kind of file, with as many rows as the sample has."""
    out = tmp_path / f"{what}.{format}"
    result = run("export", what, "--format", format, "--out", str(out))

    assert 0 == result.exit_code, result.output
    if format == "geojson":
        assert len(json.loads(out.read_text())["features"]) > 3
    elif format == "gpkg":
        import pyogrio

        assert "EPSG:28992" == pyogrio.read_info(out)["crs"]
        assert pyogrio.read_info(out)["features"] > 3
    else:
        assert out.stat().st_size > 200


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("streets", "--area", "XX"), 1),
        (("streets", "--theme", "noise"), 2),
        (("streets", "--on", "yesterday"), 2),
        (("streets", "--on", "1066-10-14"), 2),
        (("streets", "--format", "pdf"), 2),
        (("export", "people"), 2),
        (("map", "public", "--area", "GM9999", "--out", "/no/map.html", "--on", "2201-01-01"), 2),
        (("map", "energy", "--area", "GM9999", "--out", "/no/map.html", "--language", "fy"), 2),
        (("map", "timeline", "--area", "GM9999", "--out", "/no/map.html", "--first", "1899-12-31"), 2),
        (("profile", "\udcff"), 1),
        (("energy", "--area", "\udcff", "--by", "activities"), 1),
        (("export", "areas", "--out", "/no/such/folder/file.csv"), 1),
    ],
)
def test_wrong_use(run: Run, arguments: tuple[str, ...], code: int) -> None:
    """What is refused ends with 1 and what is not understood with 2, in one sentence without a traceback."""
    result = run(*arguments)

    assert code == result.exit_code
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output


def test_an_entry_is_confirmed(run: Run, make_client: Callable[..., TestClient], own_sample_url: str) -> None:
    """The command records a confirmation on the day given; what cannot be confirmed is refused in a sentence."""
    identity = make_client(own_sample_url).get(ASSETS, params={"kind": "club"}).json()["features"][0]["id"]

    result = run("confirm", str(identity), "--on", "2026-11-24")
    said = make_client(own_sample_url).get(ACTIVITIES, params={"asset": identity, "datetime": "2026-11-24"}).json()

    assert 0 == result.exit_code
    assert result.stdout.endswith(": confirmed on 2026-11-24.\n")
    assert ["confirmation"] == [one["properties"]["kind"] for one in said["features"]]
    assert 1 == run("confirm", str(identity), "--on", "2199-01-01").exit_code
    assert 1 == run("confirm", "999999999").exit_code
    assert 2 == run("confirm", "0").exit_code
    assert 2 == run("confirm", str(identity), "--on", "yesterday").exit_code


def test_the_calendar_of_an_area(
    run: Run, make_client: Callable[..., TestClient], own_sample_url: str, tmp_path: Path
) -> None:
    """The file holds the same events as the API gives; an unknown area is a refusal, an impossible day wrong use."""
    out = tmp_path / "oude-veer.ics"
    calendar = make_client(own_sample_url).get("/api/v1/areas/BU99990101/calendar").text

    assert 0 == run("calendar", "--area", "BU99990101", "--out", str(out)).exit_code
    written = out.read_text(encoding="utf-8")
    lines = ("UID:", "SUMMARY", "RRULE:", "DTSTART")
    events = [line for line in calendar.splitlines() if line.startswith(lines)]
    assert "SUMMARY;LANGUAGE=nl:Prikploeg Brugstraat" in events
    assert events == [line for line in written.splitlines() if line.startswith(lines)]
    assert 1 == run("calendar", "--area", "BU00000000", "--out", str(out)).exit_code
    assert 2 == run("calendar", "--area", "BU99990101", "--out", str(out), "--on", "1899-01-01").exit_code
    assert 2 == run("calendar", "--area", "BU99990101").exit_code
