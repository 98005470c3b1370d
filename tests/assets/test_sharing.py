"""What communities share with the municipality: set by their stewards only, and the plan reckons as they said.

Worked out on tests/neighbourhood.py with the plan of tests/assets/test_plan.py: A and B care for Kerkstraat, C for
Singel, in West.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assets import (
    accounts,
    activities,
    communities,
    conversations,
    coverage,
    history,
    inventory,
    my_streets,
    plan,
    plan_files,
    sharing,
    sign_ins,
)
from assets.drafts import ActivityDraft, ConversationDraft
from assets.errors import Invalid, NotAllowed, NotFound, Stale
from assets.permissions import OPERATOR, Viewer
from assets.sharing import Choice
from assets.vocabulary import LitterLevel, MunicipalAnswer, Role, Shared, StreetState
from tests import neighbourhood
from tests.assets.test_measurements import WEST, counted
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY

NAMES = ("noord", "midden", "zuid")
SHY = Choice(False, "We praten er liever eerst over.")


@pytest.fixture
def place(session: Session, tmp_path: Path) -> dict[str, int]:
    """The neighbourhood of the plan; numbers of the initiatives by letter and of the communities by name."""
    neighbourhood.draw(session, tmp_path)
    ids = neighbourhood.live(session)
    counted(session)
    draft = ActivityDraft(asset_id=ids["C"], held_on=date(2026, 5, 30), participants=4, hours=1.5)
    activities.add(session, draft, by=BUILDER, today=DAY)
    return ids | {name: communities.add(session, name, f"Buren van {name}").id for name in NAMES}


def steward(community_id: int, name: str = "Sanne") -> Viewer:
    """A steward of one community."""
    return Viewer(name, Role.steward, account_id=1, community_id=community_id, roles={community_id: Role.steward})


def choose(session: Session, community_id: int, **choices: Choice) -> list[Shared]:
    """Set what a community shares, as its steward who looked just now."""
    return sharing.choose(
        session, community_id, {Shared(what): choice for what, choice in choices.items()},
        seen=sharing.version(session, community_id), by=steward(community_id),
    )  # fmt: skip


# --- who sets it, and what is kept of that ---


def test_defaults(session: Session) -> None:
    """A new community shares states and counts, no conversations and never contact; everyone can read that."""
    number = communities.add(session, "noord", "Noord").id
    with as_public(session):
        found = sharing.of(session, number)
        with pytest.raises(NotFound):
            sharing.of(session, number + 1)
    assert {Shared.street_states: True, Shared.activity_counts: True, Shared.conversations: False,
            Shared.contact: False} == {what: one.shared for what, one in found.items()}  # fmt: skip
    assert sharing.DEFAULTS == {what: one.shared for what, one in found.items()}
    assert {("", None)} == {(one.reason, one.set_at) for one in found.values()}


def test_only_their_own_steward(session: Session) -> None:
    """A steward of another community, an admin, the operator and everybody else may not: sharing is power."""
    north, south = (communities.add(session, name, name).id for name in NAMES[:2])
    admin = accounts.add(session, "Ada", role=Role.admin)
    others = [
        OPERATOR,
        steward(south),
        sign_ins.viewer_of(session, sign_ins.begin(session, admin.id)),
        *(Viewer("B", role, account_id=2, roles={north: role}) for role in Role if role is not Role.steward),
        *(Viewer("T", role, token_id=3) for role in Role),
    ]
    for viewer in others:
        assert viewer is not None
        with pytest.raises(NotAllowed):
            sharing.choose(session, north, {Shared.street_states: SHY}, seen=0, by=viewer)
    assert sharing.of(session, north)[Shared.street_states].shared
    assert [Shared.street_states] == choose(session, north, street_states=SHY)
    assert not sharing.of(session, north)[Shared.street_states].shared


def test_contact_is_never_shared(session: Session) -> None:
    """Not by a steward, and not past the program either: the database refuses it."""
    number = communities.add(session, "noord", "Noord").id
    with pytest.raises(Invalid, match="cannot be stored"):
        choose(session, number, contact=Choice(True, "Handig"))
    for what, shared, reason in (
        ("contact", True, "Handig"),
        ("street_states", False, ""),
        ("conversations", True, ""),
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(
                text(
                    "INSERT INTO sharing (community_id, what, shared, reason, set_by)"
                    " VALUES (:id, :what, :shared, :why, 'x')"
                ),
                {"id": number, "what": what, "shared": shared, "why": reason},
            )
    assert not sharing.of(session, number)[Shared.contact].shared


@pytest.mark.parametrize(
    ("what", "choice"),
    [
        ("street_states", Choice(False)),
        ("conversations", Choice(True, "  \n ")),
        ("activity_counts", Choice(False, "x" * 301)),
        ("activity_counts", Choice(False, "Bel Sanne op 06 12345678")),
        ("activity_counts", Choice(True, "Mail sanne@example.org")),
        ("street_states", Choice(False, "Zwart\x07teken")),
    ],
)
def test_a_reason_that_cannot_be(session: Session, what: str, choice: Choice) -> None:
    """Away from the default there is a reason of 1 to 300 characters, which reaches nobody; nothing is half-stored."""
    number = communities.add(session, "noord", "Noord").id
    with pytest.raises(Invalid) as refused:
        choose(session, number, **{"street_states": SHY, "activity_counts": SHY, what: choice})
    assert [f"/{what}"] == [fault.pointer for fault in refused.value.faults]
    assert sharing.DEFAULTS == {what: one.shared for what, one in sharing.of(session, number).items()}


def test_every_change_is_kept(session: Session) -> None:
    """Who, what and why stand in the history, in order; setting the same again is no change; back to the default is."""
    number = communities.add(session, "noord", "Noord").id
    choose(session, number, street_states=SHY, conversations=Choice(True, "We zijn  er\ntrots op"))
    assert [] == choose(session, number, street_states=SHY)
    choose(session, number, street_states=Choice(True))
    told = [(one.by, one.before, one.after) for one in history.of(session, "sharing", number)]
    assert [
        ("Sanne", {"what": "street_states", "shared": True, "reason": ""},
         {"what": "street_states", "shared": False, "reason": SHY.reason}),
        ("Sanne", {"what": "conversations", "shared": False, "reason": ""},
         {"what": "conversations", "shared": True, "reason": "We zijn er trots op"}),
        ("Sanne", {"what": "street_states", "shared": False, "reason": SHY.reason},
         {"what": "street_states", "shared": True, "reason": ""}),
    ] == told  # fmt: skip


def test_the_second_steward_is_told(session: Session) -> None:
    """Who looked before another changed something stores nothing."""
    number = communities.add(session, "noord", "Noord").id
    seen = sharing.version(session, number)
    choose(session, number, street_states=SHY)
    with pytest.raises(Stale):
        sharing.choose(session, number, {Shared.activity_counts: SHY}, seen=seen, by=steward(number, "Teun"))
    assert sharing.of(session, number)[Shared.activity_counts].shared


# --- what the plan reckons with ---


def planned(session: Session, **more: Any) -> plan.Plan:
    with as_public(session):
        return plan.plan(session, **{"area": WEST, "hours": 3, "minimum": 0.1, "on": DAY, **more})


def give(session: Session, place: dict[str, int], **owners: str) -> None:
    """Give initiatives by their letters to communities by name."""
    for letter, name in owners.items():
        session.execute(
            text("UPDATE asset SET community_id = :to WHERE id = :id"), {"to": place[name], "id": place[letter]}
        )


def test_states_that_are_not_shared(session: Session, place: dict[str, int]) -> None:
    """Of Kerkstraat is not said who cares for it, its nine hours count as none, and it has no answer.

    So it is of each street of West that zuid does not care for, so that nobody can tell which of them noord cares
    for; in Oost, where noord has nothing, nothing changes.
    """
    give(session, place, A="noord", B="noord", C="zuid")
    choose(session, place["noord"], street_states=SHY)
    session.execute(text("UPDATE ambition SET level = 'A+'"))
    found = planned(session)
    street = {one.found.part.name: one for one in found.streets}["Kerkstraat"]
    assert (None, None, 0, 0, None) == (
        street.found.state, street.found.share, street.found.part.covered_m, street.care,
        street.found.part.last_activity_on,
    )  # fmt: skip
    assert (LitterLevel.b, None) == (street.found.sample and street.found.sample.level, street.found.answer)
    line = plan_files.record(found, street)
    assert (None, None, None, "street_states, activity_counts") == (
        line["state"], line["answer"], line["care_per_100_m"], line["not_shared"]
    )  # fmt: skip
    assert {"Singel"} == {one.found.part.name for one in found.streets if one.found.state is not None}
    assert all(one.found.state for one in planned(session, area="BU00010102").streets)
    assert [("noord", "Buren van noord", Shared.street_states, SHY.reason)] == [
        (one.slug, one.name, one.what, one.reason) for one in found.withheld
    ]
    assert date(2026, 5, 30) == found.newest_activity_on
    session.execute(text("UPDATE sharing SET shared = true"))
    street = {one.found.part.name: one for one in planned(session).streets}["Kerkstraat"]
    assert (StreetState.carried, MunicipalAnswer.support_quietly) == (street.found.state, street.found.answer)


def test_counts_go_with_the_states(session: Session, place: dict[str, int]) -> None:
    """Without the states of its streets the counts of a community do not reach the municipality either."""
    assert sharing.reaches(sharing.of(session, place["noord"]))[Shared.activity_counts]
    choose(session, place["noord"], street_states=SHY, conversations=SHY)
    told = sharing.reaches(sharing.of(session, place["noord"]))
    assert {Shared.street_states: False, Shared.activity_counts: False, Shared.conversations: False,
            Shared.contact: False} == told  # fmt: skip


def test_counts_that_are_not_shared(session: Session, place: dict[str, int]) -> None:
    """Singel stays partly carried with no hour of care, and the newest activity is that of the others."""
    give(session, place, A="noord", B="noord", C="zuid")
    choose(session, place["zuid"], activity_counts=SHY)
    found = planned(session)
    street = {one.found.part.name: one for one in found.streets}["Singel"]
    assert (StreetState.partly, 0) == (street.found.state, street.care)
    assert date(2026, 5, 16) == found.newest_activity_on
    assert [("zuid", Shared.activity_counts)] == [(one.slug, one.what) for one in found.withheld]


def test_elsewhere_is_not_told(session: Session, place: dict[str, int]) -> None:
    """A community with nothing in the area withholds nothing of this plan; one with a club withholds the states."""
    give(session, place, A="noord", B="noord", C="noord", G="zuid")
    choose(session, place["zuid"], street_states=SHY)
    choose(session, place["midden"], street_states=SHY)
    assert () == planned(session).withheld
    assert ["zuid"] == [one.slug for one in planned(session, area="BU00010102").withheld]
    club = inventory.add(session, neighbourhood.thing("club", "Koor", (150, 150)), by=BUILDER, today=DAY)
    give(session, {**place, "K": club.id}, K="midden")
    found = planned(session)
    assert [("midden", Shared.street_states)] == [(one.slug, one.what) for one in found.withheld]
    untold = {one.found.part.name for one in found.streets if one.found.state is None}
    assert {"Grensweg", "Korte Steeg"} <= untold
    assert not untold & {"Kerkstraat", "Singel"}
    assert 0 == found.told(0), "for litter midden does nothing there, which everyone can see"


def test_who_was_asked_goes_with_the_states(session: Session, place: dict[str, int]) -> None:
    """A conversation of a community that shares no states makes no street asked for anybody but its own builders."""
    talk = ConversationDraft.model_validate({"street": "Korte Steeg", "area": WEST, "held_on": "2026-05-30"})
    number = conversations.add(session, talk, by=BUILDER, today=DAY).id
    session.execute(
        text("UPDATE conversation SET community_id = :to WHERE id = :id"), {"to": place["noord"], "id": number}
    )

    def told() -> tuple[StreetState, date | None]:
        with as_public(session):
            rows = {one.name: one for one in coverage.street_parts(session, on=DAY, area=WEST)}
        return rows["Korte Steeg"].state, rows["Korte Steeg"].last_conversation_on

    def known(community: str) -> tuple[StreetState, date | None]:
        by = Viewer("Bo", Role.builder, account_id=7, roles={place[community]: Role.builder})
        rows = {one.part.name: one for one in my_streets.of_area(session, WEST, by=by, on=DAY)}
        return rows["Korte Steeg"].state, rows["Korte Steeg"].last_on

    asked, not_told = (StreetState.asked, date(2026, 5, 30)), (StreetState.unasked, date(2025, 5, 31))
    assert (asked, asked, asked) == (told(), known("noord"), known("zuid"))
    before = sharing.untold(session, None)
    choose(session, place["noord"], street_states=SHY, conversations=Choice(True, "Tellen mag"))
    assert (not_told, asked, not_told) == (told(), known("noord"), known("zuid"))
    assert (False, False) == (before, sharing.untold(session, WEST))
    give(session, place, A="noord")
    assert (True, False) == (sharing.untold(session, WEST), sharing.untold(session, "BU00010102"))


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Take back what happens in the block."""
    inner = session.begin_nested()
    try:
        yield
    finally:
        inner.rollback()


