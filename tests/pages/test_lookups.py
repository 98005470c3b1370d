"""`/lookups`: who is looking. What everybody sees of it, what a community sees besides, and nothing of a person."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.parameters import today
from assets import consents, inventory, lookups, personal_links
from assets.drafts import AssetDraft
from assets.permissions import OPERATOR, Viewer
from assets.vocabulary import Audience, LookupKind, Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER
from tests.signing_in import signed_in

ANNA = Viewer(name="Anna van de gemeente", role=Role.analyst, account_id=77)
MARK = "Zilvervisje"


@pytest.fixture(scope="module")
def place(databases: Databases) -> Iterator[tuple[TestClient, Engine, str]]:
    """The program on a copy of the sample."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url)
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        client.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        yield client, engine, url
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def client(place: tuple[TestClient, Engine, str]) -> TestClient:
    """A visitor; nobody looked yet."""
    place[0].cookies.clear()
    with place[1].begin() as connection:
        connection.execute(text("DELETE FROM lookup"))
    return place[0]


@pytest.fixture
def engine(place: tuple[TestClient, Engine, str]) -> Engine:
    """The database behind the pages."""
    return place[1]


def said(client: TestClient, address: str = "/lookups", *, status: int = 200) -> str:
    """What a page says, without its markup."""
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:300]
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def person(engine: Engine, *, public: bool = False) -> tuple[int, str]:
    """The number and the secret link of a person in the sample's neighbourhood."""
    draft = AssetDraft.model_validate({"kind": "person", "title": MARK, "place": {"area": "BU99990101"}})
    with Session(engine) as session, session.begin():
        number = inventory.add(session, draft, by=BUILDER, today=today()).id
        if public:
            consents.record(
                session, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
                given_on=today(), by=BUILDER.name,
            )  # fmt: skip
        return number, personal_links.make(session, number, by=BUILDER)


def look(engine: Engine, what: LookupKind, code: str | None = None, *, by: Viewer = ANNA, days: int = 0) -> None:
    """Somebody looked, some days ago."""
    with Session(engine) as session, session.begin():
        area = None
        if code is not None:
            area = session.execute(text("SELECT id FROM area WHERE code = :code"), {"code": code}).scalar_one()
        lookups.note(session, by, what, area_id=area)
        if days:
            asked = "UPDATE lookup SET at = at - :ago, quarter = :quarter WHERE id = (SELECT max(id) FROM lookup)"
            session.execute(text(asked), {"ago": timedelta(days=days), "quarter": days})


def test_everybody_sees_who_looked_but_no_name(
    client: TestClient, engine: Engine, place: tuple[TestClient, Engine, str]
) -> None:
    """Role, what, area and moment for all; the name for whoever builds or guards a community."""
    assert "Nog niemand heeft meer bekeken dan de openbare kaart." in said(client)
    look(engine, LookupKind.plan, "GM9999")
    look(engine, LookupKind.export, "GM9999", by=OPERATOR)
    page = said(client)
    assert "Een analist van de gemeente: een plan, Lichterwaard" in page
    assert "Wie deze kaart draaiende houdt: een bestand, Lichterwaard" in page
    assert "In deze maand is er gekeken: 1 keer in een bestand, 1 keer naar een plan." in page
    assert ANNA.name not in page
    for role, named in ((Role.member, False), (Role.builder, True), (Role.steward, True), (Role.analyst, False)):
        client.cookies.clear()
        signed_in(client, place[2], role)
        assert (ANNA.name in said(client)) is named, role


def test_the_plan_stands_there_at_once(client: TestClient, place: tuple[TestClient, Engine, str]) -> None:
    """Who opens a plan reads that it is told, finds it told, and only once."""
    signed_in(client, place[2], Role.analyst)
    assert "Dat u dit bekijkt, staat op “Wie kijkt er mee” ." in said(client, "/plan")
    assert "Nog niemand" in said(client), "an empty form shows nothing"
    for _ in range(3):
        said(client, "/plan?area=BU99990101&hours=40")
    client.cookies.clear()
    assert "In deze maand is er gekeken: 1 keer naar een plan." in said(client)


