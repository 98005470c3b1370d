"""Consent: one answer holds at a time, and who withdraws is gone everywhere, also for builders."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import (
    connections,
    consents,
    history,
    inventory,
    look_alikes,
    people,
    personal_export,
    personal_links,
    relay,
)
from assets import suggestions as suggested
from assets.drafts import AssetDraft
from assets.errors import Conflict, Invalid, NotFound
from assets.idempotency_keys import IdempotencyKey
from assets.permissions import VISITOR, Viewer
from assets.undo import steps
from assets.vocabulary import AssetKind, Audience, Role, SuggestionKind
from tests import neighbourhood
from tests.conftest import SECRET
from tests.neighbourhood import BUILDER, DAY

TODAY = date.today()


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


@pytest.fixture
def truus(drawn: Session) -> int:
    """Truus, who agreed that everyone may see her."""
    draft = AssetDraft.model_validate({"kind": "person", "title": "Truus Zilvervisje", "place": {"show": "none"}})
    number = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    answer(drawn, number, Audience.public)
    return number


def answer(session: Session, number: int, audience: Audience) -> None:
    """Record what somebody answered today."""
    read = consents.wording("nl")
    consents.record(
        session, number, audience=audience, wording_version=read.version, wording=read.text, language=read.language,
        given_on=TODAY, by=BUILDER.name,
    )  # fmt: skip


def public(session: Session, number: int) -> bool:
    """Whether everyone sees it."""
    return session.scalar(text("SELECT 1 FROM published_asset WHERE id = :id"), {"id": number}) is not None


def test_one_answer_holds_at_a_time(drawn: Session, truus: int) -> None:
    """A new answer takes the place of the one before; the earlier ones are kept as what was once said."""
    answer(drawn, truus, Audience.builders)
    assert not public(drawn, truus)
    answer(drawn, truus, Audience.public)
    consents.change_audience(drawn, truus, Audience.community, by="test")
    drawn.expire_all()
    told = [(one.audience, one.withdrawn_at is None) for one in consents.of(drawn, truus)]
    assert told == [("public", False), ("builders", False), ("public", False), ("community", True)]
    held = consents.holding(drawn, truus)
    assert held is not None
    assert (held.given_on, held.expires_on) == (TODAY, consents.years_later(TODAY, 2))


def test_withdrawing_forgets_the_address_for_messages(drawn: Session, truus: int) -> None:
    """Nobody can see the entry, so nobody can write to its person: the address is gone in the same transaction."""
    relay.confirm(drawn, relay.ask(drawn, truus, "truus@example.org", language="nl", key="k" * 32, by="themselves"))
    assert relay.reachable(drawn, truus)

    consents.withdraw(drawn, truus, by=consents.THEMSELVES)

    assert not relay.reachable(drawn, truus)
    assert drawn.execute(text("SELECT sealed, token_hash FROM relay_address")).all() == [(None, None)]


def test_withdrawing_hides_at_once_and_from_builders_too(drawn: Session, truus: int) -> None:
    """Edit, suggest and connect find nothing, and what others suggested about it is deleted."""
    made = suggested.propose(
        drawn, SuggestionKind.changed, by=VISITOR, asset_id=truus, note="Zij heet Trudy", language="nl"
    )
    kept = (
        {"at": f"/pin/done?asset={truus}"},
        {"at": f"/pin/done?asset={truus}0"},
        {"at": f"/pin/done?a=1&asset={truus}"},
    )
    for number, headers in enumerate(kept):
        drawn.add(IdempotencyKey(holder="t", key=str(number), fingerprint="", status=303, headers=headers, body=""))
    drawn.flush()
    consents.withdraw(drawn, truus, by=consents.THEMSELVES)
    statuses = drawn.scalars(text("SELECT status FROM idempotency_key ORDER BY key")).all()
    assert statuses == [0, 303, 0]  # what was kept to answer it again is empty
    assert not public(drawn, truus)
    with pytest.raises(NotFound):
        consents.require_open(drawn, truus)
    with pytest.raises(NotFound):
        suggested.seen(drawn, truus, BUILDER)
    with pytest.raises(NotFound):
        suggested.get_by_token(drawn, made.follow_token)
    assert connections.known(drawn, {truus}, archive=True) == {}
    assert "Trudy" not in str(drawn.execute(text("SELECT * FROM suggestion")).all())
    with pytest.raises(Conflict):
        consents.change_audience(drawn, truus, Audience.public, by="test")


def test_look_alikes_tell_no_builder_of_who_withdrew(drawn: Session) -> None:
    """Pinning someone of the same name does not bring the hidden one to light."""
    area = drawn.scalar(text("SELECT code FROM area WHERE kind = 'neighbourhood' ORDER BY code LIMIT 1"))
    draft = AssetDraft.model_validate({"kind": "person", "title": "Joop Kievit", "place": {"area": area}})
    number = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    answer(drawn, number, Audience.builders)
    near = drawn.scalar(text("SELECT ST_AsBinary(geom) FROM asset WHERE id = :id"), {"id": number})
    import shapely

    def alike() -> list[int]:
        found = look_alikes.find(
            drawn, kind=AssetKind.person, title="Joop Kievit", near=shapely.from_wkb(bytes(near)), archive=True
        )
        return [one.id for one in found]

    assert alike() == [number]
    consents.withdraw(drawn, number, by="test")
    drawn.flush()
    assert alike() == []


def test_the_history_keeps_that_it_happened_and_not_what_it_said(drawn: Session, truus: int) -> None:
    """Words and answers are taken out, and undo brings nothing back."""
    renamed = AssetDraft.model_validate({"kind": "person", "title": "Geertruida", "place": {"show": "none"}})
    inventory.change(drawn, truus, renamed, by=BUILDER, today=DAY)
    consents.withdraw(drawn, truus, by=BUILDER.name)
    drawn.expire_all()
    told = history.of_asset(drawn, truus)
    assert [(one.subject, one.action) for one in told] == [
        ("consent", "withdrawn"), ("asset", "changed"), ("consent", "recorded"), ("asset", "added"),
    ]  # fmt: skip
    assert all(one.before is None and one.after is None for one in told)
    assert [step.can_undo for step in steps(drawn, truus) if step.change.action == "changed"] == [False]


def test_who_was_never_asked_can_be_hidden_too(drawn: Session) -> None:
    """Before anybody asks an entry is for builders; hidden it is for nobody, and a later answer opens it again."""
    draft = AssetDraft.model_validate({"kind": "person", "title": "Bep", "place": {"show": "none"}})
    number = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    assert not consents.is_closed(drawn, number)
    consents.withdraw(drawn, number, by="test")
    assert consents.is_closed(drawn, number)
    answer(drawn, number, Audience.public)
    assert not consents.is_closed(drawn, number)
    assert public(drawn, number)


def test_after_two_years_it_is_for_nobody(drawn: Session, truus: int) -> None:
    """On the last day it is still seen; from the day on which the consent ends it is not, also not by builders."""
    drawn.execute(
        text("UPDATE consent SET given_on = CURRENT_DATE - 700, expires_on = CURRENT_DATE + 1 WHERE asset_id = :id"),
        {"id": truus},
    )
    assert (public(drawn, truus), consents.is_closed(drawn, truus)) == (True, False)
    drawn.execute(text("UPDATE consent SET expires_on = CURRENT_DATE WHERE asset_id = :id"), {"id": truus})
    assert (public(drawn, truus), consents.is_closed(drawn, truus)) == (False, True)


# --- the personal link ---


def test_a_link_is_kept_as_a_hash_and_replaced(drawn: Session, truus: int) -> None:
    """The token stands nowhere in the database; a new link ends the one before."""
    first = personal_links.make(drawn, truus, by=BUILDER)
    assert personal_links.asset_of(drawn, first).id == truus
    assert first not in str(drawn.execute(text("SELECT * FROM personal_link")).all())
    second = personal_links.make(drawn, truus, by=BUILDER)
    assert personal_links.asset_of(drawn, second).id == truus
    for token in (first, "", "x" * 300, "\ud800"):
        with pytest.raises(NotFound):
            personal_links.asset_of(drawn, token)


def test_only_persons_have_one_and_only_their_own_builders_make_one(drawn: Session, truus: int) -> None:
    """A club has no personal link, and a builder of another community makes none here."""
    from assets.errors import NotAllowed

    other = Viewer("Elders", Role.builder, roles={-1: Role.builder})
    with pytest.raises(NotAllowed):
        personal_links.make(drawn, truus, by=other)
    club = inventory.add(drawn, neighbourhood.thing("club", "Naaiclub", (100, 100)), by=BUILDER, today=DAY)
    with pytest.raises(Conflict):
        personal_links.make(drawn, club.id, by=BUILDER)


def test_the_export_has_every_table_and_column_about_a_person(drawn: Session) -> None:
    """Read from the database: whatever points at an entry is given, or is on a list that says why not."""
    pointing = drawn.execute(
        text(
            "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'asset'::regclass"
            " UNION SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'asset_id' AND table_name NOT LIKE 'published%'"
        )
    ).scalars()
    assert set(pointing) <= {*personal_export.ABOUT, *personal_export.NOT_ABOUT}
    for table, left_out in personal_export.LEFT_OUT.items():
        query = text("SELECT column_name FROM information_schema.columns WHERE table_name = :table")
        assert set(left_out) <= set(drawn.scalars(query, {"table": table})), table


def test_the_export_holds_what_is_kept(drawn: Session, truus: int) -> None:
    """Entry, answers and history are in both files; no secret, nobody else's address; no cell is a formula."""
    suggested.propose(
        drawn, SuggestionKind.changed, by=VISITOR, asset_id=truus, note="=Nu op dinsdag", contact="buur@example.org",
        language="nl",
    )  # fmt: skip
    personal_links.make(drawn, truus, by=BUILDER)
    found = personal_export.everything(drawn, truus, key=SECRET)
    columns = set(drawn.scalars(text("SELECT column_name FROM information_schema.columns WHERE table_name = 'asset'")))
    assert set(found["asset"][0]) == columns - set(personal_export.LEFT_OUT["asset"])
    assert [one["audience"] for one in found["consent"]] == ["public"]
    for body in (
        personal_export.as_json(drawn, truus, key=SECRET).decode(),
        personal_export.as_csv(drawn, truus, key=SECRET).decode(),
    ):
        assert "Truus Zilvervisje" in body
        assert "Nu op dinsdag" in body
        assert "buur@example.org" not in body
        assert "token_hash" not in body
    assert ",=Nu" not in personal_export.as_csv(drawn, truus, key=SECRET).decode()


