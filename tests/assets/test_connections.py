"""Connections: what one asset is to another, by the rules of its kind, and only where both may be seen.

On tests/neighbourhood.py: a reading club, a quiz club, a neighbourhood house 30 m from the first, a school, a person.
"""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import connections, consents, history, inventory
from assets.connections import Connection, Tie, Wish
from assets.drafts import AssetDraft
from assets.errors import Conflict, Invalid, NotAllowed, NotFound
from assets.importers import import_areas
from assets.permissions import VISITOR, Viewer
from assets.vocabulary import CONNECTS, AssetKind, Audience, ConnectionKind, Role
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, at

MEETS, HELPS, BELONGS, ORGANISES = (
    ConnectionKind.meets_at, ConnectionKind.helps, ConnectionKind.member_of, ConnectionKind.organises,
)  # fmt: skip


@pytest.fixture
def town(session: Session, tmp_path: Path) -> Session:
    """A session on the areas of the hand-drawn neighbourhood, without entries."""
    import_areas(session, neighbourhood.areas_file(tmp_path), by="tests", source="drawn")
    return session


def put(session: Session, kind: str, title: str, x: float = 200, y: float = 300, **more: Any) -> int:
    """An entry at a place; of a person at the neighbourhood West."""
    where: dict[str, Any] = {"geometry": {"type": "Point", "coordinates": at(x, y)}, "crs": "EPSG:28992"}
    if kind == "person":
        where = {"show": "neighbourhood", "area": "BU00010101"}
    values = {"kind": kind, "title": title, "started_on": "2026-01-01", "place": where, **more}
    return inventory.add(session, AssetDraft.model_validate(values), by=BUILDER, today=DAY).id


def agree(session: Session, asset_id: int) -> consents.Consent:
    """A consent for the public."""
    return consents.record(
        session, asset_id, audience=Audience.public, wording_version="1", wording="x", language="nl",
        given_on=DAY, by="x",
    )  # fmt: skip


def told(session: Session, asset_id: int, **more: Any) -> list[tuple[str, list[str]]]:
    """Ties and titles, as visitors see them."""
    with as_public(session):
        groups = connections.of_asset(session, asset_id, on=more.pop("on", DAY), **more)
    return [(str(group.tie), [end.title for end in group.ends]) for group in groups]


def test_a_connection_is_seen_from_both_ends(town: Session) -> None:
    """Each end tells it in its own direction, grouped by tie in the order of the words, and by title without case."""
    house, school = put(town, "meeting_place", "Huis"), put(town, "institution", "School")
    quiz, readers = put(town, "club", "quizclub"), put(town, "club", "Leesclub")
    for club in (quiz, readers):
        connections.add(town, club, MEETS, house, by=BUILDER)
    connections.add(town, school, HELPS, quiz, by=BUILDER, since=date(2026, 2, 1))
    connections.add(town, house, ORGANISES, quiz, by=BUILDER)

    assert [("meets_at.inward", ["Leesclub", "quizclub"]), ("organises", ["quizclub"])] == told(town, house)
    assert [("meets_at", ["Huis"]), ("organises.inward", ["Huis"]), ("helps.inward", ["School"])] == told(town, quiz)
    assert [("helps", ["quizclub"])] == told(town, school)
    assert [] == told(town, school, on=date(2026, 1, 31))  # it began on 1 February


def test_what_may_be_connected(town: Session) -> None:
    """None leads to a person, a person and a story meet nowhere, and the domain refuses exactly what the table does."""
    assert not any(AssetKind.person in targets for _, targets in CONNECTS.values())
    assert not {AssetKind.person, AssetKind.story} & CONNECTS[MEETS][0]
    assert {AssetKind.meeting_place, AssetKind.institution} == CONNECTS[MEETS][1]
    kinds = (AssetKind.person, AssetKind.club, AssetKind.meeting_place, AssetKind.story, AssetKind.institution)
    ids = {kind: (put(town, kind, "one"), put(town, kind, "two")) for kind in kinds}
    for own in kinds:
        for other in kinds:
            for kind in ConnectionKind:
                pair = (ids[own][0], ids[other][1])
                if Tie(kind) in connections.ties(own, other):
                    made = connections.add(town, pair[0], kind, pair[1], by=BUILDER)
                    connections.remove(town, made.id, by=BUILDER)
                else:
                    with pytest.raises(Invalid) as refused:
                        connections.add(town, pair[0], kind, pair[1], by=BUILDER)
                    assert ["/kind"] == [fault.pointer for fault in refused.value.faults]


