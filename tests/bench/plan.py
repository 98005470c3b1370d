"""The plan of 10,080 street parts: the algorithm, the domain function, what changed, and the page."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy
from sqlalchemy import text

from assets import plan
from assets.filling import fill
from assets.vocabulary import Role
from tests.bench.country import ASKED_ON, MUNICIPALITY, STREETS_EACH, Size
from tests.bench.figures import Row, alternate, clocked, ms
from tests.bench.load import Load, Request
from tests.bench.running import Database, Place

NEIGHBOURHOODS, ASSETS = 480, 20_000
SINCE = ASKED_ON - timedelta(weeks=13)
HOURS = 3_000.0


def database(place: Place) -> Database:
    """A municipality of 10,080 street parts, a tenth of which was counted this autumn."""
    made = place.database("plan", Size(NEIGHBOURHOODS, ASSETS))
    with made.engine() as engine, engine.begin() as connection:
        connection.execute(
            text("UPDATE area SET municipality_id = (SELECT id FROM area WHERE code = :code)"), {"code": MUNICIPALITY}
        )
        connection.execute(
            text(
                "INSERT INTO measurement (street_id, street_part_id, geom, measured_on, kind, box_m2, count, recorded_by)"
                " SELECT street_id, id, ST_PointOnSurface(geom), CAST(:day AS date) - CAST(id % 200 AS integer), 'coarse',"
                " 100, id % 37, 'bench' FROM street_part WHERE id % 10 = 0"
            ),
            {"day": date(2026, 10, 20)},
        )
        connection.execute(text("INSERT INTO ambition (area_id, level, since, set_by)"
                                " SELECT id, 'B', '2026-01-01', 'bench' FROM area WHERE code = :code"),
                           {"code": MUNICIPALITY})  # fmt: skip
    with made.connect() as connection:
        connection.execute("VACUUM ANALYZE")
    return made


def measure(load: Load, made: Database, port: int) -> Iterator[Row]:
    """The plan, from the algorithm alone to the page."""
    streets = NEIGHBOURHOODS * STREETS_EACH
    dice = numpy.random.default_rng(1)
    length, care = dice.uniform(0.2, 8, streets), dice.exponential(0.3, streets)
    asked = {"area": MUNICIPALITY, "hours": HOURS, "minimum": 0.02, "on": ASKED_ON}
    page = [
        Request(
            f"/plan?area={MUNICIPALITY}&hours={HOURS:.0f}&minimum=0.02&on={ASKED_ON}&since={SINCE}",
            headers={"Authorization": f"Bearer {made.token(Role.analyst)}"},
        )
    ]
    with made.public_session() as session:
        now = plan.plan(session, **asked)  # type: ignore[arg-type]
        found = alternate(
            5,
            {
                "filling": lambda: clocked(
                    lambda: fill(length, care, numpy.ones(streets), minimum=0.05, hours=9_000), times=20
                ),
                "plan": lambda: clocked(lambda: plan.plan(session, **asked)),  # type: ignore[arg-type]
                "changes": lambda: clocked(lambda: plan.changes(session, now, since=SINCE)),
                "page": lambda: load.run(port, page, count=1).ms,
            },
        )
    yield Row(f"plan of {len(now.streets):,} street parts, the filling alone", ms(found["filling"]))
    yield Row("  the domain function", ms(found["plan"]), asked="< 1 s")
    yield Row("  what changed since 13 weeks ago", ms(found["changes"]))
    yield Row("  the page, with what changed", ms(found["page"]))
