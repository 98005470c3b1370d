"""After a community left nothing of it is left: in no dump, in no file, at no address; and nothing half."""

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import database, postgres
from assets import inventory
from tests import neighbourhood
from tests.api.conftest import ASSETS
from tests.assets.test_community_leave import Planted, plant
from tests.conftest import ROOT, Databases, engine_on, run_program, serving
from tests.test_nothing_left import dump, files

WEST, OOST = "Zilvervisje", "Goudhaan"
HTML = {"Accept": "text/html"}
#: The last that is kept: the mail to the stewards, as long as it takes to deliver it.
FAREWELL = "is van de kaart vertrokken"


@pytest.fixture
def town(databases: Databases, tmp_path: Path) -> Iterator[tuple[str, Planted, Planted]]:
    """A database of its own with two communities, each with its word in everything."""
    url = databases.clone("schema")
    with engine_on(url) as engine, Session(engine) as session, session.begin():
        neighbourhood.draw(session, tmp_path)
        both = plant(session, WEST), plant(session, OOST)
    yield url, *both
    databases.drop(url)


def tile_of(server: str, number: int) -> str:
    """The address of the tile in which an entry stands."""
    west, south = httpx.get(f"{server}{ASSETS}/{number}").json()["geometry"]["coordinates"]
    x = int((west + 180) / 360 * 2**15)
    y = int((1 - math.asinh(math.tan(math.radians(south))) / math.pi) / 2 * 2**15)
    return f"/map-tiles/15/{x}/{y}"


def wait_for(done: Callable[[], bool], what: str) -> None:
    """Wait at most a minute."""
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def test_nothing_is_left_anywhere(databases: Databases, town: tuple[str, Planted, Planted], tmp_path: Path) -> None:
    """Its word is in no table, file, page or tile; the other's is where it was; a backup from before brings nothing."""
    url, west, oost = town
    kept = tmp_path / "before.dump"
    folder = postgres.binaries().folder
    with serving(url) as server:
        outbox = server.data_dir / "outbox"
        # by day there are more: the stewards hear that suggestions wait
        wait_for(lambda: len(list(outbox.glob("*.eml"))) >= 4, "four mails that were planted are delivered")
        subprocess.run(
            [str(folder / "pg_dump"), "--format", "custom", "--file", str(kept), "--dbname", database.libpq_url(url)],
            check=True, capture_output=True,
        )  # fmt: skip
        with engine_on(url) as engine, engine.connect() as connection:
            connection.execute(text("ANALYZE"))
            connection.commit()

        def seen(planted: Planted) -> list[str | bytes]:
            paths = (f"/assets/{planted.club}", f"/assets/{planted.person}", f"/search?q={planted.word}",
                     f"{ASSETS}/{planted.club}")  # fmt: skip
            answers = [httpx.get(f"{server.url}{path}", headers=HTML if path[1:4] != "api" else {}) for path in paths]
            return [answer.content.split(b"<main")[-1] if answer.status_code == 200 else b"" for answer in answers]

        tile = tile_of(server.url, west.club)
        before = seen(oost)
        assert all(before)
        assert all(seen(west))
        both = httpx.get(f"{server.url}{tile}").content
        assert WEST.encode() in both
        assert WEST.lower() in dump(url).lower()

        done = run_program(
            "community", "leave", WEST.lower(), "--yes",
            VUURTOREN_DATABASE_URL=url, VUURTOREN_DATA_DIR=str(server.data_dir),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "2 entries (1 persons) and 1 accounts" in done.stdout

        wait_for(lambda: any(FAREWELL in _told(file) for file in outbox.glob("*.eml")), "the stewards are told")
        wait_for(lambda: WEST.lower() not in dump(url).lower(), "the last mail is thrown away when it was delivered")
        assert OOST.lower() in dump(url).lower()
        left = {
            name: body.decode("utf-8", "replace").lower()
            for name, body in files(server.data_dir).items()
            if FAREWELL not in _told(server.data_dir / name)
        }
        assert [] == [name for name, body in left.items() if WEST.lower() in body]
        assert any(OOST.lower() in body for body in left.values()), "mails of others are still in the folder"
        listed = [json.loads(line) for line in (server.data_dir / "erased.jsonl").read_text().splitlines()]
        assert {west.id} == {one["community_id"] for one in listed if "community_id" in one}
        assert {west.person} == {one["asset_id"] for one in listed if "asset_id" in one}
        assert before == seen(oost)
        assert b"".join(map(_bytes, seen(west))).count(WEST.encode()) <= 3, "only the word that was searched for"
        tiled = httpx.get(f"{server.url}{tile}").content
        assert WEST.encode() not in tiled
        assert OOST.encode() in tiled
        data_dir = tmp_path / "elsewhere"
        data_dir.mkdir()
        (data_dir / "erased.jsonl").write_bytes((server.data_dir / "erased.jsonl").read_bytes())

    restored = databases.empty(postgis=False)
    as_owner = database.libpq_url(restored).replace("vuurtoren@", "postgres@")
    done = subprocess.run(
        [str(folder / "pg_restore"), "--dbname", as_owner, "--exit-on-error", str(kept)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert WEST.lower() in dump(restored).lower()
    done = run_program("migrate", VUURTOREN_DATABASE_URL=restored, VUURTOREN_DATA_DIR=str(data_dir))
    assert done.returncode == 0, done.stderr
    again = dump(restored).lower()
    assert WEST.lower() not in again
    assert OOST.lower() in again
    databases.drop(restored)


def _told(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace").replace("=\r\n", "").replace("_", " ")


def _bytes(words: str | bytes) -> bytes:
    return words if isinstance(words, bytes) else words.encode()


#: Leaves, says so, and waits before it would commit.
HALFWAY = """
import sys, time
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from assets import community_leave, erasure, models
from assets.permissions import OPERATOR
from app.erased_list import Beside
from pathlib import Path
url, number, folder = sys.argv[1:]
with Session(create_engine(url), info={erasure.AFTERWARDS: Beside(Path(folder))}) as session, session.begin():
    community_leave.leave(session, int(number), by=OPERATOR)
    print("left", flush=True)
    time.sleep(60)
"""


def test_killed_in_the_middle_it_is_all_still_there(town: tuple[str, Planted, Planted], tmp_path: Path) -> None:
    """kill -9 of the program after everything was deleted and before it was committed: nothing is half, and no line."""
    url, west, _ = town
    folder = tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-c", HALFWAY, url, str(west.id), str(folder)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "left" == process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not folder.exists()
    with engine_on(url) as engine, Session(engine) as session:
        assert WEST in inventory.get(session, west.club).title
        for table in ("conversation", "suggestion", "membership", "sharing"):
            kept = f"SELECT count(*) FROM {table} WHERE community_id = :id"
            assert session.scalar(text(kept), {"id": west.id}), table
        assert 0 == session.scalar(text("SELECT count(*) FROM departure"))
