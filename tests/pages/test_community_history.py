"""Who did what in a community: for its people, without what somebody keeps to themselves."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts, communities, community_history, consents, history, inventory, memberships, sharing
from assets.drafts import AssetDraft
from assets.permissions import Viewer
from assets.vocabulary import Audience, Role, Shared
from tests.signing_in import signed_in

PAGE = {"accept": "text/html"}
PATH = "/communities/west/history"


@pytest.fixture
def made(client: TestClient, database_url: str) -> Iterator[tuple[TestClient, Session, dict[str, int]]]:
    """A community with a builder who put four neighbours on the map, each with another audience."""
    engine = create_engine(database_url)
    with Session(engine) as session:
        west, oost = (communities.add(session, slug, slug.title()).id for slug in ("west", "oost"))
        for name, role in (("Stien", Role.steward), ("Bo", Role.builder), ("Mila", Role.member)):
            accounts.add(session, name, role=role, community_id=west)
        accounts.add(session, "Elders", role=Role.steward, community_id=oost)
        bo = Viewer("Bo", Role.builder, account_id=98, community_id=west, roles={west: Role.builder})
        found = {"west": west, "oost": oost}
        for name, audience in (("Builders", None), ("Members", Audience.community), ("Public", Audience.public),
                               ("Gone", Audience.public)):  # fmt: skip
            draft = {"kind": "person", "title": f"Buur{name}", "place": {"show": "none"}}
            found[name] = inventory.add(session, AssetDraft.model_validate(draft), by=bo).id
            if audience is not None:
                consents.record(
                    session, found[name], audience=audience, wording_version="1", wording="Mag dit?", language="nl",
                    given_on=date.today(), by="Bo",
                )  # fmt: skip
        consents.withdraw(session, found["Gone"], by=consents.THEMSELVES)
        session.commit()
        yield client, session, found
    engine.dispose()


def test_what_each_sees(made: tuple[TestClient, Session, dict[str, int]], database_url: str) -> None:
    """Builders see every title but of who withdrew; members those for members; others of the community none of it."""
    client, _, found = made
    seen = {
        "Bo": (Role.builder, {"BuurBuilders", "BuurMembers", "BuurPublic"}),
        "Stien": (Role.steward, {"BuurBuilders", "BuurMembers", "BuurPublic"}),
        "Mila": (Role.member, {"BuurMembers", "BuurPublic"}),
        "Ad": (Role.admin, {"BuurPublic"}),
    }
    for name, (role, titles) in seen.items():
        client.cookies.clear()
        page = signed_in(client, database_url, role, name=name).get(PATH, headers=PAGE)
        assert 200 == page.status_code, name
        assert "no-store" in page.headers["cache-control"]
        assert titles == set(re.findall(r"Buur(?:Builders|Members|Public|Gone)", page.text)), name
        assert "zette dit op de kaart" in page.text
        assert (f"/assets/{found['Builders']}/history" in page.text) == (name in ("Bo", "Stien")), name
        assert f'href="/assets/{found["Public"]}"' in page.text
        assert ("trok een toestemming in" in page.text) == (name in ("Bo", "Stien")), (
            "a member is not told it is a person"
        )
    for name, role in (("Elders", Role.steward), ("Ans", Role.analyst)):
        client.cookies.clear()
        assert 403 == signed_in(client, database_url, role, name=name).get(PATH, headers=PAGE).status_code
    client.cookies.clear()
    assert 303 == client.get(PATH, headers=PAGE, follow_redirects=False).status_code


def test_choosing_and_paging(made: tuple[TestClient, Session, dict[str, int]], database_url: str) -> None:
    """By name and by kind; page after page every change once, newest first; what cannot be read is left out."""
    client, session, found = made
    steward = Viewer("Stien", Role.steward, account_id=97, community_id=found["west"],
                     roles={found["west"]: Role.steward})  # fmt: skip
    sharing.choose(
        session, found["west"], {Shared.conversations: sharing.Choice(True, "Om samen te plannen")}, seen=0, by=steward
    )
    memberships.note(session, found["west"], accounts.named(session, "Mila").id, "changed", by="Stien",
                     before=Role.visitor, after=Role.member)  # fmt: skip
    for number in range(120):
        history.note(session, "asset", found["Public"], "changed", by=f"Vele {number % 3}")
    session.commit()
    signed_in(client, database_url, Role.member, name="Mila")
    numbers: list[int] = []
    path: str | None = PATH
    while path is not None:
        page = client.get(path, headers=PAGE).text
        numbers += [int(one) for one in re.findall(r'id="change-(\d+)"', page)]
        more = re.search(r'href="(/communities/west/history\?[^"]*before=\d+)"', page)
        path = more[1].replace("&amp;", "&") if more else None
    every = session.scalars(
        text("SELECT id FROM change WHERE community_id = :id ORDER BY id DESC"), {"id": found["west"]}
    ).all()
    assert numbers == list(every)

    alone = client.get(f"{PATH}?by=Stien", headers=PAGE).text
    assert "koos wat de gemeente ziet" in alone
    assert "bewoner" in alone
    assert "Mila, bewoner" not in alone  # who takes part is for builders, as on its own page
    assert "zette dit op de kaart" not in alone
    shared = client.get(f"{PATH}?kind=sharing", headers=PAGE).text
    assert 1 == shared.count('class="vuurtoren-change"')
    assert 40 == client.get(f"{PATH}?by=Vele+1", headers=PAGE).text.count('class="vuurtoren-change"')
    assert "Hiervan is niets gedaan" in client.get(f"{PATH}?by=%3Cb%3E", headers=PAGE).text
    for strange in ("before=x", "before=99999999999999999999", "kind=%00", "by=%ff%00", "before=-1"):
        assert 200 == client.get(f"{PATH}?{strange}", headers=PAGE).status_code, strange
    assert {"Bo", "Stien", "Vele 0", "Vele 1", "Vele 2"} <= set(
        community_history.names(session, found["west"], viewer=steward)
    )


def test_a_member_is_not_told_that_a_person_chose(
    made: tuple[TestClient, Session, dict[str, int]], database_url: str
) -> None:
    """What a neighbour who is for builders only does themselves tells a member neither who, nor when to the minute."""
    client, session, found = made
    consents.record(
        session, found["Builders"], audience=Audience.builders, wording_version="1", wording="Mag dit?", language="nl",
        given_on=date.today(), by=consents.THEMSELVES,
    )  # fmt: skip
    session.commit()
    signed_in(client, database_url, Role.member, name="Mila")
    page = client.get(PATH, headers=PAGE).text
    first = page[page.index('class="vuurtoren-change"') :].split("</li>")[0]
    assert "Iemand" in first
    assert "veranderde iets" in first
    assert not re.search(r"\d\d:\d\d", first)
    assert "de persoon zelf" not in page
    assert "Hiervan is niets gedaan" in client.get(f"{PATH}?by=themselves", headers=PAGE).text
    client.cookies.clear()
    signed_in(client, database_url, Role.builder, name="Bo")
    assert "de persoon zelf" in client.get(PATH, headers=PAGE).text
