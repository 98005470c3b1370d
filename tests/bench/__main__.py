"""`make bench`: measures the running program side by side with other ways, and prints one table.

At its default size it takes some minutes and makes a village, a city (1 % of the country, 10,000 assets) and, when
VUURTOREN_BENCH_DATA names the trial data, Rotterdam. `make bench ARGS=--country` adds the whole country: 14,500
neighbourhoods, 304,500 streets, 1,000,000 assets. Nothing is asserted: other work on the machine changes figures, so the
load average stands beside them.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench import analyses, country, growth, importing, map_page, peers, plan, question, running, tile, writing
from tests.bench.figures import Row, table
from tests.bench.load import Load

VILLAGE = country.Size(country.NEIGHBOURHOODS_EACH, 600)


def main() -> int:
    """Measure and print."""
    asked = argparse.ArgumentParser(prog="make bench", description=__doc__)
    asked.add_argument("--country", action="store_true", help="also measure at the size of a country")
    chosen = asked.parse_args()
    started = time.monotonic()
    before = os.getloadavg()
    rows: list[Row] = []
    for row in measured(everywhere=chosen.country):
        rows.append(row)
        told(f"{row.work.strip()}: {row.ours}")
    print(table(rows))
    print(
        f"\n{os.cpu_count()} cores; load average {before[0]:.1f} before and {os.getloadavg()[0]:.1f} after (1 minute); "
        f"{time.monotonic() - started:.0f} s in all.\nOf other servers only tipg is measured, when "
        f"{peers.VARIABLE} names a Python that has it; pygeoapi and timvt are not."
    )
    if importing.data() is None:
        print(f"Rotterdam was not measured: {importing.VARIABLE} names no folder with {importing.LINES}.")
    return 0


def told(what: str) -> None:
    """Say on standard error how far it is."""
    print(f"{time.strftime('%H:%M:%S')}  {what}", file=sys.stderr, flush=True)


def measured(*, everywhere: bool) -> Iterator[Row]:
    """Every line of the table."""
    with ExitStack() as stack:
        place = stack.enter_context(running.place())
        sizes = {"village": VILLAGE, "city": country.size(0.01)} | ({"country": country.size(1)} if everywhere else {})
        load = stack.enter_context(Load())
        folder = importing.data()
        if folder is not None:
            rotterdam = place.database("rotterdam", None)
            yield from importing.measure(place, folder, rotterdam)
            with running.serving(rotterdam) as port:
                yield from tile.measure_real(load, rotterdam, port, "Rotterdam")
            analyses.bring_in(place, folder, rotterdam)
            yield from analyses.measure(load, rotterdam)
        databases = {}
        for name, size in sizes.items():
            told(f"making the {name}")
            databases[name] = place.database(name, size)
        told("measuring")
        ports = {name: stack.enter_context(running.serving(database)) for name, database in databases.items()}
        city, port = databases["city"], ports["city"]
        yield from question.measure(load, city, port)
        if everywhere:
            yield from question.measure_country(load, databases["country"], ports["country"])
        made = plan.database(place)
        with running.serving(made) as port_of_plan:
            yield from plan.measure(load, made, port_of_plan)
        yield from map_page.measure(
            load,
            {size.assets: ports[name] for name, size in sizes.items()},
            {size.assets: databases[name] for name, size in sizes.items()},
        )
        yield from tile.measure(load, city, port)
        yield from peers.measure(load, city, port)
        if everywhere:
            yield from growth.measure(load, databases, ports)
        yield from writing.measure(load, city, port)


if __name__ == "__main__":
    sys.exit(main())
