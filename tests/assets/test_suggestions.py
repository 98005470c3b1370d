"""Suggestions: anyone may make one, a builder decides once, and nothing more is kept than is needed."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import consents, history, inventory, merging, suggestions
from assets.drafts import AssetDraft
from assets.errors import Invalid, NotAllowed, NotFound, TooMany
from assets.permissions import VISITOR, Viewer
from assets.suggestions import Decided, Proposed
from assets.vocabulary import AssetKind, Audience, Role, SuggestionKind, SuggestionState
from tests import neighbourhood
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


def propose(session: Session, kind: str, **more: Any) -> Proposed:
    """A visitor's suggestion."""
    return suggestions.propose(session, SuggestionKind(kind), by=VISITOR, language="nl", **more)


def accept(session: Session, number: int, **more: Any) -> suggestions.Decision:
    """The builder accepts it on the day of the questions."""
    return suggestions.accept(session, number, by=BUILDER, today=DAY, **more)


def values(session: Session, asset_id: int) -> dict[str, Any]:
    """The values of an entry as it stands."""
    return inventory.as_draft(session, inventory.get(session, asset_id)).model_dump(mode="json")


def changed(session: Session, asset_id: int, **more: Any) -> AssetDraft:
    """The draft of an entry with some values changed."""
    return AssetDraft.model_validate({**values(session, asset_id), **more})


def test_a_new_entry_waits_and_is_added_when_accepted(drawn: Session) -> None:
    """A visitor's pin is nowhere until a builder accepts it; the history then names both."""
    made = propose(drawn, "new", draft=thing("club", "Schaakclub", (150, 150)))
    assert drawn.scalar(text("SELECT count(*) FROM asset")) == 0
    waiting = suggestions.open_ones(drawn, BUILDER)[0]
    assert (waiting.id, waiting.title, waiting.area, waiting.asset_kind) == (
        made.id,
        "Schaakclub",
        "West",
        AssetKind.club,
    )

    decision = accept(drawn, made.id)

    assert decision.asset_id is not None
    row = history.of(drawn, "asset", decision.asset_id)[0]
    assert (row.action, row.by, row.suggested_by) == ("added", BUILDER.name, "visitor")
    assert suggestions.open_ones(drawn, BUILDER) == []
    followed = suggestions.get_by_token(drawn, made.follow_token)
    assert (followed.state, followed.asset_id, followed.title) == (
        SuggestionState.accepted,
        decision.asset_id,
        "Schaakclub",
    )


def test_a_builder_may_change_what_is_new(drawn: Session) -> None:
    """What the builder made of it is what is stored."""
    made = propose(drawn, "new", draft=thing("club", "schaakklup", (150, 150)))
    decision = accept(drawn, made.id, draft=thing("club", "Schaakclub", (150, 150)))
    assert inventory.get(drawn, decision.asset_id or 0).title == "Schaakclub"


def test_a_change_is_put_on_top_of_what_others_changed(drawn: Session, anchor: int) -> None:
    """Who suggests another title and who changed the description meanwhile both get what they wanted."""
    made = propose(drawn, "change", asset_id=anchor, draft=changed(drawn, anchor, title="De Haven"))
    inventory.change(drawn, anchor, changed(drawn, anchor, description="Koffie om tien uur"), by=OTHER, today=DAY)

    accept(drawn, made.id)

    stored = inventory.get(drawn, anchor)
    assert (stored.title, stored.description) == ("De Haven", "Koffie om tien uur")
    assert history.of(drawn, "asset", anchor)[-1].suggested_by == "visitor"


def test_two_who_change_the_same_field_are_shown_both(drawn: Session, anchor: int) -> None:
    """The builder sees what it was, what is suggested and what stands there now; nothing changes until one chooses."""
    made = propose(drawn, "change", asset_id=anchor, draft=changed(drawn, anchor, title="De Haven"))
    inventory.change(drawn, anchor, changed(drawn, anchor, title="Het Baken"), by=OTHER, today=DAY)

    with pytest.raises(merging.Clashing) as refused:
        accept(drawn, made.id)
    assert refused.value.clashes == (merging.Clash("title", "Het Anker", "De Haven", "Het Baken"),)
    assert suggestions.open_ones(drawn, BUILDER)[0].id == made.id

    accept(drawn, made.id, draft=changed(drawn, anchor, title="De Haven"))
    assert inventory.get(drawn, anchor).title == "De Haven"


