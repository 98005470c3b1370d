"""Counts before and after one withdrawal do not reveal a group below five, at any place that counts people.

Twelve neighbours of Kerkstraat (tests/neighbourhood.py) with one gift leave the public map one by one: they withdraw,
let only builders see them, their consent ends, they are erased. After each of them every count is asked (`counted`).

| place                                    | what it counts                                                     |
|------------------------------------------|--------------------------------------------------------------------|
| profile: page, API, command              | persons; those with a gift of the hands; the gift in words         |
| timeline: page, API, file                | persons on the first of each month and on the day                  |
| growth edge: page, API, file             | persons within 200 m; entries with a gift of the hands there       |
| tiles above street level                 | persons, and entries of every kind, also by theme and by gift      |
| communities: list and page               | entries of every kind                                              |
| poster                                   | entries that it has no room for                                    |
"""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import mapbox_vector_tile
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.main import create_app
from app.parameters import today
from assets import consents, erasure, inventory, poster, profile
from assets.drafts import AssetDraft
from assets.people_told import at_least, in_fives
from assets.sql import source
from assets.vocabulary import Audience
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER, draw, thing

MOST = 12
WEST, TOWN = "BU00010101", "GM0001"
#: The first month of the timelines: in the last of these months everybody is there.
FIRST = date(today().year - 1, 3, 1)
#: How a number of people stands on a page.
TOLD = re.compile(r"minder dan 5|\d+ of meer")
Counts = dict[str, Any]


def since(number: int) -> date:
    """The day since which a neighbour is on the map: one each month of last year."""
    return date(today().year - 1, number + 1, 1)


def neighbours(session: Session) -> list[int]:
    """Twelve persons in Kerkstraat whom everyone may see."""
    found = []
    for number in range(MOST):
        draft = AssetDraft.model_validate(
            {
                "kind": "person", "title": f"Zwaluw {number}", "started_on": since(number).isoformat(),
                "themes": ["meeting"],
                "gifts": [{"of": "hands", "what": "Soep koken" if number else "SOEP koken"}],
                "place": {"street": "Kerkstraat", "area": WEST, "show": "street"},
            }
        )  # fmt: skip
        found.append(inventory.add(session, draft, by=BUILDER, today=today()).id)
        consents.record(
            session, found[-1], audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            given_on=today(), by=BUILDER.name,
        )  # fmt: skip
    return found


def leave(session: Session, number: int, way: int) -> None:
    """One neighbour is not on the public map any more, in one of four ways."""
    if way == 0:
        consents.withdraw(session, number, by="themselves")
    elif way == 1:
        consents.record(
            session, number, audience=Audience.builders, wording_version="1", wording="Mag dit?", language="nl",
            given_on=today(), by=BUILDER.name,
        )  # fmt: skip
    elif way == 2:
        ended = text("UPDATE consent SET given_on = given_on - 9, expires_on = CURRENT_DATE WHERE asset_id = :id")
        session.execute(ended, {"id": number})
    else:
        erasure.erase(session, number, by=BUILDER)