def test_others_are_told_what_there_is_for_them(client: TestClient, place: tuple[TestClient, Engine, str]) -> None:
    """A visitor is sent to sign in; a builder gets a 403 in kind words, and nothing is written down."""
    sent = client.get("/plan?area=GM9999&hours=40", follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Fplan%3Farea%3DGM9999%26hours%3D40")
    signed_in(client, place[2], Role.builder)
    page = said(client, "/plan?area=GM9999&hours=40", status=403)
    assert "Het plan is voor de gemeente" in page
    assert "Wie van de gemeente een plan bekeek, en wanneer" in page
    assert "Zoutsteeg" not in page
    assert "Nog niemand" in said(client)


def test_the_page_of_an_area_says_how_often(client: TestClient, engine: Engine) -> None:
    """A look at the area, in it or around it this month; where nobody looked it says so. Last month does not count."""
    assert "bekeek niemand van de gemeente hier meer dan wat iedereen ziet." in said(client, "/areas/BU99990101")
    look(engine, LookupKind.plan, "GM9999", days=40)
    look(engine, LookupKind.plan, "GM9999")
    look(engine, LookupKind.export, "BU99990101", by=OPERATOR)
    assert re.search(r"De gemeente keek hier in \w+ \d{4} 2 keer. Wie kijkt er mee", said(client, "/areas/BU99990101"))
    for page in ("/about", "/privacy", "/areas/GM9999", "/"):
        assert 'href="/lookups' in client.get(page).text


def test_filters_and_pages(client: TestClient, engine: Engine) -> None:
    """An area counts with what lies in it and around it; pages follow each other without a gap or a repeat."""
    for days in reversed(range(60)):
        look(engine, LookupKind.plan, "GM9999" if days % 2 else "BU99990101", days=days)
    look(engine, LookupKind.streets)
    first = client.get("/lookups").text
    link = html.unescape(re.search(r'href="(/lookups\?before=[^"]+)"', first)[1])  # type: ignore[index]
    second = client.get(link).text
    times = re.findall(r'<li><time datetime="([^"]+)"', first + second)
    assert (len(times), len(set(times))) == (61, 60)
    assert times == sorted(times, reverse=True)
    assert "Naar het nieuwste" in second
    assert len(re.findall("<li><time", client.get("/lookups?area=BU99990101&what=plan").text)) == 50
    assert "details van straten, " not in said(client)
    assert len(re.findall("<li><time", client.get("/lookups?what=streets").text)) == 1
    assert "niemand naar gekeken" in said(client, "/lookups?what=person")


def test_the_api_pages_by_keyset(client: TestClient, engine: Engine) -> None:
    """Every look once, newest first, without a name; of persons the day only; what cannot be read is a 400."""
    for days in reversed(range(5)):
        look(engine, LookupKind.plan, "GM9999", days=days)
    for number in (1, 2, 3):
        with Session(engine) as session, session.begin():
            who = Viewer(f"Opa {number}", Role.admin, account_id=number)
            lookups.note(session, who, LookupKind.person, asset_ids=[person(engine)[0]])
        look(engine, LookupKind.streets, "GM9999")
    found, addresses, address = [], [], "/api/v1/lookups?limit=2"
    while address:
        page = client.get(address).json()
        found += page["lookups"]
        addresses.append(address)
        address = next((one["href"] for one in page["links"] if one["rel"] == "next"), "")
    assert len(found) == 9
    assert len({one["at"] for one in found if one["at"]}) in (5, 6)  # the last two may fall in one second
    assert all("id" not in one for one in found), "numbers follow each other: they tell the hour between dated looks"
    assert len(set(addresses)) == 5
    kinds = [one["what"] for one in found if one["on"] == found[0]["on"]]
    assert kinds == sorted(kinds, key="person".__eq__), "of a day those of persons stand last"
    assert [one["on"] for one in found] == sorted((one["on"] for one in found), reverse=True)
    persons = [(one["at"], one["area"], one["role"]) for one in found if one["what"] == "person"]
    assert persons == [(None, None, "admin")] * 3
    assert ANNA.name not in str(found)
    assert client.get("/api/v1/lookups?after=1-1&what=plan").json()["lookups"] == []
    assert client.get("/api/v1/lookups?after=k1").status_code == 400
    assert client.get("/api/v1/lookups?what=x").status_code == 400
    assert client.get("/api/v1/lookups?area=NERGENS").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [("what=alles", 400), ("before=x", 400), ("before=1-2-3", 400), ("before=%00", 400), ("area=NERGENS", 404),
     ("before=99999999999999999-999999999", 200), ("area=%00", 200), ("before=0-0", 200)],
)  # fmt: skip
def test_what_cannot_be_read(client: TestClient, query: str, status: int) -> None:
    """A clear refusal, never a fault of ours."""
    assert client.get(f"/lookups?{query}").status_code == status


