"""PostgreSQL on this machine: its installed programs, and the processes that work in a data folder.

What runs is read from /proc, never from postmaster.pid: the number in that file may be a zombie's or a stranger's.
"""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")  # where Debian and Ubuntu keep PostgreSQL, a folder per major version
OLDEST_MAJOR = 15
#: PostGIS tells anybody how the places in a table lie, also in one that they may not read: from the samples with which
#: queries are planned. Only whoever made the extension can close that; docs/operators.md has the same lines.
CLOSE_ESTIMATES = """
DO $$
DECLARE
    estimate regprocedure;
BEGIN
    FOR estimate IN
        SELECT oid FROM pg_proc
        WHERE proname IN ('st_estimatedextent', '_postgis_stats', '_postgis_selectivity', '_postgis_join_selectivity')
            AND has_function_privilege('public', oid, 'EXECUTE')
    LOOP
        EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || estimate || ' FROM PUBLIC';
    END LOOP;
END $$
"""
#: The users of the private cluster: its database's owner, the service, and whoever visits it.
ROLES = ("vuurtoren", "vuurtoren_app", "vuurtoren_public")
PORT = 5432  # only part of the socket's name; each cluster has a socket folder of its own


class ClusterError(Exception):
    """The cluster cannot be had; the message is one sentence for whoever started the program."""


@dataclass(frozen=True)
class Binaries:
    """The programs of one installed PostgreSQL that has PostGIS."""

    folder: Path
    major: int


def binaries(major: int | None = None, *, installed: Path = INSTALLED) -> Binaries:
    """Return the newest installed PostgreSQL with PostGIS, or the one of a major version.

    Raises:
        ClusterError: when there is none.
    """
    found = {}
    for library in installed.glob("*/lib/postgis-3.so"):
        folder = library.parent.parent
        if folder.name.isdigit() and (folder / "bin" / "initdb").exists():
            found[int(folder.name)] = folder / "bin"
    if major is not None and major in found:
        return Binaries(found[major], major)
    if major is not None and found:
        there = ", ".join(str(each) for each in sorted(found))
        raise ClusterError(
            f"The data was made by PostgreSQL {major}, and only {there} is installed with PostGIS: "
            f"install postgresql-{major}-postgis-3, or choose another VUURTOREN_DATA_DIR."
        )
    if not found or max(found) < OLDEST_MAJOR:
        raise ClusterError(
            f"PostGIS is not installed: run `make run`, or install postgresql-postgis ({OLDEST_MAJOR} or newer), "
            "or name a server in VUURTOREN_DATABASE_URL."
        )
    return Binaries(found[max(found)], max(found))


def environment() -> dict[str, str]:
    """Return an environment without PG* variables, which would lead PostgreSQL's programs elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def server_processes(pgdata: Path) -> dict[int, bool]:
    """Return the living PostgreSQL processes that work in a data folder: number → whether it is the postmaster.

    Every process of a server has the data folder as its working folder. Children carry a title ("postgres:
    checkpointer"), the postmaster its command line. A zombie has no working folder any more.
    """
    try:
        there = pgdata.stat()
    except OSError:
        return {}
    found = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                here = os.stat(f"/proc/{entry.name}/cwd")  # noqa: PTH116 - hundreds of these, many times a second
                if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino):
                    command = Path("/proc", entry.name, "cmdline").read_bytes()
                    name = Path("/proc", entry.name, "comm").read_text().strip()
                    if name == "postgres" and command:
                        found[int(entry.name)] = not command.startswith(b"postgres: ")
    return found


def is_server(pid: int, pgdata: Path) -> bool:
    """Return whether a number is still the living postmaster of a data folder."""
    try:
        here, there = os.stat(f"/proc/{pid}/cwd"), pgdata.stat()  # noqa: PTH116 - as above
    except OSError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def end_orphans(pgdata: Path) -> None:
    """End what a killed postmaster left behind: its children still hold the shared memory of the data folder."""
    for how, seconds in ((None, 1.0), (signal.SIGQUIT, 1.0), (signal.SIGKILL, 5.0)):
        until = time.monotonic() + seconds
        while orphans := [pid for pid, postmaster in server_processes(pgdata).items() if not postmaster]:
            if how is not None:
                for pid in orphans:
                    with suppress(OSError):
                        os.kill(pid, how)
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        if not orphans:
            return
    raise ClusterError(f"Processes {', '.join(map(str, orphans))} of a killed database server cannot be ended.")


def reason(output: str) -> str:
    """Return the last line of a PostgreSQL program's output that tells of a failure."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if any(mark in line for mark in ("FATAL:", "PANIC:", "error:", "could not"))]
    line = (telling or lines or ["it said nothing"])[-1]
    for mark in ("FATAL:", "PANIC:", "error:"):
        line = line.rpartition(mark)[2]
    return line.strip().rstrip(".") + "."


def socket_dir_of_running(pgdata: Path) -> Path | None:
    """Return where a running server has its socket: the fifth line that it wrote about itself."""
    try:
        lines = (pgdata / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def answers(socket_dir: Path) -> str | None:
    """Return None when the server on a socket answers, and otherwise why not."""
    import psycopg

    if not (socket_dir / f".s.PGSQL.{PORT}").exists():
        return "there is no socket yet"
    try:
        psycopg.connect(host=str(socket_dir), port=PORT, user="postgres", dbname="postgres", connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return str(error).strip()
    return None


def is_durable(socket_dir: Path) -> bool:
    """Return whether a running server keeps what it acknowledged through a power cut."""
    import psycopg

    with psycopg.connect(host=str(socket_dir), port=PORT, user="postgres", dbname="postgres") as connection:
        row = connection.execute("SELECT current_setting('fsync')").fetchone()
    return row == ("on",)


def read_who_may(socket_dir: Path) -> None:
    """Let a running server read anew who may sign in."""
    import psycopg

    with psycopg.connect(host=str(socket_dir), port=PORT, user="postgres", dbname="postgres") as connection:
        connection.execute("SELECT pg_reload_conf()")


def make_database(socket_dir: Path) -> None:
    """Make the roles, the database and its PostGIS, where they are missing."""
    import psycopg
    from psycopg import sql

    def connect(database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=str(socket_dir), port=PORT, user="postgres", dbname=database, autocommit=True)

    with connect("postgres") as connection:
        found = connection.execute("SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE 'vuurtoren%'")
        roles = {row[0]: row[1] for row in found}
        for role in ROLES:
            # each signs in by itself, so that none of them can lay its role down and be more
            if not roles.get(role):
                how = "ALTER" if role in roles else "CREATE"
                connection.execute(sql.SQL(f"{how} ROLE {{}} LOGIN").format(sql.Identifier(role)))
        if not set(ROLES) <= set(roles):
            connection.execute("GRANT vuurtoren_public TO vuurtoren, vuurtoren_app")
            connection.execute("GRANT vuurtoren_app TO vuurtoren")
        if connection.execute("SELECT FROM pg_database WHERE datname = 'vuurtoren'").fetchone() is None:
            connection.execute("CREATE DATABASE vuurtoren OWNER vuurtoren TEMPLATE template0")
    with connect("vuurtoren") as connection:
        if connection.execute("SELECT FROM pg_extension WHERE extname = 'postgis'").fetchone() is None:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        connection.execute(CLOSE_ESTIMATES)
