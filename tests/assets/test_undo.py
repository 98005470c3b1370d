"""Every change can be taken back, by whoever cares for the map, and nobody else's work is lost by it."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import activities, archive, connections, conversations, history, inventory, merging
from assets.drafts import ActivityDraft, AssetDraft, ConversationDraft
from assets.errors import Conflict, DomainError, NotAllowed
from assets.permissions import VISITOR, Viewer
from assets.rebuild import rebuild
from assets.undo import steps, undo
from assets.vocabulary import ConnectionKind, Role
from tests import neighbourhood
from tests.assets.test_rebuild import Neighbours, derived
from tests.neighbourhood import BUILDER, DAY, at, thing

OTHER = Viewer(name="The other builder", role=Role.builder)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


@pytest.fixture
def anchor(drawn: Session) -> int:
    """The number of a meeting place in West."""
    return inventory.add(drawn, thing("meeting_place", "Het Anker", (150, 150)), by=BUILDER, today=DAY).id


def values(session: Session, asset_id: int) -> dict[str, Any]:
    """The values of an entry as it stands."""
    return inventory.as_draft(session, inventory.get(session, asset_id)).model_dump(mode="json")


def change(session: Session, asset_id: int, by: Viewer = BUILDER, **more: Any) -> int:
    """The number of a change of some values of an entry."""
    draft = AssetDraft.model_validate({**values(session, asset_id), **more})
    inventory.change(session, asset_id, draft, by=by, keep_place="place" not in more, today=DAY)
    return history.of(session, "asset", asset_id)[-1].id


def everything(session: Session) -> dict[str, Any]:
    """Entries, activities and all that is derived from them, but for numbers and moments of writing."""
    session.flush()
    entries = session.execute(
        text(
            "SELECT id, state, title, description, themes, ended_on, ST_AsText(geom, 2), signs, active_on FROM asset"
            " ORDER BY id"
        )
    )
    deeds = session.execute(text("SELECT asset_id, kind, held_on, participants FROM activity ORDER BY 1, 3, 4"))
    energy = session.execute(text("SELECT asset_id, street_part_id, energy_at_epoch FROM energy_share ORDER BY 1, 2"))
    links = session.execute(text("SELECT asset_id, street_part_id, covered_m FROM stretch_part ORDER BY 1, 2"))
    return {
        name: [str(row) for row in rows]
        for name, rows in {"entries": entries, "deeds": deeds, "energy": energy, "links": links}.items()
    }


def test_what_was_added_is_taken_off_and_put_back(drawn: Session, anchor: int) -> None:
    """Taking an addition back takes it off the map; taking that back puts it there again. The history tells all."""
    before = everything(drawn)
    added = history.of(drawn, "asset", anchor)[0]
    first = undo(drawn, added.id, by=OTHER, today=DAY)
    assert inventory.get(drawn, anchor).state == "retired"
    undo(drawn, first.id, by=BUILDER, today=DAY)
    assert everything(drawn) == before
    told = [(one.action, one.by, one.undoes) for one in history.of(drawn, "asset", anchor)]
    assert told == [
        ("added", BUILDER.name, None),
        ("retired", OTHER.name, added.id),
        ("restored", BUILDER.name, first.id),
    ]


def test_a_change_is_taken_back_and_later_ones_stay(drawn: Session, anchor: int) -> None:
    """What someone else changed since in another field is not lost."""
    first = change(drawn, anchor, title="De Haven")
    change(drawn, anchor, by=OTHER, description="Koffie om tien uur")
    undo(drawn, first, by=BUILDER, today=DAY)
    stored = inventory.get(drawn, anchor)
    assert (stored.title, stored.description) == ("Het Anker", "Koffie om tien uur")


def test_a_field_that_was_changed_again_is_not_taken_back(drawn: Session, anchor: int) -> None:
    """The later change stands; who wants to take back the earlier one is shown both."""
    first = change(drawn, anchor, title="De Haven", themes=["care"])
    change(drawn, anchor, by=OTHER, title="Het Baken")
    with pytest.raises(merging.Clashing) as refused:
        undo(drawn, first, by=BUILDER, today=DAY)
    assert refused.value.clashes == (merging.Clash("title", "De Haven", "Het Anker", "Het Baken"),)
    assert values(drawn, anchor)["themes"] == ["care"]


def test_nothing_is_taken_back_twice(drawn: Session, anchor: int) -> None:
    """The second hears who was first; when that was taken back itself, it is possible again."""
    first = change(drawn, anchor, title="De Haven")
    back = undo(drawn, first, by=OTHER, today=DAY)
    with pytest.raises(Conflict, match="The other builder"):
        undo(drawn, first, by=BUILDER, today=DAY)
    undo(drawn, back.id, by=BUILDER, today=DAY)
    assert inventory.get(drawn, anchor).title == "De Haven"
    undo(drawn, first, by=BUILDER, today=DAY)
    assert inventory.get(drawn, anchor).title == "Het Anker"


def test_a_move_is_taken_back(drawn: Session, anchor: int) -> None:
    """A place goes back to where it was, also when it was handed in in degrees."""
    before = everything(drawn)
    moved = change(drawn, anchor, place={"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}})
    undo(drawn, moved, by=BUILDER, today=DAY)
    assert everything(drawn)["entries"] == before["entries"]


def test_stretches_are_taken_back(drawn: Session) -> None:
    """An initiative cares for the same metres of street again, and so do its links and its energy."""
    whole = neighbourhood.initiative("A", {"street": "Singel", "whole": True}, started_on="2026-01-01")
    number = inventory.add(drawn, whole, by=BUILDER, today=DAY).id
    neighbourhood.happen(drawn, number, DAY, 9)
    before = everything(drawn)
    part = neighbourhood.initiative("A", {"street": "Kerkstraat", "line": [(100, 100), (200, 100)]})
    inventory.change(drawn, number, part, by=BUILDER, today=DAY)
    assert everything(drawn)["links"] != before["links"]
    undo(drawn, history.of(drawn, "asset", number)[-1].id, by=BUILDER, today=DAY)
    assert everything(drawn) == before


def test_a_change_that_is_taken_back_was_no_sign_of_life(drawn: Session) -> None:
    """An entry that had faded is not kept on the map by a mistake that was taken back."""
    draft = thing("club", "Schaakclub", (150, 150), started_on="2020-01-01", confirmed_on="2020-01-01")
    number = inventory.add(drawn, draft, by=BUILDER).id
    before = everything(drawn)
    renamed = AssetDraft.model_validate({**values(drawn, number), "title": "Damclub"})
    inventory.change(drawn, number, renamed, by=BUILDER, keep_place=True)
    assert everything(drawn) != before
    undo(drawn, history.of(drawn, "asset", number)[-1].id, by=BUILDER)
    assert everything(drawn) == before


def test_activities_and_confirmations_are_taken_back(drawn: Session, anchor: int) -> None:
    """Added, changed and removed: energy and freshness follow each time."""
    started = everything(drawn)
    inventory.confirm(drawn, anchor, by=BUILDER, today=DAY)
    newest = steps(drawn, anchor)[0].change
    assert (newest.subject, newest.action) == ("activity", "added")
    undo(drawn, newest.id, by=BUILDER, today=DAY)
    assert everything(drawn) == started

    deed = neighbourhood.happen(drawn, anchor, DAY - timedelta(days=9), 4)
    happened = everything(drawn)
    draft = ActivityDraft(asset_id=anchor, held_on=DAY, participants=40)
    activities.change(drawn, deed, draft, by=BUILDER, today=DAY)
    undo(drawn, steps(drawn, anchor)[0].change.id, by=BUILDER, today=DAY)
    assert everything(drawn) == happened
    activities.remove(drawn, deed, by=BUILDER)
    assert everything(drawn) == started
    undo(drawn, steps(drawn, anchor)[0].change.id, by=BUILDER, today=DAY)
    assert everything(drawn) == happened


def test_connections_and_conversations_are_taken_back(drawn: Session, anchor: int) -> None:
    """Connected, disconnected, talked: each is taken back like any other change."""
    club = inventory.add(drawn, thing("club", "Schaakclub", (150, 160)), by=BUILDER, today=DAY).id
    count = text("SELECT (SELECT count(*) FROM connection), (SELECT count(*) FROM conversation)")
    made = connections.add(drawn, club, ConnectionKind.meets_at, anchor, by=BUILDER)
    first = undo(drawn, steps(drawn, anchor)[0].change.id, by=BUILDER, today=DAY)
    assert drawn.execute(count).one() == (0, 0)
    undo(drawn, first.id, by=BUILDER, today=DAY)
    assert drawn.execute(count).one() == (1, 0)
    assert steps(drawn, club)[0].change.about == sorted([club, anchor])
    assert made is not None
    talked = ConversationDraft(street="Singel", held_on=DAY, neighbours=2)
    me = Viewer(name="B", role=Role.builder, account_id=1)
    number = conversations.add(drawn, talked, by=me, today=DAY).id
    undo(drawn, history.of(drawn, "conversation", number)[-1].id, by=me, today=DAY)
    assert drawn.execute(count).one() == (1, 0)


def test_what_ended_by_mistake_goes_on(drawn: Session, anchor: int) -> None:
    """An end is a change like any other."""
    before = everything(drawn)
    archive.end(drawn, anchor, by=BUILDER, today=DAY)
    assert everything(drawn)["entries"] != before["entries"]
    undo(drawn, history.of(drawn, "asset", anchor)[-1].id, by=BUILDER, today=DAY)
    assert everything(drawn)["entries"] == before["entries"]


def test_the_place_of_a_person_is_never_taken_back(drawn: Session) -> None:
    """The history holds no place of theirs, and nobody becomes more visible by a click."""
    home = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(123, 101)}}
    draft = AssetDraft.model_validate({"kind": "person", "title": "Truus", "place": {**home, "show": "street"}})
    number = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    less = {**values(drawn, number), "title": "T.", "place": {"show": "none"}}
    inventory.change(drawn, number, AssetDraft.model_validate(less), by=BUILDER, today=DAY)
    undo(drawn, history.of(drawn, "asset", number)[-1].id, by=BUILDER, today=DAY)
    stored = inventory.get(drawn, number)
    assert (stored.title, stored.placement) == ("Truus", "none")
    told = str(drawn.execute(text("SELECT before, after FROM change")).all())
    assert "Kerkstraat" not in told
    assert "100123" not in told
    assert "400101" not in told


def test_words_that_were_taken_out_cannot_come_back(drawn: Session) -> None:
    """After forgetting, the history tells that something changed and not what; nothing can be taken back from it."""
    draft = AssetDraft.model_validate({"kind": "person", "title": "Truus", "place": {"show": "none"}})
    number = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    deed = ActivityDraft(asset_id=number, held_on=DAY, note="Truus bakte taart")
    activities.add(drawn, deed, by=BUILDER, today=DAY)
    renamed = change(drawn, number, title="Geertruida")
    history.forget_words(drawn, "asset", number)
    drawn.expire_all()
    told = str(drawn.execute(text("SELECT * FROM change")).all())
    assert "Truus" not in told
    assert "Geertruida" not in told
    with pytest.raises(Conflict):
        undo(drawn, renamed, by=BUILDER, today=DAY)
    assert [step.can_undo for step in steps(drawn, number) if step.change.id == renamed] == [False]


def test_the_history_of_an_entry_is_read_in_pages(drawn: Session, anchor: int) -> None:
    """Newest first, with the values before and after, whole and in one CRS."""
    change(drawn, anchor, title="De Haven")
    change(drawn, anchor, title="Het Baken", place={"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}})
    inventory.confirm(drawn, anchor, by=BUILDER, today=DAY)
    newest, moved, renamed, added = steps(drawn, anchor)
    assert [one.change.action for one in (newest, moved, renamed, added)] == ["added", "changed", "changed", "added"]
    assert moved.after == values(drawn, anchor)
    assert renamed.after == moved.before
    assert added.after == renamed.before
    assert (renamed.before or {})["title"] == "Het Anker"
    page = steps(drawn, anchor, limit=2)
    assert steps(drawn, anchor, before=page[-1].change.id) == [renamed, added]


def test_a_visitor_takes_nothing_back(drawn: Session, anchor: int) -> None:
    """Undo is writing."""
    with pytest.raises(NotAllowed):
        undo(drawn, history.of(drawn, "asset", anchor)[0].id, by=VISITOR)


def test_derived_rows_equal_a_rebuild_after_random_undoing(session: Session, tmp_path: Path) -> None:
    """Whatever is changed and taken back in whatever order, nothing derived is left as a rebuild would not make it."""
    neighbourhood.draw(session, tmp_path)
    neighbours, pick = Neighbours(session, 7), random.Random(7)
    done = 0
    for _ in range(100):
        neighbours.step()
        numbers = session.scalars(text("SELECT id FROM change ORDER BY id DESC LIMIT 30")).all()
        try:
            with session.begin_nested():
                undo(session, pick.choice([*numbers, 0]), by=BUILDER, today=DAY)
                done += 1
        except DomainError:
            pass  # changed again since, or taken back already
        session.expire_all()
    kept = derived(session)
    rebuild(session)
    assert done > 20
    assert kept == derived(session)
