"""What analysts see of streets beyond the map, worked out on tests/neighbourhood.py; each look is logged.

On 1 June 2026 in West: A on Kerkstraat picked litter on 16 May, H on Grensweg today and 90 days ago; conversations on
Dwarsstraat (1 June 2025, which counts), Grensweg in West (1 May 2026) and Korte Steeg (31 May 2025, too long ago).
"""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import communities, coverage, sharing, street_details
from assets.errors import NotAllowed
from assets.permissions import OPERATOR, VISITOR, Permission, Viewer
from assets.sharing import Choice
from assets.street_details import StreetDetails
from assets.vocabulary import Role, Shared
from tests import neighbourhood
from tests.assets.test_measurements import WEST
from tests.assets.test_sharing import SHY, choose
from tests.neighbourhood import DAY

ANALYST = Viewer("Annelies", Role.analyst, account_id=7)
TALKS = Choice(True, "Graag")


@pytest.fixture
def place(session: Session, tmp_path: Path) -> dict[str, int]:
    """The neighbourhood with what happens in it; all is of one community but H, which is of another."""
    neighbourhood.draw(session, tmp_path)
    ids = neighbourhood.live(session) | neighbourhood.active(session)
    ids |= {name: communities.add(session, name, f"Buren van {name}").id for name in ("noord", "zuid")}
    session.execute(text("UPDATE asset SET community_id = :id"), {"id": ids["noord"]})
    session.execute(text("UPDATE conversation SET community_id = :id"), {"id": ids["noord"]})
    session.execute(text("UPDATE asset SET community_id = :to WHERE id = :id"), {"to": ids["zuid"], "id": ids["H"]})
    return ids


def looked(session: Session, *, viewer: Viewer = ANALYST, on: date = DAY) -> street_details.Looked:
    parts = coverage.street_parts(session, on=on, area=WEST)
    return street_details.look(session, viewer, ids=[one.id for one in parts], area=WEST, on=on)


def told(session: Session, found: street_details.Looked) -> dict[str, tuple[int | None, int | None]]:
    names = {row.id: row.name for row in session.execute(text("SELECT id, name FROM street_part"))}
    return {
        names[number]: (one.activities_12_months, one.conversations_12_months)
        for number, one in found.details.items()
        if one.activities_12_months or one.conversations_12_months
    }


def test_activities_are_counted_and_conversations_are_not(session: Session, place: dict[str, int]) -> None:
    """As communities share when nobody chose: activities of every theme, no conversation of anybody."""
    found = looked(session)
    assert {"Kerkstraat": (1, None), "Grensweg": (2, None)} == told(session, found)
    assert [("noord", Shared.conversations), ("zuid", Shared.conversations)] == [
        (one.slug, one.what) for one in found.withheld
    ]
    assert {"Grensweg": (1, None)} == told(session, looked(session, on=date(2026, 3, 31)))


def test_conversations_of_who_shares_them(session: Session, place: dict[str, int]) -> None:
    """Of a community that shares them: those of the past 12 months, and only of streets they were in."""
    choose(session, place["noord"], conversations=TALKS)
    assert {"Kerkstraat": (1, None), "Grensweg": (2, 1), "Dwarsstraat": (0, 1)} == told(session, looked(session))
    choose(session, place["noord"], conversations=Choice(False))
    choose(session, place["zuid"], conversations=TALKS)
    assert {"Kerkstraat": (1, None), "Grensweg": (2, None)} == told(session, looked(session))
    choose(session, place["noord"], conversations=TALKS)
    found = looked(session)
    assert {"Kerkstraat": (1, 0), "Grensweg": (2, 1), "Dwarsstraat": (0, 1)} == told(session, found)
    assert () == found.not_shared


@pytest.mark.parametrize("what", [Shared.street_states, Shared.activity_counts])
def test_what_is_withheld_is_left_out(session: Session, place: dict[str, int], what: Shared) -> None:
    """Neither the states nor the counts of a community that keeps one of them reach the columns, with its reason."""
    choose(session, place["zuid"], **{what.value: SHY})
    found = looked(session)
    assert {"Kerkstraat": (1, None)} == told(session, found)
    others = {one.activities_12_months for one in found.details.values()}
    assert {1, None} == others, "nothing that is not shared reads as 0, in whichever street it was"
    assert (Shared.activity_counts, Shared.conversations) == found.not_shared
    assert (what, SHY.reason) in [(one.what, one.reason) for one in found.withheld if one.slug == "zuid"]


def test_who_may_look(session: Session, place: dict[str, int]) -> None:
    """Analysts and admins; each look stands in the log, once in a quarter of an hour, and a refusal leaves no row."""
    others = [VISITOR, *(Viewer("B", role, account_id=2) for role in (Role.member, Role.builder, Role.steward))]
    narrow = Viewer("T", Role.analyst, token_id=3, scopes=frozenset({Permission.plan_read}))
    for viewer in (*others, narrow):
        with pytest.raises(NotAllowed):
            looked(session, viewer=viewer)
    rows = text(
        "SELECT l.role, l.by, l.what, a.code FROM lookup AS l LEFT JOIN area AS a ON a.id = l.area_id ORDER BY l.id"
    )
    assert [] == session.execute(rows).all()
    for viewer in (ANALYST, ANALYST, OPERATOR):
        looked(session, viewer=viewer)
    assert [("analyst", "Annelies", "streets", WEST), ("admin", "operator", "streets", WEST)] == session.execute(
        rows
    ).all()


def test_an_analyst_of_one_municipality(session: Session, place: dict[str, int]) -> None:
    """Sees details in it, by area; not of another municipality nor of everywhere, and then nothing is written down."""
    here = Viewer("Annelies", Role.analyst, account_id=7, municipality="GM0001")
    elsewhere = Viewer("Bram", Role.analyst, account_id=8, municipality="GM0002")
    assert {"Kerkstraat": (1, None), "Grensweg": (2, None)} == told(session, looked(session, viewer=here))
    with pytest.raises(NotAllowed):
        looked(session, viewer=elsewhere)
    with pytest.raises(NotAllowed):
        street_details.look(session, here, ids=[1], area=None, on=DAY)
    assert ["Annelies"] == list(session.scalars(text("SELECT by FROM lookup")))


def test_nothing_else_is_told() -> None:
    """The columns are the two numbers: no neighbours, no notes, no names."""
    assert {"activities_12_months": 0, "conversations_12_months": 0} == vars(StreetDetails(0, 0))
    assert sharing.DEFAULTS[Shared.conversations] is False