def test_what_is_refused(town: Session) -> None:
    """Itself, what is not there, the same twice, the other way round (helping may be mutual), a role that may not."""
    readers, quiz = put(town, "club", "Leesclub"), put(town, "club", "Quiz")
    with pytest.raises(Invalid, match="itself"):
        connections.add(town, quiz, HELPS, quiz, by=BUILDER)
    for pair, pointer in (((quiz, 999_999), "/to"), ((999_999, quiz), "/from")):
        with pytest.raises(Invalid) as refused:
            connections.add(town, pair[0], HELPS, pair[1], by=BUILDER)
        assert [pointer] == [fault.pointer for fault in refused.value.faults]
    connections.add(town, readers, BELONGS, quiz, by=BUILDER)
    for pair in ((readers, quiz), (quiz, readers)):
        with pytest.raises(Conflict):
            connections.add(town, pair[0], BELONGS, pair[1], by=BUILDER)
    connections.add(town, readers, HELPS, quiz, by=BUILDER)
    connections.add(town, quiz, HELPS, readers, by=BUILDER)
    for viewer in (VISITOR, Viewer("a", Role.member), Viewer("b", Role.analyst)):
        with pytest.raises(NotAllowed):
            connections.add(town, quiz, ORGANISES, readers, by=viewer)
    inventory.retire(town, readers, by=BUILDER)
    with pytest.raises(Invalid):
        connections.add(town, quiz, ORGANISES, readers, by=BUILDER)


def test_there_is_a_most(town: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """One asset takes a limited number of connections; the one too many says so."""
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 1)
    house, quiz, readers = (put(town, *one) for one in (("meeting_place", "h"), ("club", "q"), ("club", "r")))
    connections.add(town, quiz, MEETS, house, by=BUILDER)
    with pytest.raises(Invalid, match="1 connections already"):
        connections.add(town, readers, MEETS, house, by=BUILDER)


def test_a_person_who_withdraws_is_in_no_connection_at_once(town: Session) -> None:
    """Before a consent, after withdrawing, and after it ended nobody reads that the person is tied to a house."""
    house, person = put(town, "meeting_place", "Huis"), put(town, "person", "Een bewoner kookt")
    made = connections.add(town, person, HELPS, house, by=BUILDER)

    def public() -> tuple[Any, ...]:
        with as_public(town):
            count = town.execute(text("SELECT count(*) FROM published_connection")).scalar_one()
        return count, told(town, house), told(town, person)

    hidden = (0, [], [])
    assert hidden == public()
    groups = connections.of_asset(town, house, on=DAY, archive=True)  # a builder sees who gave no answer yet
    assert ["Een bewoner kookt"] == [end.title for group in groups for end in group.ends]
    consent = agree(town, person)
    assert (1, [("helps.inward", ["Een bewoner kookt"])], [("helps", ["Huis"])]) == public()
    consent.withdrawn_at = text("now()")  # type: ignore[assignment]
    town.flush()
    assert hidden == public()
    with as_public(town), pytest.raises(NotFound):
        connections.published(town, made.id)
    assert [] == connections.of_asset(town, house, on=DAY, archive=True)  # who withdrew is seen by no builder either


def test_what_is_gone_or_faded_is_left_out(town: Session) -> None:
    """A retired end hides the connection; one that faded or ended by a day is not told on that day."""
    house = put(town, "meeting_place", "Huis")
    quiz, ended = put(town, "club", "Quiz"), put(town, "club", "Oud", ended_on="2026-03-01")
    for club in (quiz, ended):
        connections.add(town, club, MEETS, house, by=BUILDER)
    assert [("meets_at.inward", ["Quiz"])] == told(town, house)
    assert [("meets_at.inward", ["Oud", "Quiz"])] == told(town, house, on=date(2026, 2, 1))
    assert [] == told(town, house, on=DAY + timedelta(days=40 * 31))  # a club fades after 36 months
    inventory.retire(town, quiz, by=BUILDER)
    assert [] == told(town, house)


def test_history_and_undo(town: Session) -> None:
    """Adding and taking away stand in the history with who did it, in numbers only, and each can be undone."""
    house, quiz = put(town, "meeting_place", "Huis"), put(town, "club", "Quiz")
    made = connections.add(town, quiz, MEETS, house, by=BUILDER, since=date(2026, 5, 1))
    values = {"from_id": quiz, "kind": "meets_at", "to_id": house, "since": "2026-05-01"}
    added = history.of(town, "connection", made.id)[0]
    assert ("added", BUILDER.name, None, values) == (added.action, added.by, added.before, added.after)

    assert connections.undo(town, added.id, by=BUILDER) is None
    removed = history.of(town, "connection", made.id)[1]
    assert ("removed", values, None) == (removed.action, removed.before, removed.after)
    with pytest.raises(Conflict):
        connections.undo(town, added.id, by=BUILDER)
    back = connections.undo(town, removed.id, by=BUILDER)
    assert isinstance(back, Connection)
    assert values == connections.told(back)
    with pytest.raises(Conflict):
        connections.undo(town, removed.id, by=BUILDER)
    with pytest.raises(NotFound):
        connections.undo(town, history.of(town, "asset", quiz)[0].id, by=BUILDER)


