"""Import of a big city's lines, with checks, streets and street parts, beside a plain copy of the same lines."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Row, times
from tests.bench.load import ROOT
from tests.bench.running import Database, Place, program, variables

#: Names a folder with the trial data; it is no part of the project.
VARIABLE = "VUURTOREN_BENCH_DATA"
LINES = "rotterdam/rotterdam_wegen_osm.geojson.gz"
AREAS = "rotterdam/tir_buurten.geojson"


@dataclass(frozen=True)
class Ended:
    """A program that ended: seconds on the clock, and the most memory that it held, in megabytes (1,000,000 bytes)."""

    seconds: float
    peak_mb: float


def data() -> Path | None:
    """The folder with the trial data, when it is named and there."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named and (Path(named) / LINES).exists() else None


def measure(place: Place, folder: Path, database: Database) -> Iterator[Row]:
    """Rotterdam, 96,781 lines with 91 neighbourhoods, into an empty database."""
    work = "import of Rotterdam's 96,781 lines"
    plain = place.database("plain", None)
    run(program("import", "areas", str(folder / AREAS)), database)
    ours = run(program("import", "streets", str(folder / LINES)), database)
    naive = run([sys.executable, "-m", "tests.bench.importing", str(folder / LINES)], plain)
    again = run(program("import", "streets", str(folder / LINES)), database)
    yield Row(
        work, f"{ours.seconds:.1f} s", "geopandas and COPY, unchecked", f"{naive.seconds:.1f} s",
        times(ours.seconds, naive.seconds), "<= 30 s; 0.5 x",
    )  # fmt: skip
    yield Row(
        "  most memory", f"{ours.peak_mb:,.0f} MB", "the same", f"{naive.peak_mb:,.0f} MB",
        times(ours.peak_mb, naive.peak_mb), "<= 600 MB",
    )  # fmt: skip
    yield Row("  the same file again", f"{again.seconds:.1f} s", "the first time", f"{ours.seconds:.1f} s")


def run(command: list[str], database: Database) -> Ended:
    """Run a program to its end in a folder without .env; an import that refuses a line ends with 1."""
    with tempfile.TemporaryDirectory() as nowhere, (Path(nowhere) / "log").open("w+") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=nowhere, env=variables(database), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {log.read()[-2000:]}")
        return Ended(time.perf_counter() - started, used.ru_maxrss * 1024 / 1e6)


def copy(file: str) -> None:
    """The naive way: read all with geopandas, move to metres, copy into a table, index it."""
    import geopandas
    import psycopg
    from shapely import to_wkb
    from sqlalchemy import make_url

    lines = geopandas.read_file(f"/vsigzip/{file}").to_crs(28992)
    url = make_url(os.environ["VUURTOREN_DATABASE_URL"]).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute(
            "CREATE TABLE plain_line (name text, road_class text, bridge text, tunnel text,"
            " geom geometry(LineString, 28992))"
        )
        shapes = to_wkb(lines.geometry.values, hex=True, include_srid=True)
        with connection.cursor().copy("COPY plain_line FROM STDIN") as stream:
            rows = zip(lines["name"], lines["road_class"], lines["bridge"], lines["tunnel"], shapes, strict=True)
            for row in rows:
                stream.write_row(row)
        connection.execute("CREATE INDEX ON plain_line USING gist (geom)")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    copy(sys.argv[1])