# --- words about persons ---


@pytest.mark.parametrize(
    "words",
    [
        "Jan Kobellstraat 12", "kom langs: Jan Kobellstraat 12a!", "Dorpsweg 7-2", "op de Kerkstraat, 112 B",
        "huisnummer 5", "ik woon op nummer 12", "I live at 12 somewhere",
        "ik woon op nummer twaalf", "Kerkstraat nr. 12-14", "Kerkstraat nummer twaalf", "Dorpsweg 12bis",
        "Dorpsweg (12)",
        "op nummer 12 in de Kerkstraat", "bel aan op 12, Kerkstraat of op 12 aan de Kerkstraat",
        "in de Kerk\u00adstraat １２",
        "8242 GA", "postcode 8242ga", "bij 8242 xk, 12",
    ],
)  # fmt: skip
def test_a_house_number_is_refused_with_its_place(words: str) -> None:
    """The fault names the character at which it begins."""
    with pytest.raises(Invalid) as refused:
        people.refuse_personal_data(words, "/description")
    fault = refused.value.faults[0]
    assert fault.pointer == "/description"
    assert words[int(str(fault.values["place"])) - 1 :].strip()


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("post: bep @ voorbeeld . nl", "bep @ voorbeeld . nl"), ("ik ben bep＠voorbeeld.nl!", "bep＠voorbeeld.nl"),
        ("bep [at] voorbeeld [punt] nl", "bep [at] voorbeeld [punt] nl"), ("bel 06–12345678", "06–12345678"),
        ("bel 06/1234 5678", "06/1234 5678"), ("bel ０６１２３４５６７８", "０６１２３４５６７８"),
        ("op 2026-11-23, 0612345678", "0612345678"), ("é 0\u200b612345678", "0\u200b612345678"),
        ("nl91 abna 0417 1643 00", "nl91 abna 0417 1643 00"), ("een taart bij 3025\u00a0xk", "3025\u00a0xk"),
    ],
)  # fmt: skip
def test_a_way_to_reach_someone_is_found_however_it_is_written(words: str, marked: str) -> None:
    """Signs that look like others count as those, unseen ones as none; the place is that in the words as written."""
    found = people.personal_data(words)
    assert found is not None
    assert marked == words[slice(*found.span)]


