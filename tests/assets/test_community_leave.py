"""A community that leaves: what goes, what stays of others, and that nothing brings it back."""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import erased_list
from assets import (
    accounts,
    activities,
    communities,
    community_leave,
    connections,
    consents,
    conversations,
    erasure,
    history,
    inventory,
    last_guards,
    mails,
    measurements,
    names,
    personal_links,
    photos,
    pictures,
    sample,
    search,
    sharing,
    tokens,
)
from assets import suggestions as suggested
from assets.accounts import Account
from assets.community_leave import Departure
from assets.drafts import ActivityDraft, AssetDraft, ConversationDraft, MeasurementDraft
from assets.errors import Conflict, NotAllowed, NotFound
from assets.idempotency_keys import IdempotencyKey
from assets.mails import Mail
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.vocabulary import Audience, ConnectionKind, Role, Shared, SuggestionKind
from tests import neighbourhood, photo_files
from tests.assets.test_erasure import where_it_stands
from tests.conftest import as_public
from tests.neighbourhood import DAY


@dataclass(frozen=True)
class Planted:
    """A community with a word of its own in everything that it can say."""

    id: int
    word: str
    steward: Viewer
    club: int
    person: int
    talk: int

    @property
    def email(self) -> str:
        """The address of its steward."""
        return f"{self.word}@example.org".lower()


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    folder = tmp_path / "map"
    folder.mkdir()
    neighbourhood.draw(session, folder)
    return session


def plant(session: Session, word: str, *, key: str = "7") -> Planted:
    """A community in which everything that somebody can write holds this word."""
    made = communities.add(session, word.lower(), f"Buren van {word}")
    account = accounts.add(
        session, f"Stien {word}", role=Role.steward, email=f"{word}@example.org", community_id=made.id
    )
    steward = Viewer(
        account.name, Role.steward, account_id=account.id, community_id=made.id, roles={made.id: Role.steward}
    )
    values = {"description": f"Over {word}", "rhythm": f"elke {word}", "gifts": [{"of": "hands", "what": word}]}
    draft = neighbourhood.thing("club", f"Koor {word}", (120, 130)).model_copy(
        update={"description": f"Over {word}", "rhythm": f"elke {word}"}
    )
    club = inventory.add(session, draft, by=steward, today=DAY).id
    renamed = draft.model_copy(update={"title": f"Zangkoor {word}"})
    inventory.change(session, club, renamed, by=steward, today=DAY)
    neighbour = AssetDraft.model_validate(
        {"kind": "person", "title": f"Truus {word}", "place": {"area": "BU00010102"}, **values}
    )
    person = inventory.add(session, neighbour, by=steward, source="lijst", source_key=f"{word}{key}", today=DAY).id
    consents.record(
        session, person, audience=Audience.public, wording_version="1", wording=f"Mag dit, {word}?", language="nl",
        given_on=date.today(), by=steward.name,
    )  # fmt: skip
    personal_links.make(session, person, by=steward)
    happened = ActivityDraft(asset_id=club, held_on=DAY, participants=3, note=f"{word} gezongen")
    activities.add(session, happened, by=steward, today=DAY)
    connections.add(session, person, ConnectionKind.organises, club, by=steward)
    talked = ConversationDraft(street="Kerkstraat", held_on=DAY, note=f"{word} gehoord")
    talk = conversations.add(session, talked, by=steward, today=DAY).id
    picture = pictures.made(photo_files.plain(60, 40))
    photos.put(session, club, picture, alt=f"Een koor, {word}", language="nl", by=steward)
    suggested.propose(
        session, SuggestionKind.changed, by=VISITOR, asset_id=club, note=f"{word} op dinsdag", language="nl",
        contact=f"{word}.buur@example.org",
    )  # fmt: skip
    sharing.choose(session, made.id, {Shared.conversations: sharing.Choice(True, f"Om {word}")}, seen=0, by=steward)
    counted = {"street": "Kerkstraat", "measured_on": DAY, "kind": "coarse", "count": 3}
    measurements.add(session, MeasurementDraft.model_validate(counted), by=steward, today=DAY)
    program = replace(steward, name=f"{steward.name}{names.OF_PROGRAM}telapp")
    measurements.add(session, MeasurementDraft.model_validate(counted), by=program, today=DAY)
    for told in (f"asset:{club}", "asset:0"):
        to = f"{word}@example.org".lower() if told == "asset:0" else "buur@example.org"
        words = "" if told == "asset:0" else word
        mails.hand_in(session, Mail(recipient=to, language="nl", subject=words, body=words, about=[told]))
    for number, body in ((club, {"id": club, "title": word}), (talk, {"id": talk, "note": word})):
        kept = json.dumps(body)
        key = f"{number}-{len(kept)}-{made.id}"
        answer = {"fingerprint": "", "status": 201, "headers": {}, "body": kept}
        session.add(IdempotencyKey(holder="token:1", key=key, **answer))
    session.flush()
    return Planted(made.id, word, steward, club, person, talk)


