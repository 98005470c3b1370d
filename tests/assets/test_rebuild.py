"""Derived rows: kept when something is written, and equal to what a rebuild computes from the source rows."""

import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import activities, inventory
from assets.drafts import ActivityDraft
from assets.errors import DomainError
from assets.rebuild import rebuild
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY

#: Every derived value, in an order that a rebuild does not change.
DERIVED = {
    "links": "SELECT stretch_id, street_part_id, asset_id, CAST(covered AS text), covered_m,"
    " themes, CAST(counts_on AS text) FROM stretch_part ORDER BY 1, 2",
    "stretches": "SELECT id, ST_AsText(geom, 3), round(CAST(length_m AS numeric), 3) FROM stretch ORDER BY id",
    "assets": "SELECT id, CAST(active_on AS text), CAST(fresh_on AS text), area_id, ST_AsText(geom, 3)"
    " FROM asset ORDER BY id",
    "parts": "SELECT id, street_id, area_id, length_m, ST_AsText(geom, 3) FROM street_part ORDER BY id",
    "segments": "SELECT id, area_id FROM segment ORDER BY id",
    "energy": "SELECT asset_id, street_part_id, share, energy_at_epoch, last_on, CAST(counts_on AS text)"
    " FROM energy_share ORDER BY 1, 2 NULLS LAST",
    "edges": "SELECT segment_id, start_m, end_m, from_node, to_node FROM street_edge ORDER BY 1, 2",
}


def derived(session: Session) -> dict[str, list[Any]]:
    """All derived rows as they stand."""
    session.flush()
    return {name: [tuple(row) for row in session.execute(text(query))] for name, query in DERIVED.items()}


class Neighbours:
    """People who add, change, end, confirm and retire things at random; their refusals are part of life."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session = session
        self.random = random.Random(seed)
        self.assets: list[int] = []
        self.activities: list[int] = []

    def step(self) -> None:
        """One random change."""
        deeds = [self.add, self.add, self.change, self.happen, self.happen, self.correct, self.forget, self.retire]
        try:
            with self.session.begin_nested():
                self.random.choice(deeds)()
        except DomainError:
            pass  # a day before the start, a stretch that fits no street, an entry that is in the archive already

    def initiative(self) -> Any:
        name, line = self.random.choice([segment for segment in neighbourhood.SEGMENTS if segment[0]])
        first, last = self.random.choice(list(pairwise(line)))
        ends = sorted(self.random.uniform(0, 1) for _ in range(2))
        points = [tuple(a + (b - a) * share for a, b in zip(first, last, strict=True)) for share in ends]
        ways: list[dict[str, Any]] = [{"line": points}, {"between": points}]
        if name != "Dorpsstraat":
            ways.append({"whole": True})
        started = DAY - timedelta(days=self.random.randrange(800))
        dates = {"started_on": started.isoformat(), "confirmed_on": started.isoformat()}
        if self.random.random() < 0.2:
            dates["ended_on"] = (started + timedelta(days=self.random.randrange(400))).isoformat()
        themes = tuple(self.random.sample(["litter", "greenery"], self.random.randint(1, 2)))
        return neighbourhood.initiative("x", {"street": name, **self.random.choice(ways)}, themes=themes, **dates)

    def add(self) -> None:
        self.assets.append(inventory.add(self.session, self.initiative(), by=BUILDER, today=DAY).id)

    def change(self) -> None:
        if self.assets:
            asset_id = self.random.choice(self.assets)
            inventory.change(self.session, asset_id, self.initiative(), by=BUILDER, today=DAY)

    def happening(self) -> ActivityDraft:
        return ActivityDraft(
            asset_id=self.random.choice(self.assets or [1]),
            held_on=DAY - timedelta(days=self.random.randrange(900)),
            participants=self.random.randint(1, 40),
        )

    def happen(self) -> None:
        self.activities.append(activities.add(self.session, self.happening(), by=BUILDER, today=DAY).id)

    def correct(self) -> None:
        if self.activities:
            activity_id = self.random.choice(self.activities)
            activities.change(self.session, activity_id, self.happening(), by=BUILDER, today=DAY)

    def forget(self) -> None:
        if self.activities:
            activities.remove(self.session, self.random.choice(self.activities), by=BUILDER)

    def retire(self) -> None:
        if self.assets:
            inventory.retire(self.session, self.random.choice(self.assets), by=BUILDER)


@pytest.mark.parametrize("seed", [1])
def test_kept_rows_equal_a_rebuild_after_a_thousand_random_changes(session: Session, tmp_path: Path, seed: int) -> None:
    """No change, in whatever order, leaves a derived row that a rebuild would make differently."""
    neighbourhood.draw(session, tmp_path)
    neighbours = Neighbours(session, seed)
    for _ in range(1000):
        neighbours.step()
    kept = derived(session)

    rebuilt = rebuild(session)

    assert len(kept["links"]) > 100
    assert kept == derived(session)
    assert 0 == rebuilt.dates
    assert () == rebuilt.lost_stretches


def test_a_rebuild_repairs_what_was_broken_by_hand(session: Session, tmp_path: Path) -> None:
    """The rebuild really computes: derived rows that were spoiled come back as they were."""
    neighbourhood.draw(session, tmp_path)
    neighbourhood.live(session)
    before = derived(session)
    session.execute(text("DELETE FROM stretch_part"))
    session.execute(text("DELETE FROM energy_share"))
    session.execute(text("UPDATE asset SET active_on = '{}', fresh_on = '{}', area_id = NULL"))
    session.execute(text("UPDATE segment SET area_id = NULL"))

    rebuild(session)

    after = derived(session)
    assert before["links"] == after["links"]
    assert before["segments"] == after["segments"]
    assert before["assets"] == after["assets"]
    assert before["energy"] == after["energy"]