OWNERS = st.fixed_dictionaries(dict.fromkeys("ABCDEFGH", st.sampled_from(NAMES)))
SETTINGS = st.fixed_dictionaries(dict.fromkeys(NAMES, st.tuples(st.booleans(), st.booleans(), st.booleans())))


@settings(max_examples=40)
@given(OWNERS, SETTINGS, st.sampled_from([WEST, "BU00010102", "GM0001"]), st.sampled_from([0.2, 3, 10]))
def test_the_plan_is_that_of_what_is_shared(
    all_of_it: tuple[Session, dict[str, int]], owners: dict[str, str], said: dict[str, tuple[bool, bool, bool]],
    area: str, hours: float,
) -> None:  # fmt: skip
    """Whatever communities withhold, the plan and what changed are those of a database without it."""
    session, place = all_of_it
    with undone(session):
        give(session, place, **owners)
        asked: dict[str, Any] = {"area": area, "hours": hours, "minimum": 0.05}
        with undone(session):
            for name, (states, counts, talks) in said.items():
                choose(session, place[name], street_states=Choice(states, "Zo"), activity_counts=Choice(counts, "Zo"),
                       conversations=Choice(talks, "Zo"))  # fmt: skip
            silent = untold(planned(session, **asked))
            held = everything(session, asked, silent)
        without_states = [place[name] for name in NAMES if not said[name][0]]
        without_counts = [place[name] for name in NAMES if not said[name][1]]
        session.execute(
            text("DELETE FROM activity WHERE asset_id IN (SELECT id FROM asset WHERE community_id = ANY(:ids))"),
            {"ids": without_counts},
        )
        session.execute(text("DELETE FROM asset WHERE community_id = ANY(:ids)"), {"ids": without_states})
        cared = {one.found.part.id for one in planned(session, **asked).streets if one.found.part.covered_m > 0}
        assert not silent & cared, "what somebody shares is told"
        assert held == everything(session, asked, silent)


