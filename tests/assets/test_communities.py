"""Roles hold in one community: what belongs to another is out of reach, whatever its number."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from assets import accounts, activities, archive, communities, connections, inventory, sign_ins, suggestions
from assets.drafts import ActivityDraft, AssetDraft
from assets.errors import Conflict, Invalid, NotAllowed, NotFound
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.vocabulary import ActivityKind, ConnectionKind, Role, SuggestionKind
from tests.neighbourhood import draw, thing

DAY = date(2026, 11, 1)


def someone(session: Session, name: str, *roles: tuple[int, Role]) -> Viewer:
    """Somebody with these roles, signed in."""
    first, *more = roles
    account = accounts.add(session, name, role=first[1], community_id=first[0])
    for number, role in more:
        accounts.set_role(session, account, role, community_id=number)
    viewer = sign_ins.viewer_of(session, sign_ins.begin(session, account.id))
    assert viewer is not None
    return viewer


@pytest.fixture
def two(session: Session, tmp_path: Path) -> tuple[int, int]:
    """Two communities in a hand-drawn neighbourhood, by number."""
    draw(session, tmp_path)
    return communities.add(session, "noord", "Noord").id, communities.add(session, "zuid", "Zuid").id


def spot(title: str) -> AssetDraft:
    """A meeting place in the drawing."""
    return thing("meeting_place", title, (50, 50))


def place(session: Session, community_id: int, title: str) -> int:
    """A meeting place of a community."""
    return inventory.add(session, spot(title), by=OPERATOR, community_id=community_id, today=DAY).id


def test_out_of_reach(session: Session, two: tuple[int, int]) -> None:
    """A builder of the north changes, ends, confirms, connects and decides nothing of the south."""
    north, south = two
    builder = someone(session, "Noor", (north, Role.builder))
    theirs, other, mine = (place(session, where, title) for where, title in ((south, "A"), (south, "B"), (north, "C")))
    activity = activities.add(session, ActivityDraft(asset_id=theirs, kind=ActivityKind.activity, held_on=DAY,
                                                     participants=3), by=OPERATOR)  # fmt: skip
    tie = connections.add(session, theirs, ConnectionKind.helps, other, by=OPERATOR)
    asked = suggestions.propose(session, SuggestionKind.gone, by=VISITOR, asset_id=theirs, note="", language="nl")
    draft = spot("D")
    tries: list[Callable[[], object]] = [
        lambda: inventory.change(session, theirs, draft, by=builder),
        lambda: inventory.confirm(session, theirs, by=builder, on=DAY, today=DAY),
        lambda: inventory.retire(session, theirs, by=builder),
        lambda: archive.end(session, theirs, by=builder),
        lambda: inventory.add(session, draft, by=builder, community_id=south),
        lambda: activities.add(
            session, ActivityDraft(asset_id=theirs, kind=ActivityKind.activity, held_on=DAY, participants=3), by=builder
        ),
        lambda: activities.change(
            session, activity.id,
            ActivityDraft(asset_id=mine, kind=ActivityKind.activity, held_on=DAY, participants=3), by=builder,
        ),
        lambda: activities.remove(session, activity.id, by=builder),
        lambda: connections.add(session, theirs, ConnectionKind.helps, mine, by=builder),
        lambda: connections.remove(session, tie.id, by=builder),
        lambda: suggestions.accept(session, asked.id, by=builder),
        lambda: suggestions.refuse(session, asked.id, by=builder, reason="no"),
        lambda: suggestions.get(session, asked.id, builder),
    ]  # fmt: skip
    for attempt in tries:
        with pytest.raises((NotAllowed, NotFound)):  # a suggestion of elsewhere is as one that is not there
            attempt()
    assert [] == suggestions.open_ones(session, builder)
    assert 0 == suggestions.count_open(session, builder)


def test_within_reach(session: Session, two: tuple[int, int]) -> None:
    """At home the same builder may; new entries go there; and somebody can be a builder in both."""
    north, south = two
    builder = someone(session, "Noor", (north, Role.builder))
    mine = inventory.add(session, spot("C"), by=builder, today=DAY)
    assert north == mine.community_id
    inventory.confirm(session, mine.id, by=builder, on=DAY, today=DAY)
    both = someone(session, "Bo", (north, Role.member), (south, Role.builder))
    assert (Role.builder, south) == (both.role, both.community_id)
    with pytest.raises(NotAllowed):
        inventory.retire(session, mine.id, by=both)
    inventory.retire(session, place(session, south, "E"), by=both)


def test_admin_everywhere(session: Session, two: tuple[int, int]) -> None:
    """An admin is of no community and may act in each; an analyst writes in none."""
    admin, analyst = (accounts.add(session, str(role), role=role) for role in (Role.admin, Role.analyst))
    viewers = [sign_ins.viewer_of(session, sign_ins.begin(session, one.id)) for one in (admin, analyst)]
    assert viewers[0] is not None
    assert viewers[1] is not None
    inventory.retire(session, place(session, two[1], "F"), by=viewers[0])
    with pytest.raises(NotAllowed):
        inventory.retire(session, place(session, two[1], "G"), by=viewers[1])


def test_role_taken_away(session: Session, two: tuple[int, int]) -> None:
    """Who loses a role is signed out and cannot use it any more; the last one is not taken but the account closed."""
    north, south = two
    account = accounts.add(session, "Bo", role=Role.builder, community_id=north)
    accounts.set_role(session, account, Role.steward, community_id=south)
    secret = sign_ins.begin(session, account.id)
    accounts.set_role(session, account, Role.visitor, community_id=south)
    assert sign_ins.viewer_of(session, secret) is None
    assert Role.builder == account.role
    with pytest.raises(Invalid):
        accounts.set_role(session, account, Role.visitor, community_id=north)
    accounts.close(session, account)
    assert [] == accounts.members(session, north)


def test_names_of_communities(session: Session, two: tuple[int, int]) -> None:
    """A short name is one community's, and fits in an address."""
    assert ["Noord", "Zuid"] == [one.name for one in communities.communities(session) if one.id in two]
    with pytest.raises(Conflict):
        communities.add(session, "noord", "Noord")
    for slug, name in (("", "x"), ("A", "x"), ("a/b", "x"), ("-a", "x"), ("a" * 61, "x"), ("a", ""), ("a", "x" * 101)):
        with pytest.raises(Invalid):
            communities.add(session, slug, name)
