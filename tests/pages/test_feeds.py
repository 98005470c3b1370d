"""`/areas/{code}/feed` and `/areas/{code}/calendar`: what residents subscribe to."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from lxml import etree
from sqlalchemy import Engine, create_engine, text
from starlette.testclient import TestClient

from tests.conftest import Databases
from tests.conftest import test_settings as settings_for

AREA, TOWN = "BU99990101", "GM9999"
ATOM, GEORSS, XML = (
    "{http://www.w3.org/2005/Atom}",
    "{http://www.georss.org/georss}",
    "{http://www.w3.org/XML/1998/namespace}",
)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
HOSTILE = ["<script>alert(1)</script>", "]]><x/>", "&lt;b&gt;&amp;", "\u202eneewtaht", "a\x08b\ufffe", "<![CDATA[x]]>"]


@pytest.fixture(scope="module")
def own(databases: Databases) -> Iterator[tuple[TestClient, Engine]]:
    """A client on a sample of this module's own, and a way to change what is in it."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url)
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client, engine
    engine.dispose()


def feed(client: TestClient, address: str = f"/areas/{AREA}/feed", **headers: str) -> Any:
    """The feed, held against RFC 4287."""
    answer = client.get(address, headers=headers)
    assert 200 == answer.status_code, answer.text
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    keeps_the_rules(root, answer.headers["content-language"])
    return root


def keeps_the_rules(root: Any, language: str) -> None:
    """The rules of RFC 4287 for what stands where, how often, and what it holds."""
    assert root.tag == f"{ATOM}feed"
    assert root.get(f"{XML}lang") == language
    for element, once in (
        (root, ("id", "title", "updated", "author")),
        *((e, ("id", "title", "updated")) for e in root.findall(f"{ATOM}entry")),
    ):
        for name in once:
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
        for name in ("published", "summary", "content", "subtitle", "generator"):
            assert len(element.findall(f"{ATOM}{name}")) <= 1, name
        assert element.findtext(f"{ATOM}id", "").startswith("urn:uuid:")
        for name in ("updated", "published"):
            for moment in element.findall(f"{ATOM}{name}"):
                assert RFC3339.fullmatch(moment.text or ""), moment.text
        for name in ("title", "summary", "content", "subtitle"):
            for one in element.findall(f"{ATOM}{name}"):
                assert one.get("type") == "text"
                assert list(one) == []
        assert [one.get("href") for one in element.findall(f"{ATOM}link") if one.get("rel", "alternate") == "alternate"]
    assert len([one for one in root.findall(f"{ATOM}link") if one.get("rel") == "self"]) == 1
    ids = [one.text for one in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))
    moments = [one.findtext(f"{ATOM}updated", "") for one in root.findall(f"{ATOM}entry")]
    assert moments == sorted(moments, reverse=True)
    if moments:
        assert root.findtext(f"{ATOM}updated") == moments[0]


def entries(root: Any) -> dict[str, Any]:
    """The entries by their titles."""
    return {one.findtext(f"{ATOM}title", ""): one for one in root.findall(f"{ATOM}entry")}


def test_a_feed_tells_what_is_new(sample_client: TestClient) -> None:
    """Title, words, kind, place in words and a point of each entry; pages and API give the same, in both languages."""
    found = feed(sample_client)
    assert found.findtext(f"{ATOM}title") == "Nieuw in Oude Veer"
    assert 5 < len(entries(found)) <= 50
    ploeg = entries(found)["Prikploeg Brugstraat"]
    assert {one.get("term"): one.get("label") for one in ploeg.findall(f"{ATOM}category")} == {
        "street_initiative": "straatinitiatief", "litter": "schoon", "meeting": "ontmoeten",
    }  # fmt: skip
    assert (ploeg.findtext(f"{ATOM}summary") or "").startswith(
        "straatinitiatief · schoon · ontmoeten · Brugstraat in Oude Veer"
    )
    latitude, longitude = (float(one) for one in (ploeg.findtext(f"{GEORSS}point") or "").split())
    assert (52 < latitude < 53, 5 < longitude < 6) == (True, True)
    link = next(one.get("href") or "" for one in ploeg.findall(f"{ATOM}link"))
    assert "Prikploeg Brugstraat" in sample_client.get(link).text

    english = feed(sample_client, f"/areas/{AREA}/feed?lang=en")
    assert english.findtext(f"{ATOM}title") == "New in Oude Veer"
    assert sample_client.cookies.get("language") is None, "a feed leaves nothing behind in a reader"
    by_program = feed(sample_client, f"/api/v1/areas/{AREA}/feed", **{"Accept-Language": "en"})
    assert list(entries(by_program)) == list(entries(english))
    assert [one.text for one in by_program.iter(f"{ATOM}id")] == [one.text for one in english.iter(f"{ATOM}id")]
    assert len(entries(feed(sample_client, f"/areas/{TOWN}/feed"))) == 50


