"""`vuurtoren import` as people type it."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import run_program

from .drawing import box, collection, line


def vuurtoren(database_url: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command on a database and return what it said."""
    return run_program("import", *arguments, VUURTOREN_DATABASE_URL=database_url, NO_COLOR="1")


@pytest.mark.slow
def test_exit_codes_and_reports(database_url: str, tmp_path: Path) -> None:
    """0 done, 1 partly or wholly refused with the report printed, 2 wrong use; the CSV holds the refusals."""
    areas = collection(tmp_path / "areas.geojson", [box("GM9999", -50, -50, 900, 900)])
    good = line("Kade", [(0, 0), (50, 0)])
    clean = collection(tmp_path / "clean.geojson", [good])
    mixed = collection(tmp_path / "mixed.geojson", [good, line("Punt", [(9, 9), (9, 9)])])
    done = vuurtoren(database_url, "areas", str(areas))
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, "areas: 1 added, 0 changed, 0 unchanged")
    assert vuurtoren(database_url, "streets", str(clean), "--dry-run").stdout.rstrip().endswith("nothing was stored")
    assert "1 added" in vuurtoren(database_url, "streets", str(clean)).stdout
    assert "1 unchanged" in vuurtoren(database_url, "streets", str(clean)).stdout
    partly = vuurtoren(database_url, "streets", str(mixed), "--report", str(tmp_path / "refused.csv"))
    assert partly.returncode == 1
    assert "refused: line 2: Punt" in partly.stdout
    assert "line 2" in (tmp_path / "refused.csv").read_text()
    (tmp_path / "broken.gpkg").write_bytes(b"MZ nothing")
    broken = vuurtoren(database_url, "streets", str(tmp_path / "broken.gpkg"))
    assert broken.returncode == 1
    assert broken.stderr.splitlines()[-1].startswith("vuurtoren: The file broken.gpkg is a Windows program")
    assert "Traceback" not in broken.stderr
    assert vuurtoren(database_url, "streets", str(clean), "--format", "nonsense").returncode == 2
    assert vuurtoren(database_url, "areas", str(areas), "--kind", "nonsense").returncode == 2
    assert vuurtoren(database_url, "streets").returncode == 2


def test_help_has_an_example() -> None:
    """Each command says what it is for, with an example."""
    for what in ("areas", "streets", "addresses", "assets"):
        said = vuurtoren("postgresql://nowhere", what, "--help")
        assert said.returncode == 0
        assert f"vuurtoren import {what}" in said.stdout
