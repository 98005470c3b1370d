"""`/timeline`, its files, its address in the API and its command: the same months everywhere."""

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app

HTML = {"Accept": "text/html", "Accept-Language": "nl"}
AREA = "BU99990101"
COLUMNS = ("club", "meeting_place", "street_initiative", "active", "ageing", "appeared", "ended", "faded", "energy")


def page(client: TestClient, query: str = f"area={AREA}") -> str:
    """The page for a query, in Dutch."""
    found = client.get(f"/timeline?{query}", headers=HTML)
    assert 200 == found.status_code, found.text[:300]
    return found.text


def api(client: TestClient, **query: str) -> dict[str, Any]:
    """The timeline from the API."""
    found = client.get("/api/v1/timeline", params={"area": AREA, **query})
    assert 200 == found.status_code, found.text
    answer: dict[str, Any] = found.json()
    return answer


def records(text_of_file: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(text_of_file.removeprefix("\ufeff"))))


def test_page_file_api_and_command_give_the_same(
    sample_client: TestClient, sample_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every month has the same counts on the page, in its file, in JSON and on the terminal."""
    told = {one["day"]: one for one in api(sample_client, first="2025-01-01", theme="litter")["moments"]}
    file = sample_client.get(f"/timeline/download?f=csv&area={AREA}&theme=litter&from=2025-01").content.decode()
    assert [row["day"] for row in records(file)] == list(told)
    for row in records(file):
        assert {name: row[name] for name in COLUMNS} == {name: str(told[row["day"]][name]) for name in COLUMNS}

    monkeypatch.setenv("VUURTOREN_DATABASE_URL", sample_url)
    monkeypatch.setenv("VUURTOREN_SECRET", "a-secret-for-tests-only-0123456789")
    printed = CliRunner().invoke(
        app, ["timeline", "--area", AREA, "--theme", "litter", "--first", "2025-01-01", "--format", "csv"]
    )
    assert records(printed.stdout) == records(file)

    shown = page(sample_client, f"area={AREA}&theme=litter&from=2025-01")
    lines = re.findall(r'data-day="([\d-]+)">.*?</tr>', shown, re.DOTALL)
    assert sorted(lines) == list(told)
    for day in lines:
        (line,) = re.findall(rf'data-day="{day}">(.*?)</tr>', shown, re.DOTALL)
        cells = dict(re.findall(r'data-label="([^"]+)">([^<]+)<', line))
        assert cells["Op de kaart"] == str(told[day]["active"])
        assert cells["Verschenen"] == str(told[day]["appeared"])
        assert cells["straatinitiatieven"] == str(told[day]["street_initiative"])
        assert cells["Energie"] == f"{told[day]['energy']:.1f}".replace(".", ",") or told[day]["energy"] % 0.1


def test_a_map_for_each_year(sample_client: TestClient) -> None:
    """Beside the months there is a small map of each year, with a name that tells what it shows."""
    shown = page(sample_client)
    names = re.findall(r'<svg class="vuurtoren-year" viewBox="[-\d ]+" role="img" aria-label="([^"]+)"', shown)
    assert 2 <= len(names) <= 10
    assert all(re.match(r"1 januari 20\d\d: \d+ op de kaart", name) for name in names[:-1])
    assert shown.count('id="year-base"') == 1


def test_an_area_is_needed(sample_client: TestClient, own_sample_url: str, make_client: Callable[..., Any]) -> None:
    """With one municipality its timeline is shown; with more than one area at the top a choice is asked first."""
    assert ">Lichterwaard</option>" in re.sub(r" selected", "", page(sample_client, ""))
    assert "data-day" in page(sample_client, "")
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE area SET parent_id = NULL"))
    engine.dispose()
    client = make_client(own_sample_url)
    shown = page(client, "")
    assert "Kies een gebied." in shown
    assert "data-day" not in shown
    assert 400 == client.get("/timeline/download?f=csv").status_code


def test_too_much_for_maps_is_said(sample_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """An area with too many entries has no maps and says so; the table and the API still count."""
    from app.pages import timeline as door
    from assets import timeline

    door._kept.clear()
    monkeypatch.setattr(timeline, "MOST_ASSETS", 5)
    shown = page(sample_client, f"area={AREA}&from=2025-03")
    assert "Hier is te veel voor kleine kaarten." in shown
    assert "data-day" in shown
    found = api(sample_client)
    assert found["assets"] is None
    assert found["moments"][-1]["active"] > 5
    door._kept.clear()


def test_no_person_is_in_a_timeline(sample_client: TestClient) -> None:
    """Persons are counted in fives and are not among the entries."""
    found = api(sample_client)
    assert found["assets"]
    assert "person" not in {one["kind"] for one in found["assets"]}
    assert {one["people_at_least"] for one in found["moments"]} == {None}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/timeline?area=GM0000", 404), (f"/timeline?area={AREA}&from=x", 400),
        (f"/timeline?area={AREA}&to=2999-01", 400),
        (f"/timeline?area={AREA}&from=2024-13", 400), (f"/timeline?area={AREA}&theme=x", 400),
        (f"/timeline?area={AREA}&from=2000-01", 400), (f"/timeline?area={AREA}&from=2025-01&to=2024-01", 400),
        (f"/timeline?area={AREA}&month=1899-01", 400), (f"/timeline?area={AREA}&from=2024-01&to=2024-06", 200),
        (f"/timeline?area={AREA}&theme=any&from=", 200), (f"/timeline/download?area={AREA}&f=docx", 404),
        ("/api/v1/timeline", 400), ("/api/v1/timeline?area=GM0000", 404), (f"/api/v1/timeline?area={AREA}&x=1", 400),
        (f"/api/v1/timeline?area={AREA}&first=1899-12-31", 400),
        (f"/api/v1/timeline?area={AREA}&first=2000-01-01", 400),
        (f"/api/v1/timeline?area={AREA}&last=1900-01-05", 200),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(sample_client: TestClient, path: str, status: int) -> None:
    """A question that cannot be read is refused, never answered otherwise."""
    found = sample_client.get(path, headers={} if path.startswith("/api") else HTML)
    assert status == found.status_code, found.text[:300]


def test_excel(sample_client: TestClient) -> None:
    """The months come as an Excel file as well, with a telling name."""
    found = sample_client.get(f"/timeline/download?f=xlsx&area={AREA}")
    assert found.content.startswith(b"PK")
    assert f'filename="timeline-{AREA}-any.xlsx"' in found.headers["content-disposition"]