def test_a_place_that_went_through_degrees_is_the_same_place(drawn: Session, anchor: int) -> None:
    """A form in degrees that leaves the place alone changes no place; one that moves it does."""
    point = drawn.execute(
        text("SELECT ST_AsGeoJSON(ST_Transform(geom, 4326), 6) FROM asset WHERE id = :id"), {"id": anchor}
    ).scalar_one()
    same = changed(drawn, anchor, title="De Haven", place={"geometry": json.loads(point)})
    first = propose(drawn, "change", asset_id=anchor, draft=same)
    moved = changed(drawn, anchor, place={"crs": "EPSG:28992", "point": at(250, 150)})
    second = propose(drawn, "change", asset_id=anchor, draft=moved)

    waiting = {one.id: suggestions.merged(drawn, one).changed for one in suggestions.open_ones(drawn, BUILDER)}
    assert waiting == {first.id: ("title",), second.id: ("place",)}
    accept(drawn, second.id)
    assert values(drawn, anchor)["place"]["geometry"]["coordinates"] == at(250, 150)


def test_a_confirmation_counts_on_the_day_it_was_given(drawn: Session, anchor: int) -> None:
    """Still there: an activity of one participant, once a builder has accepted it."""
    made = propose(drawn, "confirm", asset_id=anchor)
    assert drawn.scalar(text("SELECT count(*) FROM activity")) == 0
    accept(drawn, made.id)
    assert drawn.execute(text("SELECT kind, participants FROM activity")).one() == ("confirmation", 1)


def test_what_is_gone_ends_and_stays_on_the_timeline(drawn: Session, anchor: int) -> None:
    """It ends on the day of the decision, and was there before."""
    accept(drawn, propose(drawn, "gone", asset_id=anchor).id)
    found = drawn.execute(
        text(
            "SELECT ended_on, active_on @> CAST('2026-05-31' AS date), active_on @> CAST('2026-06-01' AS date)"
            " FROM asset"
        )
    ).one()
    assert found == (DAY, True, False)


def test_a_report_is_closed_with_what_was_done(drawn: Session, anchor: int) -> None:
    """A report tells what was done about it; the entry is taken off the map only when the builder says so."""
    first = accept(drawn, propose(drawn, "report", asset_id=anchor, note="Staat er twee keer").id, done="Bekeken.")
    assert (first.answer, inventory.get(drawn, anchor).state) == ("Bekeken.", "published")
    accept(drawn, propose(drawn, "report", asset_id=anchor, note="Staat er twee keer").id, take_off=True)
    assert inventory.get(drawn, anchor).state == "retired"


def test_a_refusal_has_a_reason(drawn: Session, anchor: int) -> None:
    """Without a reason nothing is refused; with one nothing changes, and the follower reads why."""
    made = propose(drawn, "gone", asset_id=anchor)
    with pytest.raises(Invalid) as fault:
        suggestions.refuse(drawn, made.id, by=BUILDER, reason="  ")
    assert [one.pointer for one in fault.value.faults] == ["/reason"]
    suggestions.refuse(drawn, made.id, by=BUILDER, reason="Ik was er gisteren nog.")
    assert inventory.get(drawn, anchor).ended_on is None
    assert suggestions.get_by_token(drawn, made.follow_token).answer == "Ik was er gisteren nog."


def test_the_second_who_decides_hears_who_was_first(drawn: Session, anchor: int) -> None:
    """Whatever the second wants, the first decision stands."""
    made = propose(drawn, "gone", asset_id=anchor)
    suggestions.refuse(drawn, made.id, by=OTHER, reason="Klopt niet.")
    for second in (
        lambda: accept(drawn, made.id),
        lambda: suggestions.refuse(drawn, made.id, by=BUILDER, reason="Ook niet."),
        lambda: suggestions.withdraw(drawn, made.follow_token),
    ):
        with pytest.raises(Decided) as late:
            second()
        assert late.value.by == OTHER.name
    assert inventory.get(drawn, anchor).ended_on is None


