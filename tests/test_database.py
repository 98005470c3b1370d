"""A database that will not do is told in one sentence: no traceback, no password, exit code 1."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from app import cluster, database, migration, postgres
from assets.errors import NotReady
from tests.conftest import SECRET, Databases, engine_on, free_port, run_program
from tests.conftest import test_settings as settings_for


def complaint(url: str) -> str:
    """Return what is said about a database that cannot be used."""
    engine = database.engine_of(url.replace("postgresql:", "postgresql+psycopg:", 1), pool_size=1)
    with pytest.raises(database.DatabaseError) as refused:
        database.inspect(engine)
    engine.dispose()
    sentence = str(refused.value)
    assert "geheim" not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.fixture(scope="module")
def bare_server() -> Iterator[Path]:
    """The socket folder of a server without PostGIS that asks the user `buur` for the password `geheim`.

    A copy of Debian's PostgreSQL that finds its extensions beside itself, with PostGIS left out.
    """
    folder = Path(tempfile.mkdtemp(prefix="vuurtoren-bare-"))
    folder.chmod(0o711)
    owner = cluster._owner()
    programs = postgres.binaries()
    installed = folder / "usr/lib/postgresql" / str(programs.major)
    shared = folder / "usr/share/postgresql" / str(programs.major)
    (installed / "bin").mkdir(parents=True)
    shared.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        shutil.copy(programs.folder / name, installed / "bin" / name)
    (installed / "lib").symlink_to(programs.folder.parent / "lib")
    for part in Path(f"/usr/share/postgresql/{programs.major}").iterdir():
        if part.name != "extension":
            (shared / part.name).symlink_to(part)
    (shared / "extension").mkdir()
    for file in Path(f"/usr/share/postgresql/{programs.major}/extension").glob("plpgsql*"):
        (shared / "extension" / file.name).symlink_to(file)
    data = folder / "data"
    for place in (data, folder / "socket"):
        place.mkdir(mode=0o700)
        os.chown(place, owner.uid, owner.gid)
    run = {"cwd": "/", "env": postgres.environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [str(installed / "bin/initdb"), "-D", str(data), "-U", "postgres", "--no-sync", "--auth", "trust"]
    subprocess.run(initdb, check=True, **run, **owner.run_as())  # type: ignore[call-overload]
    (data / "pg_hba.conf").write_text("local all postgres trust\nlocal all buur scram-sha-256\n")
    command = [
        str(installed / "bin/postgres"),
        "-D",
        str(data),
        "-k",
        str(folder / "socket"),
        "-c",
        "listen_addresses=",
    ]
    server = subprocess.Popen([*command, "-c", "fsync=off"], **run, **owner.run_as())  # type: ignore[call-overload]
    while postgres.answers(folder / "socket") is not None:
        assert server.poll() is None
        time.sleep(0.02)
    with engine_on(f"postgresql+psycopg://postgres@/postgres?host={folder}/socket") as engine, engine.begin() as made:
        made.execute(text("CREATE ROLE buur LOGIN PASSWORD 'geheim'"))
    yield folder / "socket"
    server.terminate()
    server.wait(20)
    shutil.rmtree(folder)


def test_nobody_listens() -> None:
    """A port where nothing listens is told as such, with the place."""
    sentence = complaint(f"postgresql://buur:geheim@127.0.0.1:{free_port()}/kaart")
    assert "nothing listens there" in sentence
    assert "127.0.0.1" in sentence


def test_no_such_machine() -> None:
    """A host name that does not exist is told as such."""
    assert "there is no machine of that name" in complaint("postgresql://buur:geheim@nergens.invalid/kaart")


def test_no_socket(tmp_path: Path) -> None:
    """A socket folder without a server is told as such."""
    assert "no server runs there" in complaint(f"postgresql://buur:geheim@/kaart?host={tmp_path}")


def test_wrong_password(bare_server: Path) -> None:
    """A wrong or missing password is told without repeating it."""
    said = complaint(f"postgresql://buur:geheimer@/postgres?host={bare_server}")
    assert "the user name or the password is wrong" in said
    assert "it wants a password" in complaint(f"postgresql://buur@/postgres?host={bare_server}")


def test_no_such_database(bare_server: Path) -> None:
    """A database that does not exist is named."""
    assert 'there is no database "kaart"' in complaint(f"postgresql://buur:geheim@/kaart?host={bare_server}")


def test_server_without_postgis(bare_server: Path) -> None:
    """A server on which PostGIS is not installed says what its administrator must do."""
    said = complaint(f"postgresql://buur:geheim@/postgres?host={bare_server}")
    assert "has no PostGIS: install it there" in said


def test_postgis_not_switched_on(databases: Databases) -> None:
    """Where PostGIS is installed but this user may not switch it on, the statement to run is named."""
    url = databases.empty(postgis=False)
    assert "run CREATE EXTENSION postgis" in complaint(url)
    databases.drop(url)


def test_user_without_rights(databases: Databases) -> None:
    """A user who may not take the role for visitors is told what an administrator must do, and nothing is made."""
    url = databases.empty()
    name = url.partition("@/")[2].partition("?")[0]
    databases.execute(f"CREATE ROLE {name}_owner")
    databases.execute(f"ALTER DATABASE {name} OWNER TO {name}_owner")
    databases.execute(f"ALTER DATABASE {name} SET role = {name}_owner")  # whoever connects acts as the owner
    as_owner = databases.cluster.url_of(name, user="postgres")
    with engine_on(as_owner) as engine:
        with pytest.raises(database.DatabaseError, match="let an administrator of the server prepare it"):
            migration.upgrade(engine, storage_srid=28992)
        assert migration.state(engine).fit is migration.Fit.EMPTY
    databases.drop(url)
    databases.execute(f"DROP ROLE {name}_owner")


def test_newer_schema(database_url: str) -> None:
    """A schema that a newer program made is refused and left alone."""
    with engine_on(database_url) as engine:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'of-tomorrow'"))
        assert migration.state(engine).fit is migration.Fit.NEWER
        for refuse in (
            lambda: migration.check(engine, settings_for(database_url)),
            lambda: migration.upgrade(engine, storage_srid=28992),
        ):
            with pytest.raises(database.DatabaseError, match="newer than this program"):
                refuse()


def test_other_storage_crs(helsinki_url: str) -> None:
    """A wish for another storage CRS than the recorded one is refused; no wish takes what is recorded."""
    with engine_on(helsinki_url) as engine:
        assert migration.check(engine, settings_for(helsinki_url)).storage_srid == 3067
        with pytest.raises(database.DatabaseError, match=r"EPSG:3067.*EPSG:28992"):
            migration.check(engine, settings_for(helsinki_url, storage_crs="EPSG:28992"))


def test_program_says_one_sentence() -> None:
    """`serve`, `migrate` and a command that reads end with exit code 1 and one line on standard error."""
    url = f"postgresql://buur:geheim@127.0.0.1:{free_port()}/kaart"
    for command in (["serve"], ["migrate"]):
        answer = run_program(
            *command, VUURTOREN_DATABASE_URL=url, VUURTOREN_SECRET=SECRET, VUURTOREN_PORT=str(free_port())
        )
        assert answer.returncode == 1
        assert answer.stdout == ""
        assert answer.stderr.count("\n") == 1
        assert answer.stderr.startswith("vuurtoren: The database at 127.0.0.1")
        assert "geheim" not in answer.stderr


def test_program_with_a_newer_schema(database_url: str) -> None:
    """A program that is too old for its database says so and ends."""
    with engine_on(database_url) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of-tomorrow'"))
    port = str(free_port())
    answer = run_program("serve", VUURTOREN_DATABASE_URL=database_url, VUURTOREN_SECRET=SECRET, VUURTOREN_PORT=port)
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "newer than this program" in answer.stderr


def test_migrate_and_check(databases: Databases) -> None:
    """`migrate` fills an empty database, `check` then finds every line in order, and an empty one is told."""
    url = databases.empty()
    before = run_program("check", VUURTOREN_DATABASE_URL=url)
    assert before.returncode == 1
    assert "WRONG  schema" in before.stdout
    migrated = run_program("migrate", VUURTOREN_DATABASE_URL=url, VUURTOREN_STORAGE_CRS="EPSG:3067")
    assert migrated.returncode == 0, migrated.stderr
    assert "EPSG:3067" in migrated.stdout
    after = run_program("check", VUURTOREN_DATABASE_URL=url)
    assert after.returncode == 0, after.stdout
    names = [line.split()[1] for line in after.stdout.splitlines()]
    assert names == ["scripts", "disk", "database", "extensions", "roles", "schema", "mail"]
    databases.drop(url)


def test_a_service_with_a_user_of_its_own(databases: Databases) -> None:
    """Who cannot change the schema is told whose URL is needed; with it all is made, and without it all works then."""
    owner_url = databases.empty()
    url = databases.cluster.url_of(owner_url.partition("@/")[2].partition("?")[0], user="vuurtoren_app")
    refused = run_program("migrate", VUURTOREN_DATABASE_URL=url)
    assert 1 == refused.returncode
    assert "VUURTOREN_OWNER_DATABASE_URL" in refused.stderr
    assert 1 == refused.stderr.count("\n")
    migrated = run_program("migrate", VUURTOREN_DATABASE_URL=url, VUURTOREN_OWNER_DATABASE_URL=owner_url)
    assert 0 == migrated.returncode, migrated.stderr
    looked = run_program("check", VUURTOREN_DATABASE_URL=url)
    assert 0 == looked.returncode, looked.stdout
    assert "the service signs in as vuurtoren_app, who cannot change the schema" in looked.stdout
    added = run_program("account", "add", "Bo", VUURTOREN_DATABASE_URL=url)
    assert 0 == added.returncode, added.stderr
    with engine_on(owner_url) as engine, engine.begin() as connection:
        connection.execute(text("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM vuurtoren_app"))
    looked = run_program("check", VUURTOREN_DATABASE_URL=owner_url)
    assert "WRONG  roles       vuurtoren_app may not read the tables" in looked.stdout
    databases.drop(owner_url)


def test_secret_is_required_with_a_server_of_your_own(database_url: str) -> None:
    """Outside the private cluster the service does not start without a secret."""
    answer = run_program("serve", VUURTOREN_DATABASE_URL=database_url, VUURTOREN_PORT=str(free_port()))
    assert answer.returncode == 1
    assert "VUURTOREN_SECRET is not set" in answer.stderr


def test_public_session_reads_views_only(database_url: str) -> None:
    """The session for anonymous reading sees a published view, and neither a table nor a write is possible."""
    connections = database.connect(settings_for(database_url))
    try:
        with connections.public_sessions() as session:
            assert session.execute(text("SELECT count(*) FROM published_asset")).scalar() == 0
        for statement in ("SELECT count(*) FROM asset", "DELETE FROM published_asset", "CREATE TABLE mine (id int)"):
            with connections.public_sessions() as session, pytest.raises(Exception, match=r"permission|read-only"):
                session.execute(text(statement))
        with connections.tiles.connection() as connection, pytest.raises(Exception, match="permission"):
            connection.execute("SELECT count(*) FROM asset")
    finally:
        connections.close()


def test_commit_comes_before_the_answer(database_url: str) -> None:
    """What a client is told is stored: an error in the commit becomes the answer instead."""
    app = FastAPI()
    app.state.database = database.connect(settings_for(database_url))

    @app.post("/late")
    def late(session: database.DbSession) -> dict[str, str]:
        # checked at commit, and broken
        session.execute(text("CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)"))
        session.execute(text("INSERT INTO late VALUES (1), (1)"))
        return {"stored": "yes"}

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/late").status_code == 500
    app.state.database.close()


def test_away_is_not_ready() -> None:
    """A database that is away raises NotReady, which the doors answer with 503 and Retry-After."""
    url = f"postgresql+psycopg://buur@127.0.0.1:{free_port()}/kaart"
    connections = database.connect(settings_for(url))
    with pytest.raises(NotReady), database.transaction(connections.sessions) as session:
        session.execute(text("SELECT 1"))
    connections.close()
