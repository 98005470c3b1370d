"""Several imports, or one that is cut off: the database holds whole files only."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assets.importers import ImportReport, import_streets
from tests.conftest import program

from .drawing import collection, line


def city(path: Path, rows: int) -> Path:
    """A file of streets, ten lines each."""
    return collection(
        path,
        [
            line(f"Straat {row}", [(x * 10, row * 20), (x * 10 + 10, row * 20)], highway="residential")
            for row in range(rows)
            for x in range(10)
        ],
    )


def test_two_imports_at_once_are_one_after_the_other(database_url: str, tmp_path: Path) -> None:
    """The same file brought twice at the same moment is stored once: one adds, the other finds all unchanged."""
    path = city(tmp_path / "s.geojson", 50)
    engine = create_engine(database_url)

    def bring(_: int) -> ImportReport:
        with Session(engine) as session, session.begin():
            return import_streets(session, path, municipality="GM9999")

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(bring, range(3)))
    assert sorted(report.added for report in reports) == [0, 0, 50]
    assert sorted(report.unchanged for report in reports) == [0, 50, 50]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM segment")).scalar() == 500
    engine.dispose()


@pytest.mark.slow
def test_an_import_that_is_killed_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    """kill -9 in the middle of a file: the database is as it was, and the next import of the file is whole."""
    path = city(tmp_path / "s.geojson", 2000)
    command = program("import", "streets", str(path), "--municipality", "GM9999")
    environment = {**os.environ, "VUURTOREN_DATABASE_URL": database_url}
    engine = create_engine(database_url)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    # the line that says that rows are on their way into the tables
    for said in process.stderr:
        if "storing streets" in said:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    time.sleep(0.5)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM street")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM import_batch")).scalar() == 0
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0
    assert "2,000 added" in again.stdout
    engine.dispose()