@pytest.fixture
def two(drawn: Session) -> tuple[Session, Planted, Planted]:
    """Two communities in one neighbourhood, connected with each other."""
    west, oost = plant(drawn, "Zilvervisje"), plant(drawn, "Goudhaan")
    connections.add(drawn, oost.club, ConnectionKind.helps, west.club, by=oost.steward)
    return drawn, west, oost


def test_nothing_of_it_is_left(two: tuple[Session, Planted, Planted]) -> None:
    """Its word stands in many tables before, and after in none, nor in what the planner keeps; the other's stay."""
    session, west, oost = two
    session.execute(text("ANALYZE"))
    before = {planted.word: where_it_stands(session, planted.word) for planted in (west, oost)}
    assert {
        "account", "activity", "asset", "change", "community", "consent", "conversation", "idempotency_key", "mail",
        "measurement", "photo", "sharing", "suggestion",
    } <= before[west.word]  # fmt: skip

    left = community_leave.leave(session, west.id, by=west.steward, today=DAY)

    assert (2, 1, 1) == (left.entries, left.persons, left.accounts)
    assert [west.email] == [one.email for one in left.stewards]
    samples = "SELECT tablename || '.' || attname FROM pg_stats AS s WHERE s::text ILIKE :word"
    assert [] == session.scalars(text(samples), {"word": f"%{west.word}%"}).all()
    assert set() == where_it_stands(session, west.word)
    assert before[oost.word] == where_it_stands(session, oost.word)


def test_the_map_of_the_others_is_unchanged(two: tuple[Session, Planted, Planted]) -> None:
    """Search and energy of who stays are as before, and a connection with who left is no longer there."""
    session, west, oost = two

    def seen() -> tuple[list[str], list[object], list[int]]:
        with as_public(session):
            found = [one.title for one in search.find(session, oost.word, on=DAY).assets]
        shares = session.execute(
            text("SELECT street_part_id, energy_at_epoch FROM energy_share WHERE asset_id = :id"), {"id": oost.club}
        )
        groups = connections.of_asset(session, oost.club, on=DAY)
        return found, list(shares), [end.asset_id for group in groups for end in group.ends]

    before = seen()
    community_leave.leave(session, west.id, by=west.steward, today=DAY)
    after = seen()
    assert before[0]
    assert before[1]
    assert before[:2] == after[:2]
    assert {west.club} == set(before[2]) - set(after[2])
    told = [one.about for one in history.of_asset(session, oost.club) if one.subject == "connection"]
    assert [[oost.club], sorted([oost.club, oost.person])] == told


def test_who_may(two: tuple[Session, Planted, Planted]) -> None:
    """A steward of this community and the operator of the machine; no builder, no other steward and no admin."""
    session, west, oost = two
    admin = Viewer("Ad", Role.admin, account_id=99)
    builder = Viewer("Bo", Role.builder, account_id=98, community_id=west.id, roles={west.id: Role.builder})
    program = Viewer("programma", Role.steward, token_id=1)
    for somebody in (admin, builder, program, oost.steward, VISITOR, Viewer("operator", Role.admin, account_id=97)):
        with pytest.raises(NotAllowed):
            community_leave.leave(session, west.id, by=somebody)
    community_leave.leave(session, west.id, by=OPERATOR)
    with pytest.raises(NotFound):
        community_leave.leave(session, west.id, by=OPERATOR)


