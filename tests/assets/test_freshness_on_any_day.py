"""Freshness on any day: fresh, ageing or faded, in the past and in the days to come.

Worked on paper, with a street initiative (window six months) in the hand-drawn neighbourhood:

- H, Korte Steeg whole, begun and last heard of on 10 January 2026. Fresh from 10 January to 10 July 2026, ageing from
  11 July 2026 to 10 January 2027 (twelve months), faded from 11 January 2027.
- I, the same on Dorpsstraat, ended on 1 March 2026: fresh to 28 February; from 1 March it is not there, and it never
  fades.
- J, a club (window eighteen months) that begins on 1 September 2026, entered on 1 June 2026: not there before
  1 September 2026; fresh from then on; its latest sign of life is its beginning, so it ages after 1 March 2028 and
  fades after 1 September 2029.
"""

import json
from datetime import date
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from assets import activities, browse, features, inventory
from assets.drafts import ActivityDraft, AssetDraft
from assets.features import Look
from assets.vocabulary import FRESH_MONTHS, AssetKind, Freshness
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, at, initiative

Ids = dict[str, int]


@pytest.fixture
def ids(session: Session, tmp_path: Path) -> Ids:
    """The numbers of H, I and J."""
    neighbourhood.draw(session, tmp_path)
    begun = {"started_on": "2026-01-10", "confirmed_on": "2026-01-10"}
    drafts = {
        "H": initiative("H", {"street": "Korte Steeg", "whole": True}, **begun),
        "I": initiative("I", {"street": "Dorpsstraat", "whole": True, "area": "BU00010101"}, **begun)
        .model_copy(update={"ended_on": date(2026, 3, 1)}),
        "J": AssetDraft.model_validate(
            {
                "kind": "club",
                "title": "J",
                "started_on": "2026-09-01",
                "place": {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(150, 150)}},
            }
        ),
    }  # fmt: skip
    return {letter: inventory.add(session, draft, by=BUILDER, today=DAY).id for letter, draft in drafts.items()}


def words(session: Session, ids: Ids, on: date) -> dict[str, str | None]:
    """The word of freshness of each entry on a day, as the API says it."""
    rows = features.page(session, "assets", filters={}, look=Look(), limit=10, on=on)
    said = {row.id: json.loads(row.feature)["properties"]["freshness"] for row in rows}
    return {letter: said[number] for letter, number in ids.items()}


def listed(session: Session, on: date, word: Freshness | None) -> list[str]:
    """The titles that the list of a day shows."""
    return sorted(row.title for row in browse.assets(session, on=on, freshness=word).rows)


def filtered(session: Session, on: date, word: Freshness) -> list[str]:
    """The titles that the API gives for one word of freshness."""
    rows = features.page(session, "assets", filters=features.of_freshness(word, on), look=Look(), limit=10, on=on)
    return sorted(json.loads(row.feature)["properties"]["title"] for row in rows)


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 1, 9), {"H": None, "I": None, "J": None}),
        (date(2026, 1, 10), {"H": "fresh", "I": "fresh", "J": None}),
        (date(2026, 2, 28), {"H": "fresh", "I": "fresh", "J": None}),
        (date(2026, 3, 1), {"H": "fresh", "I": None, "J": None}),
        (date(2026, 7, 10), {"H": "fresh", "I": None, "J": None}),
        (date(2026, 7, 11), {"H": "ageing", "I": None, "J": None}),
        (date(2026, 9, 1), {"H": "ageing", "I": None, "J": "fresh"}),
        (date(2027, 1, 10), {"H": "ageing", "I": None, "J": "fresh"}),
        (date(2027, 1, 11), {"H": "faded", "I": None, "J": "fresh"}),
        (date(2028, 3, 2), {"H": "faded", "I": None, "J": "ageing"}),
        (date(2029, 9, 2), {"H": "faded", "I": None, "J": "faded"}),
        (date(2200, 12, 31), {"H": "faded", "I": None, "J": "faded"}),
        (date(1900, 1, 1), {"H": None, "I": None, "J": None}),
    ],
)
def test_each_day_has_its_word(session: Session, ids: Ids, on: date, said: dict[str, str | None]) -> None:
    """The word follows from the signs of life up to that day; before its beginning and from its end there is none."""
    with as_public(session):
        assert said == words(session, ids, on)


@pytest.mark.parametrize("on", [date(2026, 2, 1), date(2026, 10, 1), date(2028, 6, 1), date(2030, 1, 1)])
def test_a_filter_gives_exactly_what_has_that_word(session: Session, ids: Ids, on: date) -> None:
    """API and list give for fresh, ageing and faded those entries that say so; the list never what has faded."""
    with as_public(session):
        said = words(session, ids, on)
        for word in Freshness:
            assert sorted(letter for letter in ids if said[letter] == word) == filtered(session, on, word)
        for chosen in (Freshness.fresh, Freshness.ageing):
            assert sorted(letter for letter in ids if said[letter] == chosen) == listed(session, on, chosen)
        assert sorted(letter for letter in ids if said[letter] in ("fresh", "ageing")) == listed(session, on, None)


DAYS = st.dates(date(2015, 1, 1), date(2026, 6, 1))


@given(
    kind=st.sampled_from([AssetKind.club, AssetKind.exchange, AssetKind.meeting_place, AssetKind.story]),
    started=DAYS,
    confirmed=DAYS,
    happened=st.lists(DAYS, max_size=4),
    asked=st.lists(st.dates(date(2010, 1, 1), date(2040, 1, 1)), min_size=1, max_size=6),
)
def test_the_word_follows_from_the_latest_sign_of_life(
    session: Session, kind: AssetKind, started: date, confirmed: date, happened: list[date], asked: list[date]
) -> None:
    """For any history and any day: count the months from the latest sign up to that day, the beginning included."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(150, 150)}}
    draft = AssetDraft.model_validate(
        {"kind": kind, "title": "x", "started_on": started, "confirmed_on": confirmed, "place": place}
    )
    asset = inventory.add(session, draft, by=BUILDER, today=DAY)
    for held_on in happened:
        activities.add(session, ActivityDraft(asset_id=asset.id, held_on=held_on), by=BUILDER, today=DAY)
    window = FRESH_MONTHS[kind]
    for on in asked:
        signs = [day for day in (started, confirmed, *happened) if day <= on]
        rows = features.page(session, "assets", filters={"id": asset.id}, look=Look(), limit=1, on=on, archive=True)
        said = json.loads(rows[0].feature)["properties"]["freshness"]
        if on < started:
            assert said is None
        elif on <= max(signs) + relativedelta(months=window):
            assert said == "fresh"
        elif on <= max(signs) + relativedelta(months=2 * window):
            assert said == "ageing"
        else:
            assert said == "faded"
