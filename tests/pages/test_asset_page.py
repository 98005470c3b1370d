"""`/assets/{id}`: what a neighbour with a link gets, without script."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import Engine, create_engine, text
from starlette.testclient import TestClient

from tests.conftest import Databases
from tests.conftest import test_settings as settings_for

HTML = {"Accept": "text/html", "Accept-Language": "nl"}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def own(databases: Databases) -> Iterator[tuple[TestClient, Engine]]:
    """A client on a sample of this module's own, and a way to change what is in it."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url)
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client, engine
    engine.dispose()


def number_of(client: TestClient, title: str) -> int:
    """The number of the entry with this title."""
    found = client.get("/api/v1/collections/assets/items", params={"limit": 1000}).json()["features"]
    return next(one["id"] for one in found if one["properties"]["title"] == title)


def page_of(client: TestClient, title: str, **headers: str) -> str:
    """The page of the entry with this title."""
    answer = client.get(f"/assets/{number_of(client, title)}", headers={**HTML, **headers})
    assert answer.status_code == 200
    return answer.text


def facts(page: str) -> dict[str, list[str]]:
    """What the page says, by the word in front of it."""
    return {
        name: [unescape(re.sub(r"<[^>]+>", "", one)) for one in re.findall(r"<dd>(.*?)</dd>", rest, re.DOTALL)]
        for name, rest in re.findall(r"<dt>(.*?)</dt>(.*?)</div>", page, re.DOTALL)
    }


def test_a_page_says_where_when_and_who_in_words(sample_client: TestClient) -> None:
    """In sentences that a neighbour understands: the street, the next day, who takes part, when it was confirmed."""
    told = facts(page_of(sample_client, "Prikploeg Brugstraat"))
    assert told["Waar"] == ["Brugstraat, de hele straat", "in Oude Veer"]
    assert told["Wanneer"][0] == "elke eerste zaterdag, 10 uur"
    assert re.fullmatch(r"volgende keer: zaterdag \d+ \w+( \d{4})?, 10:00", told["Wanneer"][1])
    assert told["Wie doet mee"] == ["11 mensen", "nieuwe mensen welkom"]
    assert re.fullmatch(r"bevestigd in \w+ \d{4}", told["Laatst van gehoord"][0])
    veerdijk = facts(page_of(sample_client, "Prikkers van de Veerdijk"))
    assert veerdijk["Waar"][0] == "Veerdijk, een stuk vanaf Zeeweg"
    huiskamer = facts(page_of(sample_client, "Huiskamer van de Kuiperstraat", **{"Accept-Language": "en"}))
    assert huiskamer["Where"] == ["by Kuiperstraat in Oude Veer"]
    person = facts(page_of(sample_client, "Een bewoner helpt met brieven en formulieren"))
    assert person["Waar"] == ["zonder plek op de kaart"]


def test_a_place_has_a_small_map_and_a_person_has_none(sample_client: TestClient) -> None:
    """The picture is part of the page, leads to the map, and says in words what it shows."""
    page = page_of(sample_client, "Het Zonnepark")
    link = re.search(
        r'<a href="(/\?asset=\d+)"><span class="visually-hidden">Toon op de kaart: in Zonnehof</span><svg', page
    )
    assert link
    assert sample_client.get(link[1]).status_code == 200
    assert page.count("still-ground") == 1
    assert "vuurtoren-still" not in page_of(sample_client, "Een bewoner vertelt over de oude haven")


def test_a_page_can_be_passed_on(sample_client: TestClient) -> None:
    """It has a title, a summary, one address of its own, and a mail to begin; nobody else is asked for anything."""
    number = number_of(sample_client, "Prikploeg Brugstraat")
    page = page_of(sample_client, "Prikploeg Brugstraat")
    address = f"http://testserver/assets/{number}"
    assert "<title>Prikploeg Brugstraat · Vuurtoren</title>" in page
    assert f'<link rel="canonical" href="{address}">' in page
    summary = re.search(r'<meta name="description" content="([^"]*)">', page)[1]  # type: ignore[index]
    assert summary.startswith("straatinitiatief, Brugstraat, de hele straat, in Oude Veer. Elke eerste zaterdag")
    assert f'<meta property="og:description" content="{summary}">' in page
    assert f'<meta property="og:url" content="{address}">' in page
    assert "og:image" not in page
    mail = re.search(r'href="mailto:\?subject=([^&]*)&amp;body=([^"]*)"', page)
    assert mail
    assert (mail[1], mail[2]) == ("Prikploeg%20Brugstraat", f"http%3A//testserver/assets/{number}")


