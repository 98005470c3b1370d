"""`/areas/{code}`, its address in the API and its command: one profile, in words, in JSON and as a table."""

import csv
import io
import json
import re

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app
from maps import trend

HTML = {"Accept": "text/html", "Accept-Language": "nl"}
AREA = "BU99990101"


def page(client: TestClient, code: str = AREA, query: str = "") -> str:
    """The profile as a page, in Dutch."""
    found = client.get(f"/areas/{code}?{query}", headers=HTML)
    assert 200 == found.status_code, found.text[:300]
    return found.text


def summary(client: TestClient, code: str = AREA, **query: str) -> dict:
    """The profile from the API."""
    found = client.get(f"/api/v1/areas/{code}/summary", params=query)
    assert 200 == found.status_code, found.text
    return found.json()


@pytest.fixture
def command(sample_url: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line on the sample."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", sample_url)
    monkeypatch.setenv("VUURTOREN_SECRET", "a-secret-for-tests-only-0123456789")
    return CliRunner()


def test_page_api_and_command_give_the_same(sample_client: TestClient, command: CliRunner) -> None:
    """Figures on the page, in JSON, and on the terminal are equal, also on another day and for a theme."""
    query = {"on": "2026-10-01", "theme": "litter"}
    told = summary(sample_client, **query)
    printed = command.invoke(app, ["profile", AREA, "--on", "2026-10-01", "--theme", "litter", "--format", "json"])
    assert json.loads(printed.stdout) == told

    rows = csv.DictReader(
        io.StringIO(
            command.invoke(
                app, ["profile", AREA, "--on", "2026-10-01", "--theme", "litter", "--format", "csv"]
            ).stdout.removeprefix("\ufeff")
        )
    )
    table = {(row["part"], row["what"]): row["value"] for row in rows}
    assert table["energy", "energy"] == str(told["energy"]["energy"])
    assert table["kinds", "club"] == str(told["assets"]["kinds"]["club"])
    assert table["room", "carried length_m"] == str(told["room"]["states"]["carried"]["length_m"])

    shown = page(sample_client, query="on=2026-10-01&theme=litter")
    counts = re.findall(r"<b[^>]*>([^<]+)</b> <span>(?:clubs|ontmoetingsplekken|straatinitiatieven)</span>", shown)
    kinds = told["assets"]["kinds"]
    assert counts == [str(kinds[kind]) for kind in ("club", "meeting_place", "street_initiative")]
    assert f">{told['energy']['energy']:.1f}<".replace(".", ",") in shown
    metres = re.findall(r"<b>([\d,]+)</b> km", shown)
    assert metres == [f"{one['length_m'] / 1000:.1f}".replace(".", ",") for one in told["room"]["states"].values()]


def test_few_people_are_not_counted(sample_client: TestClient) -> None:
    """Fewer than five persons are said as that, on the page and in JSON."""
    assert "minder dan 5</b> <span>bewoners met talent" in page(sample_client)
    assert summary(sample_client)["assets"]["people_at_least"] is None


def test_the_page_leads_on(sample_client: TestClient) -> None:
    """The profile links to the map, the list by kind, the streets with room, and the areas around and beside it."""
    shown = page(sample_client)
    for address in (
        f"/?area={AREA}", f"/assets?area={AREA}&amp;kind=club", "/areas/GM9999", "/areas/WK999901", "/areas/BU99990102",
        f"/streets?area={AREA}&amp;theme=any&amp;initiative=none",
        f"/streets?area={AREA}&amp;theme=any&amp;state=carried",
        f"/streets?area={AREA}&amp;theme=any&amp;view=growth-edge",
        f"/timeline?area={AREA}",
        f"/energy?area={AREA}",
    ):  # fmt: skip
        assert f'href="{address}"' in shown, address
        assert 200 == sample_client.get(address.replace("&amp;", "&"), headers=HTML).status_code
    assert 'href="/areas/BU99990101"' in page(sample_client, "WK999901")


def test_other_pages_lead_to_the_profile(sample_client: TestClient) -> None:
    """Where an area is chosen, and on the page of an entry, there is a link to its profile."""
    for address in (f"/?area={AREA}", f"/streets?area={AREA}", f"/assets?area={AREA}", f"/timeline?area={AREA}"):
        assert f'href="/areas/{AREA}"' in sample_client.get(address, headers=HTML).text, address
    assert 'href="/areas/BU' in sample_client.get("/assets/1", headers=HTML).text