def test_a_person_has_no_point_and_goes_at_once(own: tuple[TestClient, Engine]) -> None:
    """A person is in the feed by place in words only; who withdraws is gone from the next answer, whatever is held."""
    client, engine = own
    with engine.connect() as connection:
        number, title = connection.execute(
            text(
                "SELECT a.id, a.title FROM published_asset AS a JOIN area AS n ON n.id = a.area_id"
                " WHERE a.kind = 'person' AND n.code = :code AND a.geom IS NOT NULL ORDER BY a.id LIMIT 1"
            ),
            {"code": AREA},
        ).one()
    held = client.get(f"/areas/{AREA}/feed")
    person = entries(feed(client))[title]
    assert person.find(f"{GEORSS}point") is None
    assert "Oude Veer" in (person.findtext(f"{ATOM}summary") or "")

    with engine.begin() as connection:
        connection.execute(text("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id"), {"id": number})
    again = client.get(
        f"/areas/{AREA}/feed",
        headers={"If-None-Match": held.headers["etag"], "If-Modified-Since": held.headers["last-modified"]},
    )
    assert again.status_code == 200
    assert title not in again.text
    assert client.get(f"/areas/{AREA}/feed", headers={"If-None-Match": again.headers["etag"]}).status_code == 304


def test_hostile_texts_stay_text(own: tuple[TestClient, Engine]) -> None:
    """What looks like markup is read back as it was written; signs that XML cannot hold are left out."""
    client, engine = own
    with engine.begin() as connection:
        ids = connection.scalars(
            text("SELECT a.id FROM published_asset AS a JOIN area AS n ON n.id = a.area_id WHERE n.code = :code"
                 " AND a.kind <> 'person' ORDER BY a.id LIMIT :most"), {"code": AREA, "most": len(HOSTILE)},
        ).all()  # fmt: skip
        for number, words in zip(ids, HOSTILE, strict=True):
            connection.execute(
                text("UPDATE asset SET title = :w, description = :w, rhythm = :w, language = 'ar' WHERE id = :id"),
                {"w": words, "id": number},
            )
    found = entries(feed(client))
    for words in HOSTILE:
        shown = words.replace("\x08", "").replace("\ufffe", "")
        entry = found[shown]
        assert entry.findtext(f"{ATOM}content") == shown
        for name in ("title", "content"):
            assert entry.find(f"{ATOM}{name}").get(f"{XML}lang") == "ar"  # type: ignore[union-attr]
        assert entry.find(f"{ATOM}summary").get(f"{XML}lang") is None  # type: ignore[union-attr]


def test_times_are_true(own: tuple[TestClient, Engine]) -> None:
    """What changed last stands first, with the time of the change beside the time at which it came."""
    client, engine = own
    changed = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    with engine.begin() as connection:
        title = connection.execute(
            text("UPDATE asset SET changed_at = :at WHERE id = (SELECT min(id) FROM asset WHERE kind = 'club'"
                 " AND area_id = (SELECT id FROM area WHERE code = :code)) RETURNING title"),
            {"at": changed, "code": AREA},
        ).scalar_one()  # fmt: skip
    root = feed(client)
    first = root.findall(f"{ATOM}entry")[0]
    assert first.findtext(f"{ATOM}title") == title
    assert datetime.fromisoformat(first.findtext(f"{ATOM}updated") or "") == changed
    assert datetime.fromisoformat(first.findtext(f"{ATOM}published") or "") < changed


def test_an_area_without_entries_has_a_feed(own: tuple[TestClient, Engine]) -> None:
    """It is empty and keeps the rules."""
    client, engine = own
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE asset SET area_id = NULL WHERE area_id = (SELECT id FROM area WHERE code = 'BU99990102')")
        )
    assert entries(feed(client, "/areas/BU99990102/feed")) == {}


def test_the_calendar_of_the_pages_is_that_of_the_api(sample_client: TestClient) -> None:
    """One calendar under two addresses, and the profile of the area leads to both feed and calendar."""
    body = sample_client.get(f"/areas/{AREA}/calendar")
    assert body.headers["content-type"] == "text/calendar; charset=utf-8"
    assert body.content == sample_client.get(f"/api/v1/areas/{AREA}/calendar").content
    assert icalendar.Calendar.from_ical(body.content).walk("VEVENT")
    page = sample_client.get(f"/areas/{AREA}", headers={"Accept": "text/html"}).text
    link = '<link rel="alternate" type="{}" title="{}" href="{}">'
    feed_link = link.format("application/atom+xml", "Nieuw in Oude Veer", f"/areas/{AREA}/feed?lang=nl")
    assert feed_link in page
    assert feed_link in sample_client.get(f"/?area={AREA}", headers={"Accept": "text/html"}).text
    assert (
        f'<link rel="alternate" type="text/calendar" title="Agenda van Oude Veer" href="/areas/{AREA}/calendar">'
        in page
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/areas/GM0000/feed", 404), ("/areas/%00/feed", 404), ("/areas/GM0000/calendar", 404),
        ("/api/v1/areas/GM0000/feed", 404), ("/api/v1/areas/%00/feed", 404),
        (f"/api/v1/areas/{AREA}/feed?lang=en", 400),
        (f"/areas/{AREA}/feed?lang=xx&utm_source=y", 200),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(sample_client: TestClient, path: str, status: int) -> None:
    """An unknown area is not found; the API refuses parameters, the pages leave out what they do not know."""
    assert sample_client.get(path).status_code == status
