"""What follows from where neighbours are: energy of a city on any day, on real streets with made-up neighbours."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from assets import energy
from tests.bench import neighbours
from tests.bench.figures import Row, alternate, clocked, ms, times
from tests.bench.neighbours import TODAY
from tests.bench.running import Database


def measure(database: Database) -> Iterator[Row]:
    """Rotterdam with 500 initiatives and 100 places."""
    with database.engine() as engine:
        neighbours.make(engine)
    with database.connect() as owner:
        owner.execute("ANALYZE")
    with database.public_session() as session:
        year_ago = TODAY - timedelta(days=365)

        def summed(on: date) -> list[float]:
            return clocked(lambda: energy.street_parts(session, on=on), times=5)

        found = alternate(
            3,
            {
                "today": lambda: summed(TODAY),
                "earlier": lambda: summed(year_ago),
                "areas": lambda: clocked(lambda: energy.of_areas(session, on=TODAY), times=5),
                "months": lambda: clocked(lambda: energy.streets_by_month(session, first=year_ago, last=TODAY)),
            },
        )
        yield Row("energy of all street parts of Rotterdam, today", ms(found["today"]), "a year ago",
                  ms(found["earlier"]), times(found["today"], found["earlier"]), "<= 200 ms")  # fmt: skip
        yield Row("  of its areas, today", ms(found["areas"]), "-", "-", "-", "<= 200 ms")
        yield Row("  of its street parts, 13 months", ms(found["months"]))


def main(folder: Path) -> None:
    """These lines of the table alone, on the trial data in this folder."""
    from tests.bench import importing, running
    from tests.bench.figures import table

    with running.place() as place:
        rotterdam = place.database("rotterdam", None)
        importing.run(running.program("import", "areas", str(folder / importing.AREAS)), rotterdam)
        importing.run(running.program("import", "streets", str(folder / importing.LINES)), rotterdam)
        print(table(measure(rotterdam)))


if __name__ == "__main__":
    from tests.bench import importing

    found = importing.data()
    if found is None:
        raise SystemExit(f"Name the folder with the trial data in {importing.VARIABLE}.")
    main(found)