def test_the_list_has_the_search_first_and_one_address(sample_client: TestClient) -> None:
    """What is found stands below a search of two fields; more choices open when one of them is made."""
    page = sample_client.get("/assets", headers=HTML).text
    assert '<details class="vuurtoren-filter-details">' in page
    chosen = sample_client.get("/assets?kind=club&area=BU99990101&lang=nl", headers=HTML).text
    assert '<details class="vuurtoren-filter-details" open>' in chosen
    assert "<h1>Wat er is in Oude Veer</h1>" in chosen
    assert '<link rel="canonical" href="http://testserver/assets?area=BU99990101">' in chosen
    nothing = sample_client.get("/assets?q=qqqqqqqq", headers=HTML).text
    assert re.search(r'Kent u iets\? <a class="utrecht-link" href="/pin">Zet het op de kaart.</a>', nothing)


def test_everyone_can_say_whether_it_is_still_right(sample_client: TestClient) -> None:
    """Four things to say and a way to change it oneself, as plain links; not on the page of another day."""
    number = number_of(sample_client, "Het Dijkkoor")
    page = page_of(sample_client, "Het Dijkkoor")
    for about in ("confirm", "changed", "gone", "report"):
        assert f'href="/assets/{number}/suggest?about={about}"' in page
    assert f'href="/assets/{number}/edit"' in page
    earlier = sample_client.get(f"/assets/{number}?on=2026-01-01", headers=HTML).text
    assert "/suggest" not in earlier


def test_words_of_people_keep_their_own_language(own: tuple[TestClient, Engine]) -> None:
    """What somebody wrote in another language than that of the page says so: page, list, map, profile, frame, feed."""
    client, engine = own
    words = {"t": "مقهى الجيران", "d": "مفتوح كل صباح"}
    with engine.begin() as connection:
        number, code = connection.execute(
            text(
                "UPDATE asset AS a SET title = :t, description = :d, rhythm = :d, language = 'ar' FROM area AS n"
                " WHERE n.id = a.area_id AND a.id = (SELECT max(id) FROM asset WHERE kind = 'story')"
                " RETURNING a.id, n.code"
            ),
            words,
        ).one()
    page = client.get(f"/assets/{number}", headers=HTML).text
    assert f'<h1><bdi lang="ar">{words["t"]}</bdi></h1>' in page
    assert f'dir="auto" lang="ar">{words["d"]}</p>' in page
    assert f'<dd><bdi lang="ar">{words["d"]}</bdi></dd>' in page
    for address in ("/assets", "/", f"/areas/{code}", f"/embed?area={code}"):
        assert f'<bdi class="vuurtoren-row__title" lang="ar">{words["t"]}</bdi>' in client.get(address).text, address
    dutch = client.get("/assets", headers=HTML).text
    assert '<bdi class="vuurtoren-row__title">Prikploeg Brugstraat</bdi>' in dutch
    english = client.get("/assets?lang=en", headers=HTML).text
    assert '<bdi class="vuurtoren-row__title" lang="nl">Prikploeg Brugstraat</bdi>' in english


def test_hostile_words_stay_words(own: tuple[TestClient, Engine]) -> None:
    """In the title, the summary, the mail, the path to it, the small map and the facts."""
    client, engine = own
    with engine.begin() as connection:
        number = connection.execute(
            text(
                "UPDATE asset SET title = :w, description = :w, rhythm = :w WHERE id ="
                " (SELECT max(id) FROM asset WHERE kind = 'club' AND state = 'published') RETURNING id"
            ),
            {"w": HOSTILE},
        ).scalar_one()
        connection.execute(text("UPDATE area SET name = :w WHERE kind = 'neighbourhood'"), {"w": HOSTILE})
        connection.execute(text("UPDATE street SET name = :w || id"), {"w": HOSTILE})
        connection.execute(text("UPDATE street_part SET name = :w"), {"w": HOSTILE})
    page = client.get(f"/assets/{number}", headers=HTML).text
    assert "<script>alert" not in page
    assert page.count(unescape("&amp;#34;&amp;gt;&amp;lt;script&amp;gt;")) >= 5