def numbers(found: Any, name: str) -> Iterator[Any]:
    """Everything with this name in an answer, however deep."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from [value] if key == name else numbers(value, name)
    elif isinstance(found, list):
        for value in found:
            yield from numbers(value, name)


def tile(client: TestClient, session: Session, query: str) -> Counts:
    """What the tile of zoom 12 counts in West."""
    x, y = session.execute(
        text(
            "SELECT floor((ST_X(p) + 20037508.34) / 40075016.68 * 4096),"
            " floor((20037508.34 - ST_Y(p)) / 40075016.68 * 4096)"
            " FROM (SELECT label_point_3857 AS p FROM area WHERE code = :code) AS a"
        ),
        {"code": WEST},
    ).one()
    body = client.get(f"/map-tiles/12/{int(x)}/{int(y)}{query}").content
    features = mapbox_vector_tile.decode(body).get("asset_counts", {"features": []})["features"]
    return next((one["properties"] for one in features if one["properties"]["code"] == WEST), {})


def counted(client: TestClient, session: Session) -> Counts:
    """Every count of people of an area, a tile or a community that a visitor can get, by where it stands.

    Not the number of matches of a list: those stand in it by name (docs/decisions/0044, 0045).
    """
    client.cookies.clear()

    def page(path: str) -> str:
        answer = client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 200, path
        return answer.text

    def api(path: str) -> Any:
        answer = client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, path
        return answer.json()

    found: Counts = {}
    for code in (WEST, TOWN):
        summary = api(f"areas/{code}/summary")["assets"]
        named = {one["what"] for one in summary["named_gifts"] if one["what"].lower() == "soep koken"}
        found |= {
            f"summary {code} persons": summary["people_at_least"],
            f"summary {code} gift": summary["gifts"]["hands"]["people_at_least"],
            f"summary {code} gift in words": sorted(named),
            f"page of {code}": tuple(TOLD.findall(page(f"/areas/{code}?lang=nl"))),
            f"profile of {code}": tuple(one[2] for one in profile.lines(profile.of_area(session, code, on=today()))
                                        if "people_at_least" in one[1]),
        }  # fmt: skip
    asked = f"area={WEST}&from={FIRST:%Y-%m}"
    moments = api(f"timeline?area={WEST}&first={FIRST.isoformat()}")["moments"]
    found["timeline"] = {date.fromisoformat(one["day"]): one["people_at_least"] for one in moments}
    found["page of the timeline"] = sorted(TOLD.findall(page(f"/timeline?{asked}&lang=nl")))
    rows = csv.DictReader(io.StringIO(client.get(f"/timeline/download?f=csv&{asked}").text))
    found["file of the timeline"] = [row["people_at_least"] for row in rows]
    edge = api(f"growth-edge?theme=any&area={WEST}&limit=1000")
    found["growth edge persons"] = tuple(numbers(edge, "person"))
    found["growth edge gifts"] = tuple(numbers(edge, "hands"))
    found["growth edge not told"] = tuple(map(tuple, numbers(edge, "fewer_than_5")))
    view = f"view=growth-edge&theme=any&area={WEST}"
    edge_of = re.compile(r"minder dan 5 bewoners|\d+ of meer bewoners|handen \(\d+\)")
    found["page of the growth edge"] = tuple(edge_of.findall(page(f"/streets?{view}&lang=nl")))
    rows = csv.DictReader(io.StringIO(client.get(f"/streets/download?f=csv&{view}").text))
    found["file of the growth edge"] = tuple((row["lives_person"], row["lives_gift_hands"]) for row in rows)
    for query in ("", "?facet=meeting", "?facet=hands", "?facet=fresh"):
        told = tile(client, session, query)
        found[f"tile {query}"] = (told.get("person"), told.get("count"))
    slug = session.execute(text("SELECT slug FROM community ORDER BY id LIMIT 1")).scalar_one()
    for path in ("/communities", f"/communities/{slug}"):
        found[path] = tuple(re.findall(r"(\d+|geen|Geen) (?:buurtkracht|ding|club)", page(f"{path}?lang=nl")))
    found["poster"] = poster.contents(session, WEST, on=today(), aspect=1.0, most=1).more
    return found


@pytest.fixture(scope="module")
def told(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Counts]]:
    """What is counted with nobody up to twelve neighbours on the public map; the place in the list is how many.

    Those who came first leave first.
    """
    url = databases.clone("schema")
    engine = create_engine(url)
    with Session(engine) as session:
        draw(session, tmp_path_factory.mktemp("drawn"))
        inventory.add(session, thing("club", "Koor", (150, 110)), by=BUILDER, today=today())
        who = neighbours(session)
        session.commit()
        with TestClient(create_app(settings_for(url))) as client:
            found = [counted(client, session)]
            for number, way in zip(who, itertools.cycle(range(4)), strict=False):
                leave(session, number, way)
                session.commit()
                found.append(counted(client, session))
    engine.dispose()
    yield found[::-1]
    databases.drop(url)


def test_where_one_leaves_and_a_count_changes_five_or_ten_are_left(told: list[Counts]) -> None:
    """Of twelve who leave one by one each place tells at ten and at five, and not that any of the last five leaves."""
    assert len(told) == MOST + 1
    places = [place for place in told[0] if "timeline" not in place]
    assert len(places) > 15
    switches = {
        place: [left for left, (after, before) in enumerate(itertools.pairwise(told)) if after[place] != before[place]]
        for place in places
    }
    once = {place for place in places if "in words" in place or "not told" in place}
    assert switches == {place: [5] if place in once else [5, 10] for place in places}


def test_nor_does_the_past_tell(told: list[Counts]) -> None:
    """Of each month of the timeline too: where its count changes, five or ten of those who were there then are left."""
    changed = 0
    for left, (after, before) in enumerate(itertools.pairwise(told)):
        for day, count in after["timeline"].items():
            then = sum(since(number) <= day for number in range(MOST - left, MOST))
            if count != before["timeline"][day]:
                changed += 1
                assert then in (5, 10), (day, left)
    assert changed > 10
    for one in told:
        counts = list(one["timeline"].values())
        assert one["file of the timeline"] == ["" if count is None else str(count) for count in counts]
        words = sorted("minder dan 5" if count is None else f"{count} of meer" for count in counts)
        assert one["page of the timeline"] == (words if any(counts) else [])


def test_the_rule_in_the_database_is_that_of_python(session: Session) -> None:
    """Nobody to sixty persons: SQL tells what Python tells, which is less than there are and by five at most."""
    rule = source("people_told")
    asked = text(f"SELECT people, {rule} AS told FROM generate_series(0, 60) AS g (people)")
    for people, told in session.execute(asked):
        assert told == at_least(people) == (in_fives(people) or 0), people
        assert people == told == 0 or told < people <= told + 5


def test_no_two_figures_and_one_withdrawal_tell_the_size_of_a_group_below_five() -> None:
    """A group beside another, told apart and together: neighbourhoods in a district, gifts of persons, months.

    One of the first group leaves. Whatever was told of both and of all together, before and after: there are
    several sizes that the second group can have, or it is nobody, or five or more. Before the edges were moved five
    and nine told that four are in the second.
    """
    possible: dict[tuple[Any, ...], set[tuple[int, int]]] = {}
    for one, other in itertools.product(range(31), repeat=2):
        if one:
            heard = tuple(in_fives(count) for count in (one, other, one + other, one - 1, one + other - 1))
            possible.setdefault(heard, set()).add((one - 1, other))
    for heard, sizes in possible.items():
        for group in zip(*sizes, strict=True):
            assert not (len(set(group)) == 1 and group[0] in (1, 2, 3, 4)), heard
        together = {sum(one) for one in sizes}
        assert not (len(together) == 1 and together <= {1, 2, 3, 4}), heard
