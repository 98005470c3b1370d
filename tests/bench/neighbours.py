"""Made-up neighbours on real streets: initiatives, clubs and places with two years of activities, always the same ones.

They come in by the functions that everybody uses; only the activities, many and all alike, are written as a set.
"""

import random
from datetime import date, timedelta

import shapely
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from assets import energy, freshness, inventory
from assets.drafts import AssetDraft
from assets.errors import Invalid
from assets.permissions import OPERATOR

#: The day that counts as today.
TODAY = date(2026, 11, 27)
INITIATIVES = 500
PLACES = 100
ACTIVITIES_EACH = 12


def make(engine: Engine, *, initiatives: int = INITIATIVES, places: int = PLACES, seed: int = 1) -> None:
    """Add so many street initiatives on whole streets, and as many clubs and meeting places as asked, with activities."""
    dice = random.Random(seed)
    with Session(engine) as session, session.begin():
        streets = session.execute(
            text("SELECT s.id, ST_AsBinary(ST_PointOnSurface(p.geom)) AS at FROM street AS s"
                 " JOIN street_part AS p ON p.street_id = s.id ORDER BY s.id, p.id")
        ).all()  # fmt: skip
        chosen = dice.sample(streets, initiatives + places)
        ids = []
        for number, street in enumerate(chosen):
            started = TODAY - timedelta(days=dice.randrange(30, 900))
            common = {"started_on": started.isoformat(), "confirmed_on": started.isoformat()}
            if number < initiatives:
                theme = dice.choice(["litter", "litter", "greenery"])
                place = {"stretches": [{"street_id": street.id, "whole": True}]}
                draft = {"kind": "street_initiative", "title": f"Prikploeg {number}", "themes": [theme]}
            else:
                x, y = shapely.from_wkb(bytes(street.at)).coords[0]
                place = {"geometry": {"type": "Point", "coordinates": [x + 12, y + 5]}, "crs": "EPSG:28992"}
                kind = dice.choice(["club", "meeting_place"])
                draft = {"kind": kind, "title": f"Buurtkracht {number}", "resident_run": dice.random() < 0.5}
            try:
                asset = inventory.add(
                    session, AssetDraft.model_validate({**draft, **common, "place": place}), by=OPERATOR, today=TODAY
                )
            except Invalid:
                continue  # a street that is gone from the map
            ids.append(asset.id)
            happened = [
                {"asset_id": asset.id, "day": started + timedelta(days=dice.randrange((TODAY - started).days + 1)),
                 "people": dice.randint(1, 25)}
                for _ in range(dice.randint(1, 2 * ACTIVITIES_EACH - 1))
            ]  # fmt: skip
            session.execute(
                text("INSERT INTO activity (asset_id, kind, held_on, participants, recorded_by)"
                     " VALUES (:asset_id, 'activity', :day, :people, 'bench')"),
                happened,
            )  # fmt: skip
        session.expunge_all()
        freshness.keep(session, ids)
        energy.keep(session, ids)
