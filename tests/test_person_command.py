"""`vuurtoren person`: given and erased at the command line, and a backup from before that is put back."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app import erased_list
from app.cli import app
from tests.conftest import Databases, engine_on

Run = Callable[..., Result]
#: A person of the sample.
NUMBER, TITLE = 35, "Een bewoner speelt accordeon"


@pytest.fixture
def run(own_sample_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs `vuurtoren` on the sample neighbourhood with a data folder of its own."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", own_sample_url)
    monkeypatch.setenv("VUURTOREN_DATA_DIR", str(tmp_path))

    def command(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=typed)

    return command


def left(url: str) -> int:
    """How many rows of any table hold the title of the person."""
    with engine_on(url) as engine, Session(engine) as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        return sum(
            session.scalar(text(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE '%accordeon%'")) or 0
            for table in tables
        )


def test_given_erased_and_erased_again_when_a_backup_brings_it_back(
    run: Run, own_sample_url: str, databases: Databases, tmp_path: Path
) -> None:
    """A copy of the database from before the erasure is put in its place: `migrate` erases again, and nobody else."""
    as_json = run("person", "export", str(NUMBER))
    assert (as_json.exit_code, json.loads(as_json.stdout)["asset"][0]["title"]) == (0, TITLE)
    file = tmp_path / "bewoner.csv"
    assert run("person", "export", str(NUMBER), "--out", str(file)).exit_code == 0
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert ["asset", str(NUMBER), "title", TITLE] in rows

    name = own_sample_url.partition("@/")[2].partition("?")[0]
    databases.execute(f"CREATE DATABASE {name}_backup TEMPLATE {name} OWNER vuurtoren STRATEGY file_copy")

    wrong = run("person", "erase", str(NUMBER), typed="iemand anders\n")
    assert (wrong.exit_code, left(own_sample_url) > 0) == (1, True)
    assert run("person", "erase", str(NUMBER), typed=f"{TITLE}\n").exit_code == 0
    assert left(own_sample_url) == 0
    assert run("person", "erase", str(NUMBER), "--yes").exit_code == 1
    assert run("person", "export", str(NUMBER)).exit_code == 1
    assert run("person", "erase", "1", "--yes").exit_code == 1, "entry 1 is no person"
    listed = erased_list.read(tmp_path / erased_list.NAME)
    assert [record.asset_id for record in listed] == [NUMBER]

    databases.drop(own_sample_url)
    databases.execute(f"ALTER DATABASE {name}_backup RENAME TO {name}")
    assert left(own_sample_url) > 0
    assert run("migrate").exit_code == 0
    assert left(own_sample_url) == 0
    with engine_on(own_sample_url) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM asset WHERE kind = 'person'")) == 9
    assert erased_list.read(tmp_path / erased_list.NAME) == listed, "the list is not written twice"


def test_a_list_from_elsewhere_is_replayed_and_one_of_another_map_is_not(
    run: Run, own_sample_url: str, databases: Databases, tmp_path: Path
) -> None:
    """The list of this map erases what it names; the same number in another database is somebody else."""
    name = own_sample_url.partition("@/")[2].partition("?")[0]
    databases.execute(f"CREATE DATABASE {name}_backup TEMPLATE {name} OWNER vuurtoren STRATEGY file_copy")
    assert run("person", "erase", str(NUMBER), "--yes").exit_code == 0
    elsewhere = (tmp_path / erased_list.NAME).rename(tmp_path / "elsewhere.jsonl")
    databases.drop(own_sample_url)
    databases.execute(f"ALTER DATABASE {name}_backup RENAME TO {name}")

    other = tmp_path / "other.jsonl"
    other.write_text(elsewhere.read_text().replace('{"database":"', '{"database":"0'), encoding="utf-8")
    assert "0 erased again" in run("person", "replay", str(other)).stdout
    assert left(own_sample_url) > 0
    assert "1 erased again" in run("person", "replay", str(elsewhere)).stdout
    assert left(own_sample_url) == 0
