"""Recurrence and calendars through the API: what goes in comes out, and what is no rule is refused."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import icalendar
import pytest
from starlette.testclient import TestClient

from app.parameters import today
from tests.api.conftest import ASSETS, GEOJSON, PATCH

CALENDAR = "/api/v1/areas/BU99990101/calendar"


def titles(client: TestClient, path: str = CALENDAR) -> list[str]:
    """The titles of the events in a calendar."""
    answer = client.get(path)
    assert 200 == answer.status_code, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    return [str(event["SUMMARY"]) for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")]


def add(writer: TestClient, club: dict[str, Any], **properties: Any) -> Any:
    """Post the club with more properties and return the answer."""
    body = {**club, "properties": {**club["properties"], **properties}}
    return writer.post(ASSETS, content=json.dumps(body), headers=GEOJSON)


def test_a_recurrence_goes_in_and_out(writer: TestClient, club: dict[str, Any]) -> None:
    """Added, read, changed and taken away again; the next day follows from it; the calendar has it at once."""
    start = today() + timedelta(days=3)
    answer = add(
        writer, club, recurrence="FREQ=WEEKLY", recurrence_start=f"{start}T20:00", recurrence_minutes=120
    )  # fmt: skip
    assert 201 == answer.status_code, answer.text
    found, url = answer.json()["properties"], answer.headers["location"]

    assert ("FREQ=WEEKLY", f"{start}T20:00", 120) == tuple(
        found[name] for name in ("recurrence", "recurrence_start", "recurrence_minutes")
    )
    assert str(start) == found["next_on"] == writer.get(url).json()["properties"]["next_on"]
    later = writer.get(url, params={"on": str(start + timedelta(days=1))}).json()["properties"]
    assert str(start + timedelta(days=7)) == later["next_on"]
    listed = writer.get(ASSETS, params={"kind": "club", "limit": 1000}).json()["features"]
    assert [str(start)] == [one["properties"]["next_on"] for one in listed if one["id"] == answer.json()["id"]]
    assert "Schaakclub De Dame" in titles(writer)

    patch = {"properties": {"recurrence": None, "recurrence_start": None, "recurrence_minutes": None}}
    changed = writer.patch(url, content=json.dumps(patch), headers={**PATCH, "If-Match": answer.headers["etag"]})
    assert 200 == changed.status_code, changed.text
    assert changed.json()["properties"]["next_on"] is None
    assert "Schaakclub De Dame" not in titles(writer)


def test_what_was_fetched_can_be_sent_back(writer: TestClient) -> None:
    """A PATCH of something else keeps the recurrence as it is."""
    item = next(
        one for one in writer.get(ASSETS, params={"limit": 1000}).json()["features"] if one["properties"]["recurrence"]
    )
    url = f"{ASSETS}/{item['id']}"
    patch = {"properties": {"title": "Een andere naam", "next_on": "2030-01-01"}}
    answer = writer.patch(url, content=json.dumps(patch), headers={**PATCH, "If-Match": "*"})

    kept = ("recurrence", "recurrence_start", "recurrence_minutes", "next_on")
    assert {name: item["properties"][name] for name in kept} == {
        name: answer.json()["properties"][name] for name in kept
    }


@pytest.mark.parametrize(
    "values",
    [
        {"recurrence": "FREQ=DAILY"},
        {"recurrence_minutes": 5},
        {"recurrence": "FREQ=SECONDLY", "recurrence_start": "2026-01-01T10:00"},
        {"recurrence": "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "recurrence_start": "2026-01-01T10:00"},
        {"recurrence": "FREQ=DAILY", "recurrence_start": "2026-01-01T10:00:00Z"},
        {"recurrence": "FREQ=DAILY\r\nEXDATE:20260101", "recurrence_start": "2026-01-01T10:00"},
        {"recurrence": ["FREQ=DAILY"], "recurrence_start": "2026-01-01T10:00"},
        {"recurrence": "FREQ=DAILY", "recurrence_start": 20260101},
        {"recurrence": "FREQ=DAILY", "recurrence_start": "2026-01-01T10:00", "recurrence_minutes": "5"},
    ],
)
def test_what_is_no_recurrence_is_refused(
    refused_writer: TestClient, club: dict[str, Any], values: dict[str, Any]
) -> None:
    """A 400 that says what is wrong, in plain words."""
    answer = add(refused_writer, club, **values)

    assert 400 == answer.status_code, answer.text
    assert answer.json()["errors"]


def test_a_calendar_is_asked_for_again_and_again(writer: TestClient, club: dict[str, Any]) -> None:
    """The same calendar is not sent twice; after a write it is another."""
    first = writer.get(CALENDAR)
    assert "no-cache" == first.headers["cache-control"]
    again = {"If-None-Match": first.headers["etag"]}
    assert 304 == writer.get(CALENDAR, headers=again).status_code
    add(writer, club, recurrence="FREQ=DAILY", recurrence_start=f"{today()}T09:00")
    assert 200 == writer.get(CALENDAR, headers=again).status_code


def test_calendars_that_are_not_there(sample_client: TestClient) -> None:
    """An unknown area and an asset without a rhythm are a 404, a parameter is a 400."""
    assert 404 == sample_client.get("/api/v1/areas/BU00000000/calendar").status_code
    for code in ("x" * 41, "%00", "%0A", "%ED%A0%80"):
        assert 404 == sample_client.get(f"/api/v1/areas/{code}/calendar").status_code
    assert 400 == sample_client.get(CALENDAR, params={"on": "2026-01-01"}).status_code
    assert 406 == sample_client.get(CALENDAR, headers={"Accept": "application/geo+json"}).status_code
    for number in ("0", "x", "999999999", str(2**63)):
        assert 404 == sample_client.get(f"/assets/{number}/calendar").status_code


def test_the_page_of_an_asset_says_when(sample_client: TestClient) -> None:
    """Its page names the next day and gives it as a file; the sample has such entries in both neighbourhoods."""
    found = sample_client.get(ASSETS, params={"limit": 1000}).json()["features"]
    rhythmic = [one for one in found if one["properties"]["recurrence"]]
    assert len(rhythmic) == 5
    assert {"Oude Veer", "Zonnehof"} == {one["properties"]["area_name"] for one in rhythmic}
    for one in rhythmic:
        assert date.fromisoformat(one["properties"]["next_on"]) >= today()
        page = sample_client.get(f"/assets/{one['id']}").text
        begins = one["properties"]["recurrence_start"][11:]
        assert re.search(rf"volgende keer: \w+dag \d+ \w+( \d+)?, {begins}<", page)
        assert [one["properties"]["title"]] == titles(sample_client, f"/assets/{one['id']}/calendar")


@pytest.fixture
def hostile(writer: TestClient, club: dict[str, Any]) -> Callable[[], bytes]:
    """A function: the calendar after an entry with dangerous words came in."""

    def calendar() -> bytes:
        words = {"title": "x\\nEND:VCALENDAR <script>", "description": "a\r\nBEGIN:VEVENT\nSUMMARY:y"}
        add(writer, club, **words, recurrence="FREQ=DAILY", recurrence_start=f"{today()}T09:00")
        return writer.get(CALENDAR).content

    return calendar


def test_words_are_only_words(hostile: Callable[[], bytes]) -> None:
    """What looks like a line of a calendar stays inside the text it was written in."""
    body = hostile()
    assert body.count(b"\r\nEND:VCALENDAR") == 1
    assert b"\r\nSUMMARY:y" not in body
    events = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert "x\\nEND:VCALENDAR <script>" in [str(event["SUMMARY"]) for event in events]
