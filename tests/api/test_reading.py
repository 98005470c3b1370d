"""Reading collections: filters, coordinate systems, formats, and pages that neither repeat nor miss."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.conftest import ACTIVITIES, AREAS, ASSETS, GEOJSON, STREETS

RD = "http://www.opengis.net/def/crs/EPSG/0/28992"
ETRS89 = "http://www.opengis.net/def/crs/EPSG/0/4258"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def read(client: TestClient, path: str, **parameters: Any) -> dict[str, Any]:
    """Return a page of items, which must be a 200."""
    answer = client.get(path, params={name.replace("_", "-"): value for name, value in parameters.items()})
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(page: dict[str, Any]) -> list[Any]:
    """The ids of the items on a page."""
    return [feature["id"] for feature in page["features"]]


def whole(client: TestClient, path: str, *, limit: int, between: Callable[[int], None] | None = None) -> list[Any]:
    """The ids of all items, read page by page along the `next` links; `between` runs after each page."""
    found: list[Any] = []
    url: str | None = f"{path}?limit={limit}"
    while url is not None:
        page = client.get(url).json()
        found += ids(page)
        if between is not None:
            between(len(found))
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    return found


@pytest.mark.parametrize("path", [ASSETS, STREETS, AREAS, ACTIVITIES])
def test_pages_hold_everything_once(sample_client: TestClient, path: str) -> None:
    """Read in pages of seven, a collection has the same items in the same order as read at once."""
    at_once = read(sample_client, path, limit=1000)

    assert ids(at_once) == whole(sample_client, path, limit=7)
    assert at_once["numberReturned"] == len(at_once["features"]) == at_once["numberMatched"]


def test_pages_while_others_write(writer: TestClient, club: dict[str, Any]) -> None:
    """With an asset added and one taken away after every page, none is read twice and none that stayed is missed."""
    before = ids(read(writer, ASSETS, limit=1000))
    gone: list[int] = []

    def disturb(_: int) -> None:
        writer.post(ASSETS, content=json.dumps(club), headers=GEOJSON)
        if len(gone) < 8:
            victim = before[len(gone) * 5]
            writer.delete(f"{ASSETS}/{victim}", headers={"If-Match": "*"})
            gone.append(victim)

    # the added ones come at the end, so reading stops when they have been passed
    found: list[Any] = []
    url: str | None = f"{ASSETS}?limit=7"
    while url is not None and len(found) < len(before) + 20:
        page = writer.get(url).json()
        found += ids(page)
        disturb(len(found))
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)

    assert len(found) == len(set(found))
    assert set(before) - set(gone) <= set(found)


def test_theme_kind_and_area_of_assets(sample_client: TestClient) -> None:
    """Each filter lets through exactly what has that value; together they narrow down."""
    every = read(sample_client, ASSETS, limit=1000)["features"]
    litter = read(sample_client, ASSETS, limit=1000, theme="litter")
    clubs = read(sample_client, ASSETS, limit=1000, kind="club")
    here = read(sample_client, ASSETS, limit=1000, area="BU99990101")

    assert [f["id"] for f in every if "litter" in f["properties"]["themes"]] == ids(litter)
    assert [f["id"] for f in every if f["properties"]["kind"] == "club"] == ids(clubs)
    assert [f["id"] for f in every if f["properties"]["area_code"] == "BU99990101"] == ids(here)
    assert {f["id"] for f in every if f["properties"]["area_code"]} == set(
        ids(read(sample_client, ASSETS, limit=1000, area="GM9999"))
    )


def test_areas_by_kind_and_parent(sample_client: TestClient) -> None:
    """Areas are found by level and by the area they lie in; their id is their code."""
    assert ["GM9999"] == ids(read(sample_client, AREAS, kind="municipality"))
    assert {"BU99990101", "BU99990102"} == set(ids(read(sample_client, AREAS, parent="WK999901")))
    assert "GM9999" == sample_client.get(f"{AREAS}/GM9999").json()["properties"]["code"]


def test_streets_with_and_without_an_initiative(sample_client: TestClient) -> None:
    """Streets without and streets with an initiative are together all streets, and states agree with them."""
    every = read(sample_client, STREETS, limit=1000, theme="litter")
    none = read(sample_client, STREETS, limit=1000, theme="litter", initiative="none")
    any_ = read(sample_client, STREETS, limit=1000, theme="litter", initiative="any")

    assert sorted(ids(none) + ids(any_)) == sorted(ids(every))
    assert {"asked", "unasked"} >= {f["properties"]["state"] for f in none["features"]}
    assert {"carried", "partly"} >= {f["properties"]["state"] for f in any_["features"]}
    assert ids(none) != ids(any_)
    asked = read(sample_client, STREETS, limit=1000, theme="litter", state="asked")
    assert {"asked"} == {f["properties"]["state"] for f in asked["features"]}
    first = read(sample_client, STREETS, limit=3, theme="litter", initiative="none")
    assert none["numberMatched"] == first["numberMatched"]


def test_question_about_the_past(sample_client: TestClient) -> None:
    """Before any initiative had begun, every street was without one; `datetime` of a day means the same as `on`."""
    past = read(sample_client, STREETS, limit=1000, initiative="any", on="1990-01-01")
    same = read(sample_client, STREETS, limit=1000, initiative="any", datetime="1990-01-01")

    assert [] == ids(past) == ids(same)


def test_datetime_of_activities(sample_client: TestClient) -> None:
    """An interval, open on either side or not, lets through the activities held in it, ends included."""
    every = read(sample_client, ACTIVITIES, limit=1000)["features"]
    days = {feature["id"]: feature["properties"]["held_on"] for feature in every}
    middle = sorted(days.values())[len(days) // 2]

    for value, fits in (
        (middle, lambda day: day == middle),
        (f"{middle}/..", lambda day: day >= middle),
        (f"../{middle}", lambda day: day <= middle),
        (f"/{middle}", lambda day: day <= middle),
        (f"2025-01-01T00:00:00Z/{middle}T12:00:00Z", lambda day: "2025-01-01" <= day <= middle),
    ):
        expected = [identity for identity, day in days.items() if fits(day)]
        assert expected == ids(read(sample_client, ACTIVITIES, limit=1000, datetime=value)), value


@pytest.mark.parametrize("path", [ASSETS, STREETS, AREAS, ACTIVITIES])
def test_bbox_in_every_crs(sample_client: TestClient, path: str) -> None:
    """The same box in four coordinate systems, each in its own order of axes, gives the same items."""
    degrees = ids(read(sample_client, path, limit=1000, bbox="5.3090,52.5320,5.3130,52.5345"))
    north_first = ids(read(sample_client, path, limit=1000, bbox="52.5320,5.3090,52.5345,5.3130", bbox_crs=ETRS89))
    heights = ids(read(sample_client, path, limit=1000, bbox="5.3090,52.5320,-9,5.3130,52.5345,9"))
    metres = ids(read(sample_client, path, limit=1000, bbox="590995.2,6896895.4,591440.5,6897352.9", bbox_crs=MERCATOR))

    assert degrees == north_first == heights
    assert 0 < len(degrees)
    assert len(set(degrees) ^ set(metres)) <= 1  # a box of whole decimetres is not exactly the same box


def test_bbox_at_the_ends_of_the_world(sample_client: TestClient) -> None:
    """The whole world holds everything, a box across the 180th meridian nothing, and neither is a fault."""
    every = read(sample_client, ASSETS, limit=1000)
    placed = [feature["id"] for feature in every["features"] if feature["geometry"]]

    assert placed == ids(read(sample_client, ASSETS, limit=1000, bbox="-180,-90,180,90"))
    assert [] == ids(read(sample_client, ASSETS, bbox="170,-90,-170,90"))
    assert placed == ids(read(sample_client, ASSETS, limit=1000, bbox="5,-90,-170,90"))


def test_crs_of_the_answer(sample_client: TestClient) -> None:
    """The answer is in the system asked for, says so, and puts north first where the authority does."""
    plain = sample_client.get(f"{AREAS}/BU99990101")
    swapped = sample_client.get(f"{AREAS}/BU99990101", params={"crs": ETRS89})
    metres = sample_client.get(f"{AREAS}/BU99990101", params={"crs": RD})
    point = plain.json()["geometry"]["coordinates"][0][0][0]

    assert f"<{CRS84}>" == plain.headers["content-crs"]
    assert f"<{ETRS89}>" == swapped.headers["content-crs"]
    corners = [pair for ring in swapped.json()["geometry"]["coordinates"][0] for pair in ring]
    assert any(pytest.approx([point[1], point[0]], abs=1e-6) == pair for pair in corners)
    assert all(100_000 < x < 300_000 for x, _ in metres.json()["geometry"]["coordinates"][0][0])


def test_formats(sample_client: TestClient) -> None:
    """A format is chosen by `f`, else by Accept; a browser's */* gets GeoJSON; what is not offered is a 406."""
    for headers, parameters, expected in (
        ({}, {}, "application/geo+json"),
        ({"Accept": "text/csv"}, {}, "text/csv; charset=utf-8"),
        ({"Accept": "text/csv;q=0.1, application/geo+json"}, {}, "application/geo+json"),
        ({"Accept": "text/html,*/*;q=0.8"}, {}, "application/geo+json"),
        ({"Accept": "text/csv"}, {"f": "json"}, "application/geo+json"),
        ({}, {"f": "gpkg"}, "application/geopackage+sqlite3"),
    ):
        answer = sample_client.get(STREETS, headers=headers, params=parameters)
        assert 200 == answer.status_code
        assert expected == answer.headers["content-type"]
    assert 406 == sample_client.get(STREETS, headers={"Accept": "text/html"}).status_code


def test_csv_and_json_hold_the_same(sample_client: TestClient) -> None:
    """CSV has a row for each feature of the same question, with the same ids in the same order."""
    question = {"theme": "litter", "initiative": "none", "limit": 1000}
    lines = sample_client.get(STREETS, params={**question, "f": "csv"}).text.splitlines()

    assert [str(i) for i in ids(read(sample_client, STREETS, **question))] == [line.split(",")[0] for line in lines[1:]]


def test_unchanged_page_is_not_sent_again(writer: TestClient, club: dict[str, Any]) -> None:
    """A page that a client holds answers 304 until somebody writes something."""
    tag = writer.get(ASSETS).headers["etag"]

    assert 304 == writer.get(ASSETS, headers={"If-None-Match": tag}).status_code
    writer.post(ASSETS, content=json.dumps(club), headers=GEOJSON)
    assert 200 == writer.get(ASSETS, headers={"If-None-Match": tag}).status_code


def test_limit_above_the_most(sample_client: TestClient) -> None:
    """A limit above 1,000 gives 1,000, as OGC API - Features wants, however large it is."""
    assert 200 == sample_client.get(ACTIVITIES, params={"limit": "9" * 50}).status_code
