"""What the search field asks while someone types."""

from typing import Any

from starlette.testclient import TestClient


def found(client: TestClient, **asked: str) -> dict[str, Any]:
    """The answer to these parameters."""
    answer = client.get("/search", params=asked)
    assert answer.status_code == 200
    assert "no-store" == answer.headers["cache-control"]
    body: dict[str, Any] = answer.json()
    return body


def test_each_group_says_what_its_row_needs(sample_client: TestClient) -> None:
    """A street has its parts and box, an area its level in words, an entry its kind and language."""
    brug = found(sample_client, q="brugst")
    assert ("Brugstraat", "Lichterwaard") == (brug["streets"][0]["name"], brug["streets"][0]["place"])
    assert brug["streets"][0]["parts"]
    assert 4 == len(brug["streets"][0]["bounds"])
    entry = brug["assets"][0]
    assert ("street_initiative", "Prikploeg Brugstraat", "nl") == (entry["kind"], entry["title"], entry["language"])
    assert "buurt, Veerkwartier" == found(sample_client, q="zonneh")["areas"][0]["place"]
    assert "neighbourhood, Veerkwartier" == found(sample_client, q="zonneh", lang="en")["areas"][0]["place"]
    assert [] != found(sample_client, q="fiets")["gifts"]
    sample_client.cookies.clear()


def test_whatever_is_typed_gets_an_answer(sample_client: TestClient) -> None:
    """Nothing, signs, very long words and boxes outside the world find little and break nothing."""
    for words in ("", " ", "%", "_", "'", "\\", "&|!():*<->", "\x00", "x" * 500, "🎈", "\u202e", "de het een"):
        found(sample_client, q=words)
    for box in ("5,52,6,53", "-180,-90,180,90", "100,-50,101,-49", "a,b,c,d", "6,53,5,52", ""):
        assert found(sample_client, q="brugstraat", bbox=box)["streets"], box
    assert 400 == sample_client.get("/search", params={"q": "brug", "on": "gisteren"}).status_code


def test_a_list_for_words_says_which_entries_have_them(sample_client: TestClient) -> None:
    """The rows for the map carry the numbers of all entries with the words, so that it draws only these."""
    page = sample_client.get("/assets/in-view", params={"q": "prikploeg", "bbox": "3,50,8,54"}).text
    rows = [part.partition('"')[0] for part in page.split('data-id="')[1:]]
    assert f'data-ids="{",".join(rows)}"' in page
    assert "data-ids" not in sample_client.get("/assets/in-view", params={"bbox": "3,50,8,54"}).text


def test_words_are_a_filter_of_the_api(sample_client: TestClient) -> None:
    """`q`, `gift`, `talent` and `open` leave the same entries as on the page; words that say nothing find nothing."""

    def titles(**asked: str) -> set[str]:
        answer = sample_client.get("/api/v1/collections/assets/items", params={"limit": "1000", **asked})
        assert answer.status_code == 200, answer.text
        return {one["properties"]["title"] for one in answer.json()["features"]}

    assert {"Prikploeg Brugstraat"} == titles(q="prikploeg brugstr")
    assert titles(q="fietsen") >= titles(talent="fietsen") != set()
    assert titles(gift="hands", talent="fietsen") <= titles(gift="hands")
    assert set() == titles(q="%%%") == titles(q="zoiets staat nergens")
    assert set() < titles(open="true") < titles()
    for wrong in ({"q": ""}, {"gift": "feet"}, {"open": "false"}, {"talent": "\x00"}):
        assert 400 == sample_client.get("/api/v1/collections/assets/items", params=wrong).status_code