def test_of_a_person_everybody_sees_a_day_only(
    client: TestClient, engine: Engine, place: tuple[TestClient, Engine, str]
) -> None:
    """That the operator read an entry: not whose, not where, not at what hour; not who of a community did."""
    number, _ = person(engine)
    signed_in(client, place[2], Role.builder, name="Bouwer Bas")
    assert client.get(f"/assets/{number}/edit").status_code == 200
    client.cookies.clear()
    assert "Nog niemand" in said(client), "what a community's own people do is theirs"
    signed_in(client, place[2], Role.admin, name="Opa Operator")
    for page in (f"/assets/{number}/edit", f"/assets/{number}/history"):
        assert client.get(page).status_code == 200
    client.cookies.clear()
    page = client.get("/lookups").text
    row = re.search(r"<li>(<time.*?)</li>", page, re.DOTALL)
    assert row is not None
    told = " ".join(re.sub(r"<[^>]+>", " ", row[1]).split())
    assert re.fullmatch(r"\d+ \w+ \d{4} Wie deze kaart draaiende houdt: wat buren over zichzelf vertellen", told), told
    assert 'datetime="' in row[1]
    assert re.search(r'datetime="\d{4}-\d\d-\d\dT00:00', row[1])
    for secret in (MARK, str(number), "Opa", "BU99990101", "Bas"):
        assert secret not in row[1]
    with engine.connect() as connection:
        columns = connection.execute(text("SELECT * FROM published_lookup")).keys()
    assert set(columns) == {"id", "at", "role", "what", "area_id", "area_code", "area_name"}


def test_a_person_sees_who_looked(client: TestClient, engine: Engine, place: tuple[TestClient, Engine, str]) -> None:
    """By name who is of their own community, by role who runs the map; newest first, and in the files."""
    number, token = person(engine)
    assert "Er heeft nog niemand gekeken." in said(client, f"/mine/{token}")
    signed_in(client, place[2], Role.builder, name="Bouwer Bas")
    client.get(f"/assets/{number}/edit")
    client.cookies.clear()
    signed_in(client, place[2], Role.admin, name="Opa Operator")
    client.get(f"/assets/{number}/history")
    client.cookies.clear()
    page = said(client, f"/mine/{token}").partition("Wie keek er naar mij")[2]
    assert re.search(
        r"\d\d:\d\d · Wie deze kaart draaiende houdt \d+ \w+ \d{4}, \d\d:\d\d · Bouwer Bas , buurtbouwer", page
    )
    assert "Opa" not in page
    as_json, as_csv = client.get(f"/mine/{token}/export?f=json"), client.get(f"/mine/{token}/export?f=csv")
    assert [(one["role"], one["by"], set(one)) for one in as_json.json()["lookup"]] == [
        ("builder", "Bouwer Bas", {"id", "at", "role", "by", "what", "area_id", "community_id", "asset_id"}),
        ("admin", None, {"id", "at", "role", "by", "what", "area_id", "community_id", "asset_id"}),
    ]
    assert "Bouwer Bas" in as_csv.text
    assert "Opa" not in as_csv.text


def test_what_is_public_is_no_look(client: TestClient, engine: Engine, place: tuple[TestClient, Engine, str]) -> None:
    """A builder who reads what everybody can read leaves no row; the operator always does, beyond the public page."""
    number, _ = person(engine, public=True)
    rows = text("SELECT role FROM lookup WHERE asset_id = :id")
    for role, page, expected in (
        (Role.builder, f"/assets/{number}", []),
        (Role.builder, f"/assets/{number}/edit", []),
        (Role.admin, f"/assets/{number}", []),
        (Role.admin, f"/assets/{number}/history", ["admin"]),
    ):
        client.cookies.clear()
        signed_in(client, place[2], role)
        assert client.get(page).status_code == 200
        with engine.connect() as connection:
            assert connection.scalars(rows, {"id": number}).all() == expected, (role, page)


def test_a_list_of_neighbours_is_a_look_a_day(
    client: TestClient, engine: Engine, place: tuple[TestClient, Engine, str]
) -> None:
    """A builder who opens the list of neighbours each hour looked at each of them once that day."""
    number, _ = person(engine)
    signed_in(client, place[2], Role.builder)
    for _ in range(3):
        assert MARK in client.get("/me/people").text
        with engine.begin() as connection:
            connection.execute(text("UPDATE lookup SET quarter = quarter - 1"))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT at FROM lookup WHERE asset_id = :id"), {"id": number}).all()
    assert len(found) == 1
    assert found[0].at > datetime.now(UTC) - timedelta(minutes=1)