def test_a_visitor_decides_nothing(drawn: Session, anchor: int) -> None:
    """Seeing what waits, accepting and refusing is for builders and stewards."""
    made = propose(drawn, "gone", asset_id=anchor)
    for deed in (
        lambda: suggestions.open_ones(drawn, VISITOR),
        lambda: suggestions.accept(drawn, made.id, by=VISITOR),
        lambda: suggestions.refuse(drawn, made.id, by=VISITOR, reason="x"),
        lambda: suggestions.accept(drawn, made.id, by=Viewer("analyst", Role.analyst)),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_no_exact_place_of_a_person_is_kept(drawn: Session) -> None:
    """Of a person's home on the map only the neighbourhood or the street stands in the suggestion."""
    home = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(123, 101)}}
    for show in ("neighbourhood", "street"):
        draft = AssetDraft.model_validate({"kind": "person", "title": "Truus", "place": {**home, "show": show}})
        propose(drawn, "new", draft=draft)

    drafts = drawn.scalars(text("SELECT draft->'place' FROM suggestion ORDER BY id")).all()
    assert [{name: value for name, value in one.items() if value} for one in drafts] == [
        {"show": "neighbourhood", "area": "BU00010101"},
        {"show": "street", "area": "BU00010101", "street": "Kerkstraat"},
    ]
    assert "100123" not in str(drawn.execute(text("SELECT * FROM suggestion")).all())
    number = accept(drawn, suggestions.open_ones(drawn, BUILDER)[1].id).asset_id
    assert inventory.get(drawn, number or 0).placement == "street"


