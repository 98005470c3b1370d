"""What tests stand on: one throw-away PostGIS cluster per run, and databases cloned from migrated templates.

| fixture          | what a test gets                                                                              |
|------------------|-----------------------------------------------------------------------------------------------|
| `session`        | a Session on an empty schema; everything is rolled back afterwards, commits included           |
| `database_url`   | a database of its own with an empty schema, for tests that commit or need several connections |
| `helsinki_url`   | the same in EPSG:3067                                                                          |
| `sample_url`     | the sample neighbourhood, shared by the tests of a worker: read only                          |
| `own_sample_url` | the sample neighbourhood in a database of its own, for tests that write                        |
| `client`         | a TestClient on `database_url`; writes are real                                                |
| `sample_client`  | a TestClient on `sample_url`: read only                                                        |
| `analyst`        | a TestClient with an analyst's token on the sample, for the tests of a module                 |
| `make_client`    | a function: database URL → TestClient                                                          |
| `server`         | the real program on a loopback port with its own copy of the sample                            |
| `page`           | a Playwright page in Debian's Chromium, on `server`                                            |
| `axe_script`     | the path of axe-core                                                                           |

A template is made by the first worker that needs it, under a lock, and cloned by all.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cluster, migration, postgres
from app import settings as environment
from tests.warm_start import Program, starter

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a-secret-for-tests-only-0123456789"
MEMORY_OF_A_RUN = 4_000_000_000  # bytes; some hundred databases of 10 to 20 MB, most of them one after another
MEMORY_FOR_OTHERS = 4_000_000_000  # bytes; three workers, their servers and browsers
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip

hypothesis.settings.register_profile(
    "vuurtoren",
    deadline=None,  # two workers on two cores: a slow example is no fault
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("vuurtoren")


# --- The run ---


def pytest_configure(config: pytest.Config) -> None:
    """Start from no settings but our own, and say at once when PostGIS is missing."""
    name = f"vuurtoren-tests-{os.geteuid()}-{os.getpid()}"
    os.environ.setdefault("TEST_RUN_FOLDER", str(roomy_folder() / name))  # the workers inherit it
    for name in [name for name in os.environ if name.startswith(environment.PREFIX)]:
        del os.environ[name]
    try:
        postgres.binaries()
    except postgres.ClusterError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what is done in a browser a second chance on a busy machine; the summary names each that needed it.

    Each such name is a race, in the test or in the page, and is looked into (CONTRIBUTING.md).
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def run_folder() -> Path:
    """Return the folder of this run, shared by its workers; the server's user can reach it, unlike pytest's own."""
    return Path(os.environ["TEST_RUN_FOLDER"])


def roomy_folder() -> Path:
    """Return where runs have their folders: in memory where there is plenty, else where temporary files are.

    Cloning a database on disk costs ten times the processor time: the kernel writes hundreds of files and forgets them.
    """
    memory = Path("/dev/shm")
    try:
        free = os.statvfs(memory)
        sizes = dict(line.split(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
        available = int(sizes["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):
        return Path(tempfile.gettempdir())
    roomy = min(free.f_bavail * free.f_frsize, available - MEMORY_FOR_OTHERS) > MEMORY_OF_A_RUN
    return memory if roomy and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


def pytest_sessionstart(session: pytest.Session) -> None:
    """Clear away what killed runs left behind."""
    if not hasattr(session.config, "workerinput"):
        for place in {Path(tempfile.gettempdir()), run_folder().parent}:
            for left in place.glob(f"vuurtoren-tests-{os.geteuid()}-*"):
                with suppress(FileNotFoundError):  # another run clears the same away
                    if not Path("/proc", left.name.rpartition("-")[2]).exists() or older_than_an_hour(left):
                        remove_run(left)


def older_than_an_hour(folder: Path) -> bool:
    """Return whether a folder was made so long ago that the number in its name may be another process's by now."""
    return time.time() - folder.stat().st_mtime > 3600


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Clear this run's folder away, once its workers are done."""
    starter.close()
    if not hasattr(session.config, "workerinput"):
        remove_run(run_folder())


