"""What is coming in an area stands on its page, with the way to its calendar."""

import re
from datetime import timedelta

from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.pages.areas import MOST_SOON, SOON_DAYS
from app.parameters import today
from assets import rhythms
from tests.conftest import as_public


def test_the_page_of_an_area_names_the_coming_times(sample_client: TestClient, sample_url: str) -> None:
    """The same times as the domain gives, in order, each with a link; and the calendar to subscribe to."""
    engine = create_engine(sample_url)
    with Session(engine) as session, as_public(session):
        coming = rhythms.occurrences(
            session, area="BU99990101", first=today(), last=today() + timedelta(days=SOON_DAYS), limit=MOST_SOON
        )
    engine.dispose()
    page = sample_client.get("/areas/BU99990101").text
    section = page[page.index('id="soon"') :]
    section = section[: section.index("</section>")]

    assert len(coming) == MOST_SOON
    assert [one.asset_id for one in coming] == [int(number) for number in re.findall(r'href="/assets/(\d+)"', section)]
    assert [f"{one.starts_at:%H:%M}" for one in coming] == re.findall(r", (\d\d:\d\d)</b>", section)
    assert 'href="/api/v1/areas/BU99990101/calendar"' in section


def test_of_another_day_nothing_is_announced(sample_client: TestClient) -> None:
    """A profile of last year says nothing about what is coming now, nor does an area where nothing has a rhythm."""
    assert 'id="soon"' not in sample_client.get("/areas/BU99990101?on=2025-11-01").text