def test_a_form_changes_what_it_showed_and_nothing_else(town: Session) -> None:
    """What was shown and is not wanted any more goes, what is new comes; what another made meanwhile stays."""
    house, quiz, readers, school = (
        put(town, *one) for one in (("meeting_place", "h"), ("club", "q"), ("club", "r"), ("institution", "s"))
    )
    connections.add(town, quiz, MEETS, house, by=BUILDER)
    shown = [Wish(Tie(MEETS), house)]
    connections.add(town, school, HELPS, quiz, by=BUILDER)  # made by another meanwhile
    wanted = [Wish(Tie(HELPS, True), readers), Wish(Tie(HELPS, True), readers), Wish(Tie(MEETS), school)]
    made = connections.store(town, quiz, wanted, by=BUILDER, was=shown)
    assert [(readers, quiz), (quiz, school)] == [(one.from_id, one.to_id) for one in made]
    assert [("meets_at", ["s"]), ("helps.inward", ["r", "s"])] == told(town, quiz)
    assert [] == connections.store(town, quiz, [Wish(Tie(MEETS), school)], by=BUILDER)  # it is there already


@pytest.mark.parametrize("written", ["", "helps", "helps:0", "helps:-1", "helps:1e3", "helps.outward:1", "x:1",
                                     "helps:٣", "helps:" + "9" * 30, "helps:1 ", "helps:1\n"])  # fmt: skip
def test_a_wish_that_cannot_be_read(written: str) -> None:
    """A form that was tampered with gives no wish."""
    assert connections.wish(written) is None


def test_a_wish_reads_as_it_is_written() -> None:
    """Each tie goes through a form and back."""
    for kind in ConnectionKind:
        for inward in (False, True):
            one = Wish(Tie(kind, inward), 12)
            assert one == connections.wish(str(one))


def test_what_is_nearby(town: Session) -> None:
    """The nearest places, clubs and institutions come first, up to 500 m; no person, no story, not itself."""
    quiz = put(town, "club", "Quiz", 100, 300)
    put(town, "institution", "Ver", 599, 300)
    put(town, "institution", "Te ver", 601, 300)
    put(town, "meeting_place", "Huis", 130, 300)
    put(town, "story", "Verhaal", 101, 300)
    put(town, "club", "Voorbij", 100, 301, ended_on="2026-03-01")
    agree(town, put(town, "person", "Een bewoner"))
    shape = connections.shape_of(town, quiz)
    assert shape is not None
    with as_public(town):
        near = connections.nearby(town, AssetKind.club, shape, on=DAY, but=quiz)
        for_person = connections.nearby(town, AssetKind.person, shape, on=DAY, most=1)
    assert [("Huis", 30), ("Ver", 499)] == [(one.title, round(one.distance_m)) for one in near]
    assert ["Quiz"] == [one.title for one in for_person]


def test_nearby_walks_the_index(town: Session) -> None:
    """Of 20,000 entries over 14 km the database reads those within reach and no others, through the spatial index."""
    quiz = put(town, "club", "Quiz", 500, 300)
    columns = "community_id, kind, title, state, started_on, placement, geom, created_by, active_on"
    town.execute(
        text(
            f"INSERT INTO asset ({columns}) SELECT a.community_id, a.kind, a.title, a.state, a.started_on, a.placement,"
            " ST_Translate(a.geom, 100 * (n % 141 - 70), 100 * (n / 141 - 70)), a.created_by, a.active_on"
            " FROM asset AS a, generate_series(1, 20000) AS n WHERE a.id = :id"
        ),
        {"id": quiz},
    )
    town.execute(text("ANALYZE asset"))
    from assets.sql import source

    shape = connections.shape_of(town, quiz)
    binds = {"shape": shape, "kinds": ["club"], "but": quiz, "on": DAY, "reach_m": 500.0, "most": 8}
    plan = "\n".join(
        town.scalars(text("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + source("connections_near")), binds)
    )
    assert "Index Scan using ix_asset_geom" in plan, plan
    assert "Seq Scan on asset" not in plan, plan
    assert max(int(rows) for rows in re.findall(r"actual rows=(\d+)", plan)) < 100, plan