def untold(found: plan.Plan) -> set[int]:
    """The street parts of which a plan does not say who cares for them."""
    return {one.found.part.id for one in found.streets if one.found.state is None}


def everything(session: Session, asked: dict[str, Any], silent: set[int] | None = None) -> tuple[Any, ...]:
    """All that a plan says, but what is withheld: that nothing is shared (None) is the same as nothing (0) here.

    Of the street parts in `silent` nothing is compared that follows from who cares for them.
    """
    session.expire_all()
    found = planned(session, **asked)
    with as_public(session):
        changed = plan.changes(session, found, since=date(2026, 5, 15))
    records = [
        {**one, "care_per_100_m": one["care_per_100_m"] or 0.0, "not_shared": ""}
        | ({"state": None, "answer": None} if one["id"] in (silent or ()) else {})
        for one in plan_files.records(found, changed)
    ]
    return (
        records, found.neighbourhoods, found.level, found.fraction,
        found.newest_activity_on, found.newest_measurement_on,
        [(one.found.part.last_activity_on, one.found.part.covered_m, one.found.part.energy) for one in found.streets],
    )  # fmt: skip


@pytest.fixture
def all_of_it(session: Session, place: dict[str, int]) -> tuple[Session, dict[str, int]]:
    """The neighbourhood with everything that happens in it."""
    return session, place | neighbourhood.active(session)
