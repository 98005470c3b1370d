"""Imports and writers of stretches: never at the same moment on the same streets."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from assets import inventory
from assets.drafts import AssetDraft
from assets.importers import import_streets
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY, at


def test_a_stretch_waits_for_an_import_and_a_club_does_not(database_url: str, tmp_path: Path) -> None:
    """While a file of streets is coming in, a stretch is not measured on lines that are about to change."""
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        neighbourhood.draw(session, tmp_path)
    club = AssetDraft.model_validate(
        {
            "kind": "club",
            "title": "Koor",
            "place": {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(1, 1)}},
        }
    )
    whole = neighbourhood.initiative("whole", {"street": "Singel", "whole": True})

    with Session(engine) as importing, Session(engine) as writing:
        import_streets(importing, neighbourhood.streets_file(tmp_path))
        writing.execute(text("SET lock_timeout = '200ms'"))
        inventory.add(writing, club, by=BUILDER, today=DAY)
        writing.commit()
        with pytest.raises(OperationalError, match="lock timeout"):
            inventory.add(writing, whole, by=BUILDER, today=DAY)
        writing.rollback()
        importing.rollback()
        inventory.add(writing, whole, by=BUILDER, today=DAY)
        writing.commit()
    engine.dispose()