def test_the_trend_is_told_in_words_too(sample_client: TestClient) -> None:
    """The plot has a name, a description and a table with the same 25 figures."""
    shown = page(sample_client, query="on=2026-11-01")
    series = summary(sample_client, on="2026-11-01")["energy"]["series"]
    assert re.search(r'<svg class="vuurtoren-trend__plot" role="img" aria-labelledby="trend-title trend-words"', shown)
    assert "Van november 2024 tot november 2026" in shown
    table = re.findall(r'<td class="vuurtoren-area__number">([\d.]+,\d)</td></tr>', shown)
    assert [float(one.replace(".", "").replace(",", ".")) for one in reversed(table)] == pytest.approx(
        [round(one, 1) for one in series], abs=0.11
    )
    assert any(sentence in shown for sentence in ("Dat is meer dan", "Dat is ongeveer", "Dat is minder dan"))


def test_what_is_not_known_is_an_invitation(own_sample_url: str, make_client) -> None:
    """Without entries, streets or inhabitants the page says so and invites; nothing is a wrong nought."""
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM activity"))
        connection.execute(text("DELETE FROM energy_share"))
        connection.execute(text("UPDATE asset SET area_id = NULL"))
        connection.execute(text("DELETE FROM stretch_part"))
        connection.execute(text("UPDATE street_part SET vanished_on = CURRENT_DATE"))
        connection.execute(text("UPDATE area SET population = NULL"))
    engine.dispose()
    client = make_client(own_sample_url)
    shown = page(client)
    for words in (
        "Nog niets gevonden in dit gebied. Kent u iets? Zet het op de kaart.",
        "Hier is nog geen activiteit bekend.",
        "Hier is nog geen ontmoetingsplek bekend.",
        "De straten van dit gebied zijn nog niet bekend.",
        "aantal inwoners onbekend",
    ):
        assert words in shown, words
    told = summary(client)
    assert told["room"]["states"] is None
    assert told["energy"]["energy_per_1000"] is None
    assert told["energy"]["change"] is None


def test_a_write_is_on_the_next_page(own_sample_url: str, make_client) -> None:
    """What is kept of a profile is forgotten as soon as the data changes."""
    client = make_client(own_sample_url)
    before = summary(client)["assets"]["kinds"]["club"]
    page(client)
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE asset SET state = 'retired' WHERE id = (SELECT min(a.id) FROM asset AS a JOIN area AS n"
                " ON n.id = a.area_id WHERE a.kind = 'club' AND n.code = :code)"
            ),
            {"code": AREA},
        )
    engine.dispose()
    assert summary(client)["assets"]["kinds"]["club"] == before - 1
    assert f"<b>{before - 1}</b> <span>clubs" in page(client)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/areas/GM0000", 404), ("/areas/%00", 404), (f"/areas/{AREA}?on=2026-13-01", 400),
        (f"/areas/{AREA}?on=1899-12-31", 400), (f"/areas/{AREA}?on=today", 400), (f"/areas/{AREA}?theme=x", 400),
        (f"/areas/{AREA}?on=1900-01-01", 200), (f"/areas/{AREA}?on=2200-12-31", 200), (f"/areas/{AREA}?on=", 200),
        ("/api/v1/areas/GM0000/summary", 404), ("/api/v1/areas/%00/summary", 400),
        (f"/api/v1/areas/{AREA}/summary?on=2201-01-01", 400), (f"/api/v1/areas/{AREA}/summary?x=1", 400),
        (f"/api/v1/areas/{AREA}/summary?theme=none", 400), (f"/api/v1/areas/{AREA}/summary?on=1900-01-01", 200),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(sample_client: TestClient, path: str, status: int) -> None:
    """An unknown area is not found, and a question that cannot be read is refused."""
    found = sample_client.get(path, headers={} if path.startswith("/api") else HTML)
    assert status == found.status_code, found.text[:300]


def test_wrong_use_of_the_command(command: CliRunner) -> None:
    """Wrong use ends with 2, an unknown area with 1."""
    for arguments in (["--on", "1850-01-01"], ["--theme", "x"], ["--format", "xlsx"]):
        assert 2 == command.invoke(app, ["profile", AREA, *arguments]).exit_code
    assert 1 == command.invoke(app, ["profile", "GM0000"]).exit_code
    done = command.invoke(app, ["profile", AREA])
    assert 0 == done.exit_code
    assert "energy_per_1000" in done.output
    assert "people_at_least\tfewer than 5\n" in done.output


def test_an_answer_that_did_not_change(sample_client: TestClient) -> None:
    """Who holds the answer gets 304."""
    tag = sample_client.get(f"/api/v1/areas/{AREA}/summary").headers["etag"]
    again = sample_client.get(f"/api/v1/areas/{AREA}/summary", headers={"If-None-Match": tag})
    assert 304 == again.status_code


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.4, 1), (1, 1), (1.1, 2), (3, 5), (5, 5), (6, 10), (99, 100), (101, 200), (950, 1000)]
)
def test_the_plot_ends_at_a_round_number(value: float, top: float) -> None:
    """The upper edge of the plot is the next of 1, 2, 5, 10, 20, 50, ..."""
    assert top == trend.round_above(value)