def remove_run(folder: Path) -> None:
    """Stop the cluster of a run and delete its folder, unless somebody still uses it."""
    if cluster.remove(folder / "cluster"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def run_dir() -> Path:
    """The folder of this run, shared by all its workers."""
    folder = run_folder()
    folder.mkdir(mode=0o711, exist_ok=True)
    return folder


# --- Databases ---


@dataclass(frozen=True)
class Databases:
    """The throw-away cluster: makes templates once and clones them."""

    cluster: cluster.Cluster
    folder: Path

    def clone(self, template: str, *, name: str | None = None) -> str:
        """Return the URL of a new database that is a copy of a template: "schema", "helsinki" or "sample"."""
        self._template(template)
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template_{template} OWNER vuurtoren STRATEGY file_copy")
        return self.cluster.url_of(name, user="vuurtoren")

    def empty(self, *, postgis: bool = True) -> str:
        """Return the URL of a new database without any table of ours."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0 OWNER vuurtoren")
        if postgis:
            self.make_postgis(name)
        return self.cluster.url_of(name, user="vuurtoren")

    def make_postgis(self, database: str) -> None:
        """Switch PostGIS on as an administrator does (docs/operators.md)."""
        self.execute("CREATE EXTENSION postgis", database=database)
        self.execute(postgres.CLOSE_ESTIMATES, database=database)

    def drop(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {url.partition('@/')[2].partition('?')[0]} WITH (FORCE)")

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        """Run one statement as the cluster's administrator."""
        engine = create_engine(self.cluster.url_of(database, user="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def _template(self, template: str) -> None:
        made = self.folder / f"template-{template}"
        if made.exists():
            return
        with (self.folder / "templates.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if made.exists():
                return
            if template == "sample":
                self._schema("sample", srid=28992)
                load_sample(self.cluster.url_of("template_sample", user="vuurtoren"))
            else:
                self._schema(template, srid={"schema": 28992, "helsinki": 3067}[template])
            self.execute("VACUUM ANALYZE", database=f"template_{template}")
            made.touch()

    def _schema(self, template: str, *, srid: int) -> None:
        self.execute(f"DROP DATABASE IF EXISTS template_{template} WITH (FORCE)")
        self.execute(f"CREATE DATABASE template_{template} TEMPLATE template0 OWNER vuurtoren")
        self.make_postgis(f"template_{template}")
        with engine_on(self.cluster.url_of(f"template_{template}", user="vuurtoren")) as engine:
            migration.upgrade(engine, storage_srid=srid)


def load_sample(url: str) -> None:
    """Load the sample neighbourhood into a database and commit."""
    from assets import sample

    with engine_on(url) as engine, Session(engine) as session, session.begin():
        sample.load(session)


@contextmanager
def engine_on(url: str) -> Iterator[Engine]:
    """Give an engine on a database and let go of its connections afterwards."""
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def databases(run_dir: Path) -> Iterator[Databases]:
    """The cluster of this run; the last worker to leave stops it."""
    running = cluster.ensure(run_dir / "cluster", durable=False)
    yield Databases(running, run_dir)
    running.stop()


@pytest.fixture(scope="session")
def worker_engine(databases: Databases) -> Iterator[Engine]:
    """An engine on this worker's own database with an empty schema, for tests that roll back."""
    with engine_on(databases.clone("schema")) as engine:
        yield engine


@pytest.fixture
def session(worker_engine: Engine) -> Iterator[Session]:
    """A session in which nothing lasts: a commit inside it releases a savepoint of an outer transaction."""
    with worker_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()


@contextmanager
def as_public(session: Session) -> Iterator[Session]:
    """Let a session be the public role for a while: it sees the published_* views only."""
    session.flush()
    session.execute(text("SET LOCAL ROLE vuurtoren_public"))
    try:
        yield session
    finally:
        session.execute(text("RESET ROLE"))


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database of the test's own with an empty schema in EPSG:28992."""
    url = databases.clone("schema")
    yield url
    databases.drop(url)


@pytest.fixture
def helsinki_url(databases: Databases) -> Iterator[str]:
    """A database of the test's own with an empty schema in EPSG:3067."""
    url = databases.clone("helsinki")
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def sample_url(databases: Databases) -> str:
    """The sample neighbourhood in a database of this worker, which tests only read."""
    return databases.clone("sample")


@pytest.fixture
def own_sample_url(databases: Databases) -> Iterator[str]:
    """The sample neighbourhood in a database of the test's own."""
    url = databases.clone("sample")
    yield url
    databases.drop(url)


# --- The application ---


def test_settings(database_url: str, **given: Any) -> environment.Settings:
    """Return settings for a test's database, untouched by any .env file."""
    given.setdefault("data_dir", run_folder() / "data")
    return environment.load(_env_file=None, database_url=database_url, secret=SECRET, **given)


test_settings.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def make_client() -> Iterator[Callable[..., TestClient]]:
    """A function that gives a TestClient on a database: `make_client(url, upload_mb=1)`."""
    from app.main import create_app

    with ExitStack() as stack:

        def make(url: str, **given: Any) -> TestClient:
            app = create_app(test_settings(url, **given))
            return stack.enter_context(TestClient(app, raise_server_exceptions=False))

        yield make


@pytest.fixture
def client(make_client: Callable[..., TestClient], database_url: str) -> TestClient:
    """A client of the application on a database of the test's own."""
    return make_client(database_url)


@pytest.fixture
def sample_client(shared_sample_client: TestClient) -> TestClient:
    """A client of the application on the sample neighbourhood, for reading; a visitor who comes for the first time."""
    shared_sample_client.cookies.clear()  # another test may have chosen a language
    return shared_sample_client


@pytest.fixture(scope="session")
def shared_sample_client(sample_url: str) -> Iterator[TestClient]:
    """The application behind `sample_client`, started once per worker."""
    from app.main import create_app

    with TestClient(create_app(test_settings(sample_url)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def analyst(databases: Databases) -> Iterator[TestClient]:
    """A client with an analyst's token, on the sample neighbourhood in a database of this module's own."""
    from app.main import create_app
    from assets import models, tokens
    from assets.vocabulary import Role

    assert models.Base.metadata
    url = databases.clone("sample")
    with engine_on(url) as engine, Session(engine) as session, session.begin():
        token = tokens.add_token(session, "the analyst", role=Role.analyst)
    with TestClient(create_app(test_settings(url)), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client
    databases.drop(url)


# --- The running program and the browser ---


@dataclass(frozen=True)
class Server:
    """The real program, listening on a port of the loopback address."""

    url: str
    database_url: str
    process: Program
    data_dir: Path


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def program(*arguments: str) -> list[str]:
    """Return the command line that runs `vuurtoren` with this Python."""
    return [sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main())", *arguments]


def wait_until_it_answers(url: str, process: "subprocess.Popen[str] | Program", *, seconds: float = 90) -> None:
    """Wait until the program answers /health; fail with what it said when it does not."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310 - always our own http address
                return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                pytest.fail(f"the program does not answer: {process.communicate()}")
            time.sleep(0.05)


def run_program(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run one command of `vuurtoren` to its end, in a folder without .env."""
    with tempfile.TemporaryDirectory() as nowhere:
        running = starter.start([*arguments], folder=nowhere, env={**os.environ, **variables})
        try:
            said, complained = running.communicate(timeout=120)
        finally:
            running.kill()
    assert running.returncode is not None
    return subprocess.CompletedProcess(["vuurtoren", *arguments], running.returncode, said, complained)


@contextmanager
def serving(database_url: str, **variables: str) -> Iterator[Server]:
    """Run the real program on a database until the end of the block."""
    port = free_port()
    with tempfile.TemporaryDirectory() as nowhere:  # a folder without .env
        ours = {
            "VUURTOREN_DATABASE_URL": database_url, "VUURTOREN_SECRET": SECRET, "VUURTOREN_PORT": str(port),
            "VUURTOREN_DATA_DIR": f"{nowhere}/data", **variables,
        }  # fmt: skip
        process = starter.start(["serve"], folder=nowhere, env={**os.environ, **ours}, together=True)
        try:
            wait_until_it_answers(f"http://127.0.0.1:{port}", process)
            yield Server(f"http://127.0.0.1:{port}", database_url, process, Path(ours["VUURTOREN_DATA_DIR"]))
        finally:
            process.terminate()
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@pytest.fixture(scope="session")
def server(databases: Databases) -> Iterator[Server]:
    """The real program on its own copy of the sample neighbourhood."""
    with serving(databases.clone("sample")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Debian's Chromium."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # two workers, a browser and a database on two cores: slow is no fault
    chromium = shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(chromium).exists():
        pytest.fail("Chromium is missing: run `make test`, which installs it, or install the package chromium.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser", server: Server) -> "Iterator[Page]":
    """A fresh page in Dutch; `page.goto("/streets")` goes to the running program.

    It knows no service workers: a test looks at what the server says now, and test_offline.py at the worker.
    """
    context = browser.new_context(base_url=server.url, locale="nl-NL", viewport={"width": 1280, "height": 800})
    context.add_init_script("delete Navigator.prototype.serviceWorker")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def axe_script() -> Path:
    """The file of axe-core, as installed with the page scripts."""
    file = ROOT / ".venv" / "page-scripts" / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        pytest.fail("axe-core is missing: run `make setup`.")
    return file