@given(
    st.sampled_from(
        [
            "{n} keer per week", "een straat van {y}", "in de Kerkstraat sinds {y}", "nummer {n} in taarten bakken",
            "al {n} jaar in de Dorpsweg", "de Kerkstraat: {n} buren doen mee", "{n} taarten", "onderweg {n} minuten",
            "om {n} uur op het plein", "klas {n}", "{n} and {m} times a week", "vanaf {n} mei",
            "sinds {y} in de Kerkstraat", "sinds {y} is er koffie", "om {n}.30 uur", "{n} mensen", "{m} 1/2 uur",
        "{y} km",
            "Kerkstraat {m} 1/2 uur", "een groep van {n} in de Kerkstraat", "live music at {m} pm",
            "Kerkstraat {n} tot {m} uur", "een groep woont op een boot", "in {y} we ate cake",
            "van {n} tot {m} in de Dorpsweg", "op {n} mei in de Kerkstraat", "een van de mensen in de Kerkstraat",
            "{y} – {y}", "op het plein {m} à {n} keer", "EK van {y} TV kijken", "van {m} kinderen op het plein",
        ]
    ),
    st.integers(2, 23), st.integers(1900, 2099), st.integers(2, 9),
)  # fmt: skip
def test_numbers_that_are_no_house_are_let_through(template: str, n: int, y: int, m: int) -> None:
    """Times, years, ages and amounts are what people write about what they do."""
    people.refuse_personal_data(template.format(n=n, y=y, m=m), "/description")


