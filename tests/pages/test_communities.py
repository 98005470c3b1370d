"""The pages of communities: who runs the map, in public numbers only."""

from datetime import timedelta

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.parameters import today
from assets import communities, consents, inventory
from assets.drafts import AssetDraft
from assets.permissions import OPERATOR
from assets.vocabulary import Audience


def test_a_community_has_a_page(client: TestClient, database_url: str) -> None:
    """The list leads to each community, and its page says what it shares; an address that is none is a 404."""
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        communities.add(session, "bospolder", "Buren van <Bospolder>")
    engine.dispose()

    listed = client.get("/communities", headers={"accept": "text/html"}).text
    assert '<a class="utrecht-link" href="/communities/bospolder"><bdi>Buren van &lt;Bospolder&gt;</bdi></a>' in listed
    words = " ".join(client.get("/communities?lang=nl", headers={"accept": "text/html"}).text.split())
    assert "<small>nog geen club, plek of initiatief · deelt: straten, aantallen; niet: gesprekken</small>" in words
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sharing (community_id, what, shared, reason, set_by)"
                " SELECT id, 'street_states', false, 'Eerst praten', 'Sanne' FROM community WHERE slug = 'bospolder'"
            )
        )
    words = " ".join(client.get("/communities?lang=nl", headers={"accept": "text/html"}).text.split())
    assert "· deelt niet: straten, aantallen, gesprekken</small>" in words
    engine.dispose()
    shown = client.get("/communities/bospolder?lang=nl", headers={"accept": "text/html"})
    assert 200 == shown.status_code
    assert "Wat de gemeente wel en niet ziet" in shown.text
    assert 404 == client.get("/communities/nowhere", headers={"accept": "text/html"}).status_code
    assert 404 == client.get("/communities/%00%ff", headers={"accept": "text/html"}).status_code


def test_who_withdrew_is_not_counted(client: TestClient, database_url: str) -> None:
    """The page is the same before a person came, while they hide, while everyone may see them, and after they withdrew.

    It counts persons in fives: tests/attacks/test_withdrawing.py.
    """
    engine = create_engine(database_url)

    def page() -> str:
        return client.get("/communities/here?lang=en", headers={"accept": "text/html"}).text.split("<main")[1]

    with Session(engine) as session, session.begin():
        here = communities.add(session, "here", "Here").id
    before = page()
    assert "No club, place or initiative of theirs stands on the map yet" in before
    assert "0 entries" not in before
    with Session(engine) as session, session.begin():
        draft = AssetDraft.model_validate(
            {"kind": "person", "title": "Zwaluw", "place": {"show": "none"}, "started_on": "2026-01-01"}
        )
        person = inventory.add(session, draft, by=OPERATOR, community_id=here, today=today()).id
    assert before == page()
    with Session(engine) as session, session.begin():
        consents.record(
            session, person, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            by="Samira", given_on=today() - timedelta(days=1),
        )  # fmt: skip
    assert before == page()
    with Session(engine) as session, session.begin():
        session.execute(text("UPDATE consent SET withdrawn_at = now()"))
    assert before == page()
    engine.dispose()
