"""How long a city takes to come in: 96,800 lines over 91 neighbourhoods, beside a bare COPY of the same lines.

    python -m tests.bench.bench_import                            a made-up city
    python -m tests.bench.bench_import LINES.geojson.gz AREAS.geojson   your own files

The import runs as the command that people run, in a process of its own, on a durable cluster. The limit is what the
database alone needs: the same lines by COPY into a table with the same columns and the two spatial indexes, without
names, areas, parts or checks.
"""

import argparse
import gzip
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import shapely

from tests.bench.running import Database, place, program, variables

#: Crossings along one side of the made-up city: 2 x 220 x 220 lines.
SIDE = 220
BLOCK_M = 80.0
AREAS = (13, 7)
CORNER = (60_000.0, 420_000.0)
WANTED_S, WANTED_MB = 30.0, 600.0


@dataclass(frozen=True)
class Run:
    """One import as the operating system saw it."""

    seconds: float
    megabytes: float
    said: str


def lines() -> Iterator[dict[str, object]]:
    """The streets of the made-up city: a grid whose lines bend a little, one in three with a name."""
    for row in range(SIDE):
        for column in range(SIDE):
            for east in (True, False):
                points = []
                for step in range(6):
                    along = step / 5 * BLOCK_M
                    bend = math.sin(step / 5 * math.pi) * 4
                    x = CORNER[0] + column * BLOCK_M + (along if east else bend)
                    y = CORNER[1] + row * BLOCK_M + (bend if east else along)
                    points.append([round(x, 3), round(y, 3)])
                number = row if east else column
                name = f"{'Laan' if east else 'Straat'} {number} {(column if east else row) // 8}"
                yield {
                    "type": "Feature",
                    "properties": {"name": name if number % 3 == 0 else None, "highway": "residential"},
                    "geometry": {"type": "LineString", "coordinates": points},
                }


def areas() -> Iterator[dict[str, object]]:
    """The neighbourhoods of the made-up city: a grid of 91 with borders of a few hundred points."""
    width, height = SIDE * BLOCK_M / AREAS[0], SIDE * BLOCK_M / AREAS[1]
    for row in range(AREAS[1]):
        for column in range(AREAS[0]):
            box = shapely.box(column * width, row * height, (column + 1) * width, (row + 1) * height)
            ring = shapely.get_coordinates(shapely.segmentize(box, 12.0))
            # borders wave along the streets, which is what makes division work
            waved = [[CORNER[0] + x + 3 * math.sin(y / 40), CORNER[1] + y + 3 * math.sin(x / 40)] for x, y in ring]
            yield {
                "type": "Feature",
                "properties": {"buurtcode": f"BU9999{row:02}{column:02}", "buurtnaam": f"Buurt {row}-{column}"},
                "geometry": {"type": "Polygon", "coordinates": [[*waved[:-1], waved[0]]]},
            }


def write(path: Path, features: Iterator[dict[str, object]]) -> Path:
    """The features as packed GeoJSON in RD metres."""
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    body = {"type": "FeatureCollection", "crs": crs, "features": list(features)}
    path.write_bytes(gzip.compress(json.dumps(body).encode(), compresslevel=1))
    return path


def run(database: Database, *arguments: str) -> Run:
    """One `vuurtoren import` in a process of its own, with the most memory it took."""
    begun = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable, "-c",
            "import resource, subprocess, sys\n"
            "code = subprocess.run(sys.argv[1:]).returncode\n"
            "print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
            "sys.exit(code)",
            *program("import", *arguments),
        ],
        env=variables(database), capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    peak = re.search(r"^peak (\d+)$", done.stdout, re.MULTILINE)
    return Run(seconds, int(peak.group(1)) / 1024 if peak else 0.0, done.stdout.splitlines()[1])


def bare_copy(database: Database) -> float:
    """Seconds in which the stored lines go by COPY into a table like `segment`, with its two spatial indexes."""
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT street_id, area_id, road_class, bridge, tunnel, geom::text, fingerprint, source FROM segment"
        ).fetchall()
        begun = time.perf_counter()
        with connection.transaction():
            connection.execute(
                "CREATE TABLE bare (LIKE segment INCLUDING GENERATED INCLUDING IDENTITY INCLUDING DEFAULTS)"
            )
            columns = "street_id, area_id, road_class, bridge, tunnel, geom, fingerprint, source"
            with connection.cursor() as cursor, cursor.copy(f"COPY bare ({columns}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
            connection.execute("CREATE INDEX ON bare USING gist (geom)")
            connection.execute("CREATE INDEX ON bare USING gist (geom_3857)")
            connection.execute("ANALYZE bare")
        seconds = time.perf_counter() - begun
        connection.execute("DROP TABLE bare")
        return seconds


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="?", type=Path)
    parser.add_argument("areas", nargs="?", type=Path)
    given = parser.parse_args()
    with place() as running, tempfile.TemporaryDirectory() as folder:
        lines_file = given.lines or write(Path(folder) / "lines.geojson.gz", lines())
        areas_file = given.areas or write(Path(folder) / "areas.geojson.gz", areas())
        database = running.database("bench_import", None)
        table = [
            ("areas", run(database, "areas", str(areas_file))),
            ("streets", run(database, "streets", str(lines_file))),
            ("streets, the same again", run(database, "streets", str(lines_file))),
            ("areas, the same again", run(database, "areas", str(areas_file))),
        ]
        copied = bare_copy(database)
    print(f"{'work':26} {'seconds':>8} {'MB':>6}  outcome")
    for work, done in table:
        print(f"{work:26} {done.seconds:8.1f} {done.megabytes:6.0f}  {done.said}")
    streets = table[1][1]
    print(f"{'bare COPY of the lines':26} {copied:8.1f}")
    print(f"streets against the bare COPY: {copied / streets.seconds:.2f} of its speed")
    print(f"streets against what is wanted: {streets.seconds / WANTED_S:.2f} of {WANTED_S:.0f} s, "
          f"{streets.megabytes / WANTED_MB:.2f} of {WANTED_MB:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
