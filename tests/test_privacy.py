"""Nobody learns of a person who did not say that everyone may: at every address, in every file, by every command.

One story, told once (`story`), on the sample neighbourhood. All addresses are asked:
1. before anything happens;
2. after four persons came in with activities of thousands of people: without a consent, with one for builders only,
   one that was withdrawn, one that expired;
3. after a fifth came in who agreed that everyone may see it;
4. after that one withdrew.
An address that is new must be put in QUESTIONS, or in ELSEWHERE with the test that looks after it.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app as program
from app.parameters import today
from assets import activities, consents, inventory, tiles, tokens
from assets.drafts import ActivityDraft, AssetDraft
from assets.vocabulary import Audience, Role
from tests.conftest import SECRET, Databases, as_public
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER, draw, thing
from tests.test_docs import paths

AREA, TOWN = "BU99990101", "GM9999"
#: Stands in every text of every person of the story.
MARK = "Zwaluwstaart"
#: What is asked for to find it: an answer repeats the question.
SOUGHT = MARK[:6]
#: So many took part in what each of them did. Nobody else's figure has these digits.
PARTICIPANTS = 97919
API = "/api/v1"
ITEMS = f"{API}/collections/{{}}/items"
ON = "2026-10-01"

#: What each address is asked; {id} is a person of the story.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "/": ("?lang=nl", "?kind=person"),
    "/about": ("",),
    "/communities": ("",),
    "/pin": ("", "?kind=person"),
    "/pin/streets": (f"?q={SOUGHT}",),
    "/pin/done": ("?asset={id}",),
    "/assets/{asset_id}/edit": ("",),
    "/assets/{asset_id}/retire": ("",),
    "/privacy": ("",),
    "/accessibility": ("",),
    "/health": ("",),
    "/assets": ("", f"?q={SOUGHT}", f"?kind=person&area={AREA}", f"?area={AREA}&on={ON}", "?freshness=ageing",
                f"?talent={SOUGHT}", "?gift=hands", f"?q={SOUGHT[:-1]}x{SOUGHT[-1]}"),
    "/search": (f"?q={SOUGHT}", f"?q={SOUGHT}n", f"?q={SOUGHT}&bbox=5,52,6,53"),
    "/assets/in-view": (f"?q={SOUGHT}", "?kind=person&bbox=5,52,6,53"),
    "/assets/{asset_id}": ("",),
    "/assets/{asset_id}/calendar": ("",),
    "/assets/{asset_id}/suggest": ("", "?about=gone"),
    "/assets/{asset_id}/qr": ("",),
    "/areas/{code}": ("", f"?on={ON}"),
    "/embed": (f"?area={AREA}", "?kind=person"),
    "/energy": (f"?area={AREA}&unfold=area", f"?area={TOWN}&unfold=area&lang=en"),
    "/energy/download": (f"?area={AREA}&f=csv", "?f=xlsx", "?f=gpkg"),
    "/timeline": (f"?area={AREA}", f"?area={AREA}&theme=culture"),
    "/timeline/download": (f"?area={AREA}&f=csv", f"?area={AREA}&f=xlsx"),
    "/streets": ("?theme=any", "?view=growth-edge&theme=any"),
    "/streets/download": ("?f=csv", "?view=growth-edge&f=csv", "?view=growth-edge&f=xlsx", "?f=gpkg"),
    "/lookups": ("", f"?area={AREA}"),
    "/plan": (f"?area={AREA}&hours=40",),
    "/plan/download": (f"?area={AREA}&hours=40&f=csv",),
    "/meeting-places": (f"?area={TOWN}",),
    "/meeting-places/download": (f"?area={TOWN}&f=csv",),
    "/map-tiles/{z}/{x}/{y}": ("", "?theme=any"),
    API: ("",),
    f"{API}/areas/{{code}}/summary": ("", f"?on={ON}", "?theme=culture"),
    f"{API}/areas/{{code}}/calendar": ("",),
    f"{API}/areas/{{code}}/feed": ("",),
    "/areas/{code}/feed": ("", "?lang=en"),
    "/areas/{code}/calendar": ("",),
    f"{API}/areas/{{code}}/ambition": ("",),
    f"{API}/collections": ("",),
    f"{API}/energy": ("", f"?area={AREA}"),
    f"{API}/energy/activities": (f"?area={AREA}", f"?area={TOWN}&limit=1000"),
    f"{API}/energy/months": (f"?area={AREA}", f"?area={TOWN}&per=1000", f"?of=streets&area={AREA}"),
    f"{API}/energy/classes": ("", f"?area={AREA}"),
    f"{API}/growth-edge": ("?theme=any&limit=1000", f"?theme=litter&area={AREA}"),
    f"{API}/timeline": (f"?area={AREA}", f"?area={TOWN}&theme=culture"),
    f"{API}/plan": (f"?area={AREA}&hours=40",),
    f"{API}/measurements": ("",),
    f"{API}/meeting-places": (f"?area={TOWN}",),
    f"{API}/meeting-places/reach": (f"?area={AREA}",),
    ITEMS.format("assets"): (
        "?limit=1000", "?kind=person&f=csv", f"?area={AREA}&f=html", f"?q={SOUGHT}", "?freshness=faded", "?f=gpkg",
        f"?datetime={ON}/..",
    ),
    ITEMS.format("activities"): ("?limit=1000", "?f=csv", f"?area={AREA}", "?f=xlsx"),
    ITEMS.format("streets"): (f"?area={AREA}&limit=1000",),
    ITEMS.format("areas"): ("",),
    ITEMS.format("assets") + "/{featureId}": ("", "?f=html"),
}  # fmt: skip
#: Addresses that this story leaves out, and why.
ELSEWHERE = {
    "/communities/{slug}/sharing": "is for stewards, and holds no entry; tests/pages/test_sharing.py",
    "/communities/{slug}": "tests/pages/test_communities.py asks it before and after a withdrawal",
    "/areas/{code}/poster": "takes seconds; tests/pages/test_poster.py asks it before and after a withdrawal",
    ITEMS.format("activities") + "/{featureId}": "asked below, by number",
    f"{API}/lookups": "tells of the looks of this story; tests/pages/test_lookups.py",
    "/areas/{code}/notices": "a form; what notices say is held by tests/pages/test_notices.py",
    "/notices/confirm/{token}": "is for whoever has the link; tests/pages/test_notices.py",
    "/notices/stop/{token}": "is for whoever has the link; tests/pages/test_notices.py",
    "/sign-in/{token}": "opens for whoever has the link; tests/pages/test_sign_in.py",
    **dict.fromkeys(
        (
            "/conversations", "/conversations/streets", "/conversations/download", "/conversations/{conversation_id}",
            "/conversations/{conversation_id}/remove", "/conversations/{conversation_id}/undo", f"{API}/conversations",
        ),
        "is for builders, and about streets; tests/pages/test_conversations.py",
    ),
    **dict.fromkeys(
        (
            "/mine/{token}",
            *(f"/mine/{{token}}/{end}" for end in ("export", "audience", "hide", "link", "relay", "erase")),
        ),
        "opens for whoever has the link; tests/pages/test_mine.py",
    ),
    "/assets/{asset_id}/link": "is for builders; tests/pages/test_mine.py",
    "/assets/{asset_id}/hide": "the same",
    "/assets/{asset_id}/relay": "is for builders, and refused for persons; tests/pages/test_join_in.py",
    "/review/{token}": "opens for whoever has the link; tests/pages/test_review.py",
    "/relay/{token}": "opens for whoever has the link; tests/pages/test_relay.py",
    "/assets/{asset_id}/contact": "tests/pages/test_relay.py asks it before and after a withdrawal",
    "/me/people": "is for members and builders; tests/pages/test_mine.py",
    **dict.fromkeys(
        (
            "/admin", "/admin/accounts", "/admin/accounts/{account_id}", "/admin/communities",
            *(f"/admin/accounts/{{account_id}}/{rest}" for rest in ("close", "link", "role", "second-steps")),
            "/admin/communities/{community_id}/name", "/admin/tokens/{token_id}/revoke",
        ),
        "is for admins; tests/pages/test_admin.py looks for the words of an entry in them",
    ),
    **dict.fromkeys(("/mails/stop/{token}", "/me/mails", "/me/close"), "says nothing of entries"),
    "/me/export": "is for who is signed in; tests/pages/test_me.py",
    "/me": "is for who is signed in; tests/pages/test_sign_in.py",
    **dict.fromkeys(("/invitations/{token}", "/invitations/open/{token}"), "opens for whoever has the link"),
    **dict.fromkeys(
        (
            "/communities/{slug}/people",
            "/communities/{slug}/people/{account_id}/role",
            "/communities/{slug}/people/{account_id}/out",
            "/communities/{slug}/invitations",
            "/communities/{slug}/invitations/{invitation_id}/revoke",
        ),
        "is for builders and stewards, about accounts; tests/pages/test_community_people.py",
    ),
    "/communities/{slug}/history": "is for members and builders; tests/pages/test_community_history.py",
    **dict.fromkeys(
        ("/communities/{slug}/leave", "/communities/{slug}/export"),
        "is for stewards; tests/assets/test_community_export.py looks for who withdrew",
    ),
    **dict.fromkeys(("/table", "/table/end", "/table/leave", "/table/{code}"), "says nothing of entries"),
    "/suggestions/{token}": "opens for whoever has the link; tests/pages/test_suggest.py",
    **dict.fromkeys(
        (
            "/moderation", "/moderation/{suggestion_id}/accept", "/moderation/{suggestion_id}/refuse",
            "/moderation/{suggestion_id}/edit",
            "/assets/{asset_id}/history", "/changes/{change_id}/undo",
        ),
        "is for builders; tests/pages/test_moderation.py",
    ),
    f"{API}/connections": "tests/api/test_connections.py asks these and both ends before and after a withdrawal",
    f"{API}/connections/{{connectionId}}": "the same",
    "/assets/{asset_id}/photo": "is for who may change entries; tests/pages/test_photos.py",
    "/photos/{key}": "a person has no photo; tests/assets/test_photos.py puts one there past every check",
    "/photos/{key}/small": "the same",
    "/suggestions/{token}/photo": "opens for whoever has the link; tests/pages/test_photos.py",
    "/suggestions/{token}/photo/small": "the same",
    "/assets/{asset_id}/connections": "is for who may change entries; tests/pages/test_connect.py",
    **dict.fromkeys(
        (
            "/sign-in/oidc", "/sign-in/oidc/callback",
            "/sign-in", "/sign-out", "/form-token",
            "/manifest.webmanifest", "/service-worker.js", "/offline", "/waiting",
            "/sign-in/second", "/sign-in/second/passkey",
            "/sign-in/second/passkey/options", "/me/second-step", "/me/second-step/remove", "/me/second-step/passkey",
            "/me/second-step/passkey/options", "/me/paper-codes", "/me/tokens", "/me/tokens/revoke",
            f"{API}/tokens", f"{API}/tokens/{{tokenId}}",
            "/sign-in", "/sign-out", "/form-token", "/pin/streets/{street_id}", "/pin/street-parts/{street_part_id}",
            "/pin/here", "/pin/place",
            "/ready", "/.well-known/security.txt", f"{API}/", f"{API}/openapi.json", f"{API}/conformance",
            f"{API}/collections/{{collectionId}}", f"{API}/collections/{{collectionId}}/queryables",
            f"{API}/problems", f"{API}/problems/{{slug}}", ITEMS.format("streets") + "/{featureId}",
            ITEMS.format("areas") + "/{featureId}",
        ),
        "says nothing of entries",
    ),
}  # fmt: skip
COMMANDS = (
    ("calendar", "--area", AREA, "--out", "OUT"),
    ("profile", AREA, "--format", "json"),
    ("timeline", "--area", AREA),
    ("energy", "--area", AREA, "--by", "activities"),
    ("export", "assets"),
    ("export", "activities"),
    ("map", "public", "--area", AREA, "--out", "OUT"),
    ("map", "timeline", "--area", AREA, "--out", "OUT"),
    ("map", "energy", "--area", AREA, "--out", "OUT"),
)


@dataclass
class Round:
    """What everything said at one moment: bodies, unpacked, and ETags by address; what commands wrote."""

    said: dict[str, bytes] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)

    def naming(self) -> set[str]:
        """Where the mark, or what a person of the story did, can be read."""
        marks = (MARK.encode(), str(PARTICIPANTS).encode(), b"97.919", b"97,919")
        return {place for place, body in self.said.items() if any(mark in body for mark in marks)}


@dataclass
class Story:
    """The four moments, and the numbers of the persons: first the four who are hidden, then the one who withdrew."""

    before: Round
    hidden: Round
    public: Round
    withdrawn: Round
    persons: list[int]
    activities: list[int]


def unpacked(body: bytes) -> bytes:
    """A body with what is packed in it."""
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return b"\n".join(packed.read(name) for name in packed.namelist())


def addresses(ids: tuple[int, ...]) -> Iterator[str]:
    """Every address with everything that it is asked."""
    for path, queries in QUESTIONS.items():
        shape = path.replace("{code}", AREA).replace("{z}/{x}/{y}", "14/8433/5372")
        for number in ids if "{asset_id}" in shape or "{featureId}" in shape else (0,):
            plain = shape.replace("{asset_id}", str(number)).replace("{featureId}", str(number))
            yield from (plain + query for query in queries)


#: What a visitor cannot read at all is asked by an analyst.
FOR_ANALYSTS = ("/plan", f"{API}/plan")


def ask(client: TestClient, token: str, ids: tuple[int, ...], deeds: list[int], held: Round | None = None) -> Round:
    """Ask everything; with the ETags of an earlier round, as a client that holds its answers does.

    `token` is that of an analyst, for FOR_ANALYSTS.
    """
    found = Round()
    for address in (*addresses(ids), *(f"{ITEMS.format('activities')}/{deed}" for deed in deeds)):
        headers = {"If-None-Match": held.tags[address]} if held and address in held.tags else {}
        if address.startswith(FOR_ANALYSTS):
            assert client.get(address, follow_redirects=False).status_code in (303, 401)
            headers["Authorization"] = f"Bearer {token}"
        answer = client.get(address, headers=headers)
        assert answer.status_code < 500, (address, answer.text)
        found.status[address] = answer.status_code
        found.said[address] = unpacked(answer.content) if answer.status_code in (200, 304) else b""
        if "etag" in answer.headers:
            found.tags[address] = answer.headers["etag"]
        if answer.status_code == 200 and "json" in answer.headers["content-type"]:
            found.data[address] = {name: value for name, value in answer.json().items() if name != "timeStamp"}
    return found


def command(url: str, arguments: tuple[str, ...], folder: Path) -> bytes:
    """What a command prints and writes."""
    out = folder / f"{len(list(folder.iterdir()))}.out"
    given = [str(out) if one == "OUT" else one for one in arguments]
    env = {"VUURTOREN_DATABASE_URL": url, "VUURTOREN_SECRET": SECRET}
    done = CliRunner().invoke(program, given, env=env)
    assert done.exit_code == 0, done.output
    return done.stdout_bytes + (out.read_bytes() if out.exists() else b"")


def person(session: Session, number: int, **consent: Any) -> tuple[int, int]:
    """The numbers of a person with the mark in every text, and of what they did; `consent` when they gave one."""
    started = date(2026, 1, 1)
    draft = AssetDraft.model_validate(
        {
            "kind": "person", "title": f"{MARK} {number}", "description": f"{MARK} vertelt", "themes": ["culture"],
            "gifts": [{"of": "hands", "what": f"{MARK} vouwen"}], "rhythm": f"{MARK} elke week",
            "recurrence": "FREQ=WEEKLY", "recurrence_start": "2026-01-03T10:00", "started_on": started,
            "place": {"area": AREA},
        }
    )  # fmt: skip
    found = inventory.add(session, draft, by=BUILDER, today=today())
    done = ActivityDraft(asset_id=found.id, held_on=today(), participants=PARTICIPANTS, note=f"{MARK} kwam")
    deed = activities.add(session, done, by=BUILDER, today=today()).id
    if consent:
        given = {"audience": Audience.public, "given_on": today(), **consent}
        consents.record(
            session, found.id, wording_version="1", wording=f"Mag {MARK} dit?", language="nl", by=BUILDER.name, **given
        )
    return found.id, deed


@pytest.fixture(scope="module")
def story(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story of the head of this file, told once for all tests here."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url)
    with engine.connect() as connection:
        last = connection.execute(text("SELECT max(id) FROM asset")).scalar_one()
        deed = connection.execute(text("SELECT max(id) FROM activity")).scalar_one()
    ids, deeds = tuple(range(last + 1, last + 6)), list(range(deed + 1, deed + 6))
    folder = tmp_path_factory.mktemp("files")

    def run(into: Round) -> None:
        into.said |= {" ".join(one): command(url, one, folder) for one in COMMANDS}

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        with Session(engine) as session, session.begin():
            token = tokens.add_token(session, "analyst", role=Role.analyst)
        before = ask(client, token, ids, deeds)
        with Session(engine) as session, session.begin():
            made = [
                person(session, 1),
                person(session, 2, audience=Audience.builders),
                person(session, 3, given_on=today() - timedelta(days=9)),
                person(session, 4, given_on=today() - timedelta(days=9), expires_on=today()),
            ]
            session.execute(text("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id"), {"id": made[2][0]})
        hidden = ask(client, token, ids, deeds)
        with Session(engine) as session, session.begin():
            made.append(person(session, 5, audience=Audience.public))
        public = ask(client, token, ids, deeds)
        run(public)
        with engine.begin() as connection:
            connection.execute(text("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id"), {"id": made[4][0]})
        withdrawn = ask(client, token, ids, deeds, held=public)
        run(withdrawn)
    engine.dispose()
    assert ids == tuple(number for number, _ in made)
    yield Story(before, hidden, public, withdrawn, [number for number, _ in made], [number for _, number in made])
    databases.drop(url)


def test_every_address_is_looked_after() -> None:
    """An address that is not asked here says why."""
    from tests.test_docs import application

    assert set(paths(application().routes)) == set(QUESTIONS) | set(ELSEWHERE)


def test_who_did_not_agree_is_nowhere(story: Story) -> None:
    """No word of theirs, nor how many took part in what they did, in any page, answer, file, tile or command."""
    assert story.hidden.naming() == set()
    found = [address for address, status in story.hidden.status.items() if status == 200]
    assert not any(f"/{number}" in address for number in story.persons for address in found)


def test_who_did_not_agree_changes_no_figure(story: Story) -> None:
    """Every answer of the API is what it was before they came: no count, no energy, no class, no day tells of them."""
    assert len(story.hidden.data) > 30
    assert story.hidden.data == story.before.data


def test_who_agrees_is_found(story: Story) -> None:
    """So this story would notice: who agreed is in lists, answers, tiles, calendars, files and commands."""
    named = story.public.naming()
    number = story.persons[-1]
    for place in (
        "/?kind=person", f"/assets?q={SOUGHT}", f"/search?q={SOUGHT}", f"/assets?talent={SOUGHT}",
        f"{ITEMS.format('assets')}?q={SOUGHT}", f"/assets/in-view?q={SOUGHT}", f"/assets/{number}",
        f"/assets/{number}/calendar", f"/areas/{AREA}", f"/energy?area={AREA}&unfold=area", "/map-tiles/14/8433/5372",
        f"{API}/areas/{AREA}/summary", f"{API}/areas/{AREA}/calendar", f"{API}/areas/{AREA}/feed",
        f"/areas/{AREA}/feed", f"/areas/{AREA}/calendar", f"{API}/energy/activities?area={AREA}",
        f"{ITEMS.format('assets')}?kind=person&f=csv", f"{ITEMS.format('assets')}?f=gpkg",
        f"{ITEMS.format('activities')}?f=xlsx", f"{ITEMS.format('activities')}/{story.activities[-1]}",
        "export assets", f"energy --area {AREA} --by activities", f"map public --area {AREA} --out OUT",
    ):  # fmt: skip
        assert place in named, place
    gifts = story.public.data[f"{API}/areas/{AREA}/summary"]["assets"]["named_gifts"]
    assert f"{MARK} vouwen" not in {one["what"] for one in gifts}, "what one person only can do is not told as a count"


def test_who_withdraws_is_gone_from_everything_at_once(story: Story) -> None:
    """Also for who holds the earlier answer: it is sent anew, without them; every figure is what it was before."""
    assert story.withdrawn.naming() == set()
    stale = {place for place in story.public.naming() if story.withdrawn.status.get(place) == 304}
    assert stale == set()
    assert {a: d for a, d in story.withdrawn.data.items() if d != story.before.data.get(a)} == {}


def test_counts_of_people_are_told_in_fives(story: Story) -> None:
    """Whatever counts people, one more of them changes no count: not in profiles, timelines or what lives nearby."""

    def counts(found: Any, name: str = "") -> Iterator[tuple[str, Any]]:
        if isinstance(found, dict):
            for key, value in found.items():
                yield from counts(value, key)
        elif isinstance(found, list):
            for value in found:
                yield from counts(value, name)
        elif name in ("people_at_least", "person"):
            yield name, found

    told = {address: list(counts(data)) for address, data in story.public.data.items()}
    assert {address for address, found in told.items() if found} >= {
        f"{API}/areas/{AREA}/summary", f"{API}/timeline?area={AREA}", f"{API}/growth-edge?theme=any&limit=1000",
    }  # fmt: skip
    for address, found in told.items():
        assert all(count is None or count % 5 == 0 for _, count in found), address
        assert found == list(counts(story.before.data.get(address, {}))) or json.dumps(found) == "[]", address


def test_counts_in_tiles_hold_persons_in_fives(session: Session, tmp_path: Path) -> None:
    """What a tile above street level counts minus the things in it tells nobody of five persons or fewer."""
    draw(session, tmp_path)
    inventory.add(session, thing("club", "Koor", (150, 150)), by=BUILDER, today=today())
    for people, counted in ((5, 1), (6, 6)):
        while session.execute(text("SELECT count(*) FROM asset WHERE kind = 'person'")).scalar_one() < people:
            draft = AssetDraft.model_validate({"kind": "person", "title": "P", "place": {"area": "BU00010101"}})
            number = inventory.add(session, draft, by=BUILDER, today=today()).id
            consents.record(
                session, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
                given_on=today(), by=BUILDER.name,
            )  # fmt: skip
        x, y, z = session.execute(
            text(
                "SELECT floor((ST_X(p) + 20037508.34) / 40075016.68 * 4096),"
                " floor((20037508.34 - ST_Y(p)) / 40075016.68 * 4096), 12"
                " FROM (SELECT label_point_3857 AS p FROM area WHERE code = 'BU00010101') AS a"
            )
        ).one()
        with as_public(session):
            raw: Any = session.connection().connection.driver_connection
            body = tiles.vector_tile(raw, int(z), int(x), int(y), on=today())
        found = mapbox_vector_tile.decode(body)["asset_counts"]["features"]
        assert [one["properties"]["count"] for one in found if one["properties"]["code"] == "BU00010101"] == [counted]


def test_commands_read_as_a_visitor_on_the_day_of_the_neighbours(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a command prints of everyone's data is read by the public role, whose consents end at midnight here."""
    from app.commands.session import open_session

    monkeypatch.setenv("VUURTOREN_DATABASE_URL", database_url)
    monkeypatch.setenv("VUURTOREN_SECRET", SECRET)
    with open_session(public=True) as session:
        zone, role = session.execute(text("SELECT current_setting('timezone'), current_role")).one()
    assert ("Europe/Amsterdam", "vuurtoren_public") == (zone, role)