def test_a_street_with_an_odd_name_is_known_by_being_theirs(drawn: Session) -> None:
    """Where the street of a person is known, its name with a number is refused whatever it is called."""
    draft = AssetDraft.model_validate(
        {
            "kind": "person",
            "title": "Bep",
            "description": "Het Rak 12",
            "place": {"show": "street", "street": "Het Rak"},
        }
    )
    with pytest.raises(Invalid):
        inventory.check_words(drawn, draft)


def test_any_street_here_is_known_by_its_name(drawn: Session) -> None:
    """Also where the entry shows no street, and in a note about it, as the street of a suggestion."""
    drawn.execute(text("UPDATE street SET name = 'Het Rak' WHERE name = 'Korte Steeg'"))
    draft = AssetDraft.model_validate({"kind": "person", "title": "Bep", "place": {"show": "none"}})
    number = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    answer(drawn, number, Audience.public)
    for words in ("Het  Rak 12", "op 12 aan het rak", "Het Rak nr. 3a"):
        with pytest.raises(Invalid):
            inventory.check_words(drawn, draft.model_copy(update={"description": words}))
        with pytest.raises(Invalid):
            suggested.propose(drawn, SuggestionKind.changed, by=VISITOR, asset_id=number, note=words, language="nl")
    inventory.check_words(drawn, draft.model_copy(update={"description": "In Het Rak 3 keer per week"}))
