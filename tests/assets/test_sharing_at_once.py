"""Stewards who choose at the same moment: one is stored whole, the other is told, and nothing is mixed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from assets import communities, history, sharing
from assets.errors import Stale
from assets.permissions import Viewer
from assets.sharing import CHOICES, Choice
from assets.vocabulary import Role

STEWARDS = 6


@pytest.mark.parametrize("turn", range(3))
def test_one_is_first(database_url: str, turn: int) -> None:
    """Of stewards who looked at the same settings exactly one stores, all three things of that one and of no other."""
    engine = create_engine(database_url, pool_size=STEWARDS)
    with Session(engine) as session, session.begin():
        number = communities.add(session, "noord", f"Noord {turn}").id
    ready = Barrier(STEWARDS)

    def choose(who: int) -> bool:
        viewer = Viewer(f"S{who}", Role.steward, account_id=who, roles={number: Role.steward})
        wanted = {what: Choice(not sharing.DEFAULTS[what], f"Zegt S{who}") for what in CHOICES}
        with Session(engine) as session, session.begin():
            seen = sharing.version(session, number)
            ready.wait(timeout=30)
            try:
                sharing.choose(session, number, wanted, seen=seen, by=viewer)
            except Stale:
                return False
        return True

    with ThreadPoolExecutor(STEWARDS) as pool:
        first = [who for who, stored in enumerate(pool.map(choose, range(STEWARDS))) if stored]
    assert 1 == len(first)
    with Session(engine) as session:
        assert {f"Zegt S{first[0]}"} == {sharing.of(session, number)[what].reason for what in CHOICES}
        assert [f"S{first[0]}"] * 3 == [one.by for one in history.of(session, "sharing", number)]
    engine.dispose()
