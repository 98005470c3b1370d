"""What follows from where neighbours are, on real streets with made-up neighbours: energy, growth edge, plan, profile.

`VUURTOREN_BENCH_DATA=... python -m tests.bench.analyses` prints these lines alone.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy

from assets import energy, growth_edge, plan
from assets.filling import fill
from assets.vocabulary import Theme
from tests.bench import importing, neighbours, running
from tests.bench.figures import Row, alternate, clocked, ms, table, times
from tests.bench.load import Load, Request
from tests.bench.neighbours import TODAY
from tests.bench.running import Database, Place

#: The eight neighbourhoods of Delfshaven, and their district in the files of CBS.
DISTRICT = "WK059903"
DISTRICTS = "cbs/cbs_nl_2022_rd.gpkg"
LEIDEN, LEIDEN_LINES = "GM0546", "leiden/leiden_ways.geojson"
NEIGHBOURHOOD = "BU05990321"
#: Street parts in a plan of a large city.
MANY = 10_000


def bring_in(place: Place, folder: Path, database: Database) -> None:
    """Leiden, and districts around the neighbourhoods of Rotterdam, into a database that has Rotterdam's streets."""
    for command in (
        ("import", "areas", str(folder / DISTRICTS), "--layer", "gemeenten"),
        ("import", "areas", str(folder / DISTRICTS), "--layer", "wijken"),
        ("import", "streets", str(folder / LEIDEN_LINES), "--municipality", LEIDEN),
    ):
        importing.run(running.program(*command), database)
    with database.engine() as engine:
        neighbours.make(engine)
    with database.connect() as owner:
        owner.execute("ANALYZE")


def measure(load: Load, database: Database) -> Iterator[Row]:
    """Rotterdam and Leiden with 500 initiatives and 100 places."""
    with database.public_session() as session:
        year_ago = TODAY - timedelta(days=365)

        def summed(on: date) -> list[float]:
            return clocked(lambda: energy.street_parts(session, on=on), times=5)

        def edge(area: str) -> list[float]:
            return clocked(
                lambda: growth_edge.streets(session, on=TODAY, area=area, theme=Theme.litter, limit=100, srid=4326)
            )

        def planned(area: str) -> list[float]:
            return clocked(lambda: plan.plan(session, area=area, hours=400, minimum=0.05, on=TODAY))

        found = alternate(
            3,
            {
                "today": lambda: summed(TODAY),
                "earlier": lambda: summed(year_ago),
                "areas": lambda: clocked(lambda: energy.of_areas(session, on=TODAY), times=5),
                "months": lambda: clocked(lambda: energy.streets_by_month(session, first=year_ago, last=TODAY)),
                "edge": lambda: edge(DISTRICT),
                "edge of Leiden": lambda: edge(LEIDEN),
                "plan of Delfshaven": lambda: planned(DISTRICT),
                "plan of Leiden": lambda: planned(LEIDEN),
                "filling": filling,
            },
        )
    yield Row("energy of all street parts, today", ms(found["today"]), "a year ago", ms(found["earlier"]),
              times(found["today"], found["earlier"]), "<= 200 ms")  # fmt: skip
    yield Row("  of every area, today", ms(found["areas"]), asked="<= 200 ms")
    yield Row("  of all street parts, 13 months", ms(found["months"]))
    yield Row("growth edge of Delfshaven", ms(found["edge"]), "of Leiden", ms(found["edge of Leiden"]),
              times(found["edge"], found["edge of Leiden"]), "<= 1 s")  # fmt: skip
    yield Row("plan of Delfshaven", ms(found["plan of Delfshaven"]), "of Leiden", ms(found["plan of Leiden"]))
    yield Row(f"hours over {MANY:,} street parts", ms(found["filling"]), asked="<= 1 s")
    with running.serving(database) as port:
        for area, name in ((NEIGHBOURHOOD, "Bospolder"), (DISTRICT, "Delfshaven"), (LEIDEN, "Leiden")):
            page = [Request(f"/areas/{area}")]
            load.run(port, page, count=5)
            yield Row(f"profile of {name}, page, p50", ms(load.run(port, page, count=20).p50), asked="<= 100 ms")


def filling() -> list[float]:
    """Milliseconds to divide hours over many street parts."""
    dice = numpy.random.default_rng(1)
    length, care = dice.uniform(0.2, 9, MANY), dice.exponential(0.1, MANY)
    need = dice.choice([0.5, 0.75, 1.0, 1.5, 2.0], MANY)
    return clocked(lambda: fill(length, care, need, minimum=0.05, hours=4000.0), times=5)


def main(folder: Path) -> None:
    """These lines of the table alone, on the trial data in this folder."""
    with running.place() as place, Load() as load:
        rotterdam = place.database("rotterdam", None)
        importing.run(running.program("import", "areas", str(folder / importing.AREAS)), rotterdam)
        importing.run(running.program("import", "streets", str(folder / importing.LINES)), rotterdam)
        bring_in(place, folder, rotterdam)
        print(table(measure(load, rotterdam)))


if __name__ == "__main__":
    found = importing.data()
    if found is None:
        raise SystemExit(f"Name the folder with the trial data in {importing.VARIABLE}.")
    main(found)