def test_it_waits_for_who_takes_a_role_away(two: tuple[Session, Planted, Planted], worker_engine: Engine) -> None:
    """Before it holds any row, so that neither waits for what the other holds."""
    session, wolf, _ = two
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    with Session(worker_engine) as other:
        last_guards.hold(other)
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        with pytest.raises(OperationalError, match="lock timeout"), session.begin_nested():
            community_leave.leave(session, wolf.id, by=wolf.steward)
    assert not [words for words in asked if "FOR UPDATE" in words]
    assert community_leave.leave(session, wolf.id, by=wolf.steward).entries


def test_who_is_elsewhere_too_stays(two: tuple[Session, Planted, Planted]) -> None:
    """An account with a role in another community keeps it, and its highest role is that one; it signs in again."""
    session, west, oost = two
    both = accounts.add(session, "Bea", role=Role.steward, community_id=west.id)
    accounts.set_role(session, both, Role.builder, community_id=oost.id)
    number = both.id
    community_leave.leave(session, west.id, by=west.steward)
    kept = session.scalars(select(Account).where(Account.id == number)).one()
    assert Role.builder == kept.role
    assert [("Bea", Role.builder)] == [
        (one.name, role) for one, role in accounts.members(session, oost.id) if one.name == "Bea"
    ]


def test_the_sample_does_not_leave(drawn: Session) -> None:
    """It goes with its streets, by a command of its own."""
    sample.load(drawn, today=DAY)
    made = communities.sample(drawn)
    assert made is not None
    with pytest.raises(Conflict, match="demo --remove"):
        community_leave.leave(drawn, made.id, by=OPERATOR)


def test_the_first_leaves_and_the_map_goes_on(drawn: Session) -> None:
    """What is added after the first community left goes to another one, made when there is none."""
    first = communities.default_id(drawn)
    draft = neighbourhood.thing("club", "Zilverkoor", (120, 130))
    inventory.add(drawn, draft, by=OPERATOR, today=DAY)
    drawn.execute(text("ANALYZE"))
    community_leave.leave(drawn, first, by=OPERATOR)
    assert set() == where_it_stands(drawn, "Zilverkoor"), "also the samples of a table that is empty now"
    assert first != inventory.add(drawn, draft, by=OPERATOR, today=DAY).community_id


def test_its_persons_do_not_come_back_with_an_import(two: tuple[Session, Planted, Planted]) -> None:
    """They are remembered by a mark, as everybody whose entry was erased."""
    session, west, oost = two
    community_leave.leave(session, west.id, by=west.steward, today=DAY)
    keys = [f"{planted.word}7" for planted in (west, oost)]
    assert {keys[0]} == erasure.was_erased(session, "lijst", keys)


def test_a_restored_database_lets_it_leave_again(two: tuple[Session, Planted, Planted], tmp_path: Path) -> None:
    """From the list beside the database, once; a community of the same number that is another stays."""
    session, west, oost = two
    session.commit()
    session.info[erasure.AFTERWARDS] = erased_list.Beside(tmp_path)
    with session.begin_nested() as before:
        departed = community_leave.leave(session, west.id, by=west.steward, today=DAY) and community_leave.records(
            session
        )
        listed = [*departed, *erasure.records(session)]
        before.rollback()
    session.expire_all()
    erased_list.append(tmp_path / "list.jsonl", listed)
    assert listed == erased_list.read(tmp_path / "list.jsonl")
    assert where_it_stands(session, west.word)

    done = erased_list.replay(session, erased_list.read(tmp_path / "list.jsonl"))
    assert (1, 0) == (done.left, done.again)
    assert set() == where_it_stands(session, west.word)
    assert where_it_stands(session, oost.word)
    assert [departed[0].left_at] == list(session.scalars(select(Departure.left_at)))
    assert 0 == erased_list.replay(session, listed).left
    other = [erasure.Departed(departed[0].database, oost.id, "0" * 64, departed[0].left_at)]
    assert 0 == community_leave.replay(session, other)
    assert where_it_stands(session, oost.word)


def test_a_program_of_the_same_name_keeps_it(two: tuple[Session, Planted, Planted]) -> None:
    """What a program of the operator counted stays under its name, also when somebody of that name goes."""
    session, west, oost = two
    tokens.add_token(session, oost.steward.name, role=Role.builder)
    community_leave.leave(session, oost.id, by=oost.steward, today=DAY)
    counted = session.scalars(
        text("SELECT counted_by FROM measurement UNION SELECT recorded_by FROM measurement")
    ).all()
    assert oost.steward.name in counted
    assert west.steward.name in counted
