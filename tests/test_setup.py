"""The set-up: locks, make targets, containers, and what a command line loads."""

import json
import re
import subprocess
import sys
from pathlib import Path

import check_jsonschema
import jsonschema
import pytest
import yaml

from app import install

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.txt", "requirements-test.txt", "requirements-node.txt"]


def compose() -> dict[str, dict[str, dict[str, object]]]:
    """Return docker-compose.yml."""
    content: dict[str, dict[str, dict[str, object]]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return content


@pytest.mark.parametrize("name", LOCKS)
def test_locks_are_exact_and_hashed(name: str) -> None:
    """Every package has one exact version and hashes, and no lock says where it was fetched."""
    text = (ROOT / name).read_text()
    packages = text.replace("\\\n", " ").strip().splitlines()
    assert packages
    for line in packages:
        assert re.match(r"^[a-z0-9._-]+==[^ ]+ ", line), line
        assert "--hash=sha256:" in line, line
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def test_test_lock_holds_the_run_lock() -> None:
    """Tests run with exactly the versions that the service runs with."""
    run, test = ((ROOT / name).read_text() for name in LOCKS[:2])
    versions = [set(re.findall(r"^([a-z0-9._-]+==[^ ]+)", text, re.MULTILINE)) for text in (run, test)]
    assert versions[0] <= versions[1]


def test_page_scripts_are_exact_and_hashed() -> None:
    """npm packages have exact versions and hashes, and the lock does not say where they were fetched."""
    package = json.loads((ROOT / "app/static/package.json").read_text())
    for version in {**package["dependencies"], **package["devDependencies"]}.values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    lock = (ROOT / "app/static/package-lock.json").read_text()
    assert "resolved" not in lock
    for name, entry in json.loads(lock)["packages"].items():
        assert not name or entry["integrity"].startswith("sha512-"), name


def test_page_scripts_are_copied(tmp_path: Path) -> None:
    """What the pages use is copied, what was there before is gone, and a missing file is told by name."""
    modules, vendor = tmp_path / "node_modules", tmp_path / "vendor"
    (vendor / "old").mkdir(parents=True)
    with pytest.raises(install.InstallError, match=r"holds no leaflet\.js"):
        install.copy_page_scripts(modules, vendor)
    for package, patterns, _ in install.VENDORED:
        for pattern in patterns:
            file = modules / package / pattern.replace("*", "x")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(pattern)
    install.copy_page_scripts(modules, vendor)
    assert (vendor / "leaflet/leaflet.js").exists()
    assert (vendor / "fonts/files/xwght-x.woff2").exists()
    assert not (vendor / "old").exists()


def test_failed_step_is_one_sentence() -> None:
    """Of everything that a program prints, the line that says what is wrong is passed on."""
    apt = "Reading package lists...\nE: Unable to locate package postgresql-postgis\nnonsense\n"
    assert install.telling_line(apt) == "E: Unable to locate package postgresql-postgis"
    assert install.telling_line("") == "it said nothing."
    with pytest.raises(install.InstallError, match=r"^Could not try it: .*last words.*\.install\.log"):
        install.run([sys.executable, "-c", "import sys; sys.exit('last words')"], "try it")
    install.LOG.unlink()
    with pytest.raises(install.InstallError, match="Could not try it: No such file"):
        install.run(["no-such-program"], "try it")


def test_make_help_lists_every_target() -> None:
    """`make help` says what each target does."""
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    help_text = subprocess.run(["make", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True).stdout
    listed = set(re.findall(r"^  make (\w+) ", help_text, re.MULTILINE))
    assert listed >= {"run", "test", "check", "bench", "clean", "lock", "help"}
    for target in targets[1].split():
        assert target in listed or target in {"lint", "types", "imports", "docs"}, target


def test_build_server_runs_what_a_person_types() -> None:
    """.ci/run is executable and calls `make test`."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()


def test_help_loads_nothing_heavy() -> None:
    """`vuurtoren --help` imports no map, table, database or web package, so that it answers at once."""
    code = (
        "import sys\nfrom app.cli import app\n"
        "heavy = {'geopandas', 'pandas', 'numpy', 'folium', 'sqlalchemy', 'psycopg', 'fastapi', 'shapely', 'pydantic',"
        " 'osmium', 'pyogrio', 'jinja2', 'uvicorn', 'alembic',"
        " 'weasyprint', 'matplotlib', 'scipy', 'segno'}\nprint(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_compose_file_is_valid() -> None:
    """docker-compose.yml is right by the schema of the Compose specification."""
    schema = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(compose(), json.loads(schema.read_text()))


def test_containers_are_pinned_closed_and_healthy() -> None:
    """Images have exact tags, secrets are required, the database has no port, nobody is root, all are checked."""
    services = compose()["services"]
    assert re.fullmatch(r"postgis/postgis:\d+-\d+\.\d+", str(services["database"]["image"]))
    assert "ports" not in services["database"]
    assert services["database"]["user"] == "postgres"
    assert services["database"]["healthcheck"]
    text = (ROOT / "docker-compose.yml").read_text()
    assert "${VUURTOREN_SECRET:?" in text
    assert "${POSTGRES_PASSWORD:?" in text
    # the service may not change the schema: the owner's password is known to what migrates, which ends
    assert "OWNER_PASSWORD" not in str(services["service"])
    assert "POSTGRES_PASSWORD" not in str(services["service"]) + str(services["migrate"])
    assert "OWNER_PASSWORD" in str(services["migrate"])
    dockerfile = (ROOT / "app/Dockerfile").read_text()
    for image in re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE):
        assert re.search(r":\d+\.\d+\.\d+-", image), image
    assert re.search(r"^USER \d+$", dockerfile, re.MULTILINE)
    assert "HEALTHCHECK" in dockerfile


def test_container_copies_what_there_is() -> None:
    """Every file that the Dockerfile copies from the project exists."""
    for line in (ROOT / "app/Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from=" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source


def test_container_has_what_makes_a_pdf() -> None:
    """The image installs the libraries that `make run` installs, and the operator's guide names them."""
    dockerfile = (ROOT / "app/Dockerfile").read_text()
    installed = re.findall(r"apt-get install -y --no-install-recommends ([^\\\n]*)", dockerfile)
    assert [set(packages.split()) for packages in installed] == [set(install.PDF_LIBRARIES.values())]
    guide = (ROOT / "docs/operators.md").read_text()
    assert {package for package in install.PDF_LIBRARIES.values() if f"`{package}`" not in guide} == set()


def test_libraries_are_looked_for() -> None:
    """A library that is there is found, one that is not is not; those of posters are there when tests run."""
    assert not install.loads("libno-such-thing.so.9")
    assert [library for library in install.PDF_LIBRARIES if not install.loads(library)] == []