@pytest.mark.parametrize(
    ("kind", "more", "pointer"),
    [
        ("new", {"draft": {"kind": "person", "title": "Bel 06-12345678", "place": {"show": "none"}}}, "/title"),
        ("new", {"draft": {"kind": "person", "title": "P", "place": {"area": "BU99"}}}, "/place"),
        ("new", {"draft": {"kind": "club", "title": "C", "place": {}}}, "/place/geometry"),
        ("gone", {"contact": "geen adres"}, "/contact"),
        ("gone", {"contact": "a@b.nl\nBcc: c@d.nl"}, "/contact"),
        ("gone", {"contact": ".a@b.nl"}, "/contact"),
        ("gone", {"note": "x" * 1001}, "/note"),
        ("gone", {"note": "nul \x00"}, "/note"),
        ("changed", {}, "/note"),
        ("report", {"note": " "}, "/note"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_place(
    drawn: Session, anchor: int, kind: str, more: dict[str, Any], pointer: str
) -> None:
    """The same checks as when a builder pins; nothing is half stored."""
    given = {**more} if kind == "new" else {"asset_id": anchor, **more}
    if "draft" in given:
        given["draft"] = AssetDraft.model_validate(given["draft"])
    with pytest.raises(Invalid) as fault:
        propose(drawn, kind, **given)
    assert pointer == fault.value.faults[0].pointer
    assert drawn.scalar(text("SELECT count(*) FROM suggestion")) == 0


def test_what_a_visitor_may_not_see_is_not_there(drawn: Session) -> None:
    """About a person without a consent a visitor hears the same as about an entry that does not exist."""
    draft = AssetDraft.model_validate({"kind": "person", "title": "Truus", "place": {"area": "BU00010101"}})
    hidden = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    said = set()
    for number in (hidden, 999_999):
        with pytest.raises(NotFound) as refused:
            propose(drawn, "gone", asset_id=number)
        said.add(refused.value.message)
    assert len(said) == 1


def test_who_withdraws_is_gone_from_private_links(drawn: Session) -> None:
    """Whoever suggested something about a person reads nothing of them once they withdrew."""
    draft = AssetDraft.model_validate({"kind": "person", "title": "Truus", "place": {"area": "BU00010101"}})
    person = inventory.add(drawn, draft, by=BUILDER, today=DAY).id
    consents.record(
        drawn, person, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
        given_on=date.today(), by=BUILDER.name,
    )  # fmt: skip
    made = propose(drawn, "change", asset_id=person, draft=changed(drawn, person, description="Truus bakt"))
    assert "Truus" in str(suggestions.get_by_token(drawn, made.follow_token))
    drawn.execute(text("UPDATE consent SET withdrawn_at = now()"))
    assert "Truus" not in str(suggestions.get_by_token(drawn, made.follow_token))


def test_the_address_is_kept_until_the_decision(drawn: Session, anchor: int) -> None:
    """Whoever decides gets the address to send thanks to; after that it stands nowhere."""
    for decide in (
        lambda number: accept(drawn, number),
        lambda number: suggestions.refuse(drawn, number, by=BUILDER, reason="Nee."),
    ):
        made = propose(drawn, "confirm", asset_id=anchor, contact=" buur@example.org ")
        assert decide(made.id).contact == "buur@example.org"
        assert "buur@example.org" not in str(drawn.execute(text("SELECT * FROM suggestion")).all())


def test_withdrawing_leaves_nothing(drawn: Session) -> None:
    """Who withdraws is gone from the table, and the link leads nowhere."""
    made = propose(drawn, "new", draft=thing("club", "Schaakclub", (150, 150)), contact="buur@example.org")
    assert made.follow_token not in str(drawn.execute(text("SELECT * FROM suggestion")).all())
    suggestions.withdraw(drawn, made.follow_token)
    assert drawn.scalar(text("SELECT count(*) FROM suggestion")) == 0
    with pytest.raises(NotFound):
        suggestions.get_by_token(drawn, made.follow_token)


def test_nothing_waits_for_ever(drawn: Session, anchor: int) -> None:
    """After thirty days a suggestion is deleted, decided on or not; a younger one stays."""
    for _ in range(3):
        propose(drawn, "gone", asset_id=anchor)
    drawn.execute(text("UPDATE suggestion SET created_at = now() - interval '32 days' WHERE id % 3 = 0"))
    drawn.execute(
        text(
            "UPDATE suggestion SET created_at = now() - interval '40 days', decided_at = now(), state = 'refused'"
            " WHERE id % 3 = 1"
        )
    )
    assert suggestions.expire(drawn, date.today()) == 1
    assert suggestions.expire(drawn, date.today() + timedelta(days=40)) == 2


def test_a_visitor_sends_twenty_in_an_hour(drawn: Session, anchor: int) -> None:
    """The next one is asked to wait, another visitor is not; an hour later there is room again."""
    for _ in range(20):
        propose(drawn, "confirm", asset_id=anchor, sender="one")
    with pytest.raises(TooMany) as refused:
        propose(drawn, "confirm", asset_id=anchor, sender="one")
    assert 3500 < refused.value.seconds <= 3601
    propose(drawn, "confirm", asset_id=anchor, sender="two")
    drawn.execute(text("UPDATE suggestion SET created_at = now() - interval '61 minutes'"))
    propose(drawn, "confirm", asset_id=anchor, sender="one")


def test_who_sent_it_is_forgotten_after_a_day(drawn: Session, anchor: int) -> None:
    """The mark of the sender serves the limit and nothing else."""
    propose(drawn, "confirm", asset_id=anchor, sender="one")
    drawn.execute(text("UPDATE suggestion SET created_at = now() - interval '25 hours'"))
    propose(drawn, "confirm", asset_id=anchor, sender="two")
    assert drawn.scalars(text("SELECT sender FROM suggestion ORDER BY id")).all() == [None, "two"]


def test_fields_that_belong_together_clash_together() -> None:
    """A rhythm is decided on as a whole; what only one changed is kept, what both made the same is no clash."""
    base = {"title": "A", "recurrence": "FREQ=WEEKLY", "recurrence_start": "2026-01-01T10:00", "themes": ["care"]}
    theirs = {**base, "recurrence_start": "2026-01-02T10:00", "themes": ["sharing"], "title": "B"}
    ours = {**base, "recurrence": "FREQ=DAILY", "title": "B"}
    made = merging.three_way(base, theirs, ours)
    assert made.values == {**ours, "themes": ["sharing"]}
    assert made.changed == ("themes",)
    assert [clash.field for clash in made.clashes] == ["recurrence"]


def test_themes_have_no_order() -> None:
    """The same themes in another order are no change."""
    base = {"title": "A", "themes": ["care", "sharing"]}
    made = merging.three_way(base, {"title": "B", "themes": ["sharing", "care"]}, base)
    assert made.changed == ("title",)
    assert made.values == {"title": "B", "themes": ["care", "sharing"]}
