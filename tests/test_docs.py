"""The documentation is complete and true where a program can tell: nothing is left out, nothing is made up."""

import ast
import re
import shlex
import subprocess
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer.main

from assets import vocabulary

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("assets/**/*.md")])
LARGEST_PICTURE = 400_000
#: Enums whose words people meet; each word stands in the glossary.
WORDS = (
    vocabulary.AreaKind, vocabulary.AssetKind, vocabulary.Theme, vocabulary.GiftOf, vocabulary.AssetState,
    vocabulary.Placement, vocabulary.StreetState, vocabulary.Initiative, vocabulary.ActivityKind, vocabulary.Audience,
    vocabulary.Freshness, vocabulary.Role, vocabulary.LitterKind, vocabulary.LitterLevel, vocabulary.MunicipalAnswer,
    vocabulary.MeasuredBy, vocabulary.ConnectionKind, vocabulary.SuggestionKind, vocabulary.SuggestionState,
    vocabulary.ReportReason, vocabulary.Shared,
)  # fmt: skip
# put together from pieces, so that this file itself passes
HOSTS = [".".join(parts) for parts in (("npmjs", "org"), ("npmjs", "com"), ("pythonhosted", "org"), ("pypi", "org"),
                                       ("deb", "debian", "org"), ("docker", "io"), ("ghcr", "io"))]  # fmt: skip
PLACES = ["/" + place for place in ("work/", "root/", "tmp/bash_jobs", "tmp/vt")]

#: A command at the start of a line or of $(...), perhaps after settings for this one run.
TYPED = re.compile(r"(?:^|\$\()(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?vuurtoren ([a-z].*)")


@cache
def text(page: str) -> str:
    """The text of a page, by its path from the top."""
    return (ROOT / page).read_text(encoding="utf-8")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(words: str) -> str:
    return re.sub(r"```.*?```", "", words, flags=re.DOTALL)


def section(words: str, heading: str) -> str:
    """What stands under a heading, up to the next heading of its level or a higher one; empty when there is none."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", words, re.MULTILINE)
    if found is None:
        return ""
    rest = words[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(words: str) -> list[list[str]]:
    """The cells of every line of every table."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in words.splitlines() if line.startswith("|")
    ]


# --- settings ---


def test_settings() -> None:
    """Every setting has a line in docs/settings.md, and the pages name no setting that there is not."""
    from app.settings import PREFIX, Settings

    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    documented = {cells[0].strip("`") for cells in rows(text("docs/settings.md"))}
    assert known <= documented
    for page in PAGES:
        assert set(re.findall(r"\bVUURTOREN_[A-Z][A-Z_]*[A-Z]\b", text(named(page)))) <= known, page


# --- commands ---


@cache
def commands() -> dict[str, Any]:
    """Name as typed (`account token`) -> command, groups included."""
    from app.cli import app

    found: dict[str, Any] = {}

    def walk(group: Any, before: str) -> None:
        for name, command in group.commands.items():
            found[f"{before}{name}"] = command
            if hasattr(command, "commands"):
                walk(command, f"{before}{name} ")

    walk(typer.main.get_command(app), "")
    return found


def options(command: Any) -> set[str]:
    """The long names of the options of a command."""
    every = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return {name for name in every if name.startswith("--")} - {"--help"}


@pytest.mark.parametrize("name", sorted(commands()))
def test_command_is_documented(name: str) -> None:
    """Every command has a heading, every option a mention below it, and an example on the page and in its help."""
    told = section(text("docs/commands.md"), f"vuurtoren {name}")
    assert told, f"docs/commands.md has no heading `vuurtoren {name}`"
    around = told + section(text("docs/commands.md"), f"vuurtoren {name.split()[0]}")
    command = commands()[name]
    left_out = {option for option in options(command) if not re.search(rf"{option}\b", around)}
    assert not left_out
    if not hasattr(command, "commands"):
        assert re.search(rf"^.*vuurtoren {name}\b", "\n".join(blocks(told)), re.MULTILINE), "no example"
        assert f"vuurtoren {name}" in (command.help or "").partition("Example:")[2], "no example in its help"


def blocks(words: str) -> list[str]:
    return re.findall(r"```(?:sh|)\n(.*?)```", words, re.DOTALL)


def test_documented_commands_exist() -> None:
    """Headings of docs/commands.md, and every `vuurtoren ...` in an example on any page, are commands with options."""
    headings = re.findall(r"^#+ vuurtoren (.+)$", text("docs/commands.md"), re.MULTILINE)
    assert set(headings) == set(commands())
    for page in PAGES:
        for line in "\n".join(re.findall(r"```sh\n(.*?)```", text(named(page)), re.DOTALL)).splitlines():
            typed = TYPED.search(line.partition("#")[0])
            if typed:
                words = shlex.split(typed[1].replace(")", ""))
                name = next((n for n in (" ".join(words[:2]), words[0]) if n in commands()), None)
                assert name is not None, f"{page}: {line}"
                used = {word.partition("=")[0] for word in words if word.startswith("--")}
                assert used <= options(commands()[name]) | {"--help"}, f"{page}: {line}"


def test_make() -> None:
    """`make x` on any page is a target of the Makefile, and every target with a description is in docs/commands.md."""
    targets = set(re.findall(r"^([a-z-]+):.*?## ", text("Makefile"), re.MULTILINE))
    assert targets
    for page in PAGES:
        # in code only: sentences may begin with "make sure"
        code = re.findall(r"`([^`\n]+)`|```sh\n(.*?)```", text(named(page)), re.DOTALL)
        for one in code:
            assert set(re.findall(r"^make ([a-z-]+)", "".join(one), re.MULTILINE)) <= targets, page
    assert {target for target in targets if f"`make {target}`" not in text("docs/commands.md")} == set()


# --- the API ---


@cache
def application() -> Any:
    """The application; nothing connects before it is started."""
    from app.main import create_app
    from app.settings import Settings

    return create_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/none", secret="x" * 32))


def paths(routes: Any) -> Iterator[str]:
    """The paths of routes, also of routers inside routers."""
    for route in routes:
        inside = getattr(route, "original_router", None)  # FastAPI keeps included routers as they are
        if inside is not None:
            yield from paths(inside.routes)
        elif getattr(route, "methods", None):
            yield route.path


def test_routes() -> None:
    """Every address of the application stands in docs/api.md."""
    from app.api.collections import COLLECTIONS

    found = set(paths(application().routes)) | {f"/api/v1{path}".rstrip("/") for path in openapi()["paths"]}
    assert len(found) > 20
    for path in sorted(found):
        general = re.sub(rf"/collections/({'|'.join(COLLECTIONS)})/", "/collections/{collectionId}/", path)
        shape = re.sub(r"\{\w+\}", "{}", general.rstrip("/") or "/")
        known = {re.sub(r"\{\w+\}", "{}", one) for one in re.findall(r"`(/[^` ]*)`", text("docs/api.md"))}
        assert shape in known, path


@cache
def openapi() -> dict[str, Any]:
    from app.api import openapi as document

    return document.document(application(), "http://127.0.0.1:8000")


def test_parameters() -> None:
    """Every query parameter and every header of a request stands in docs/api.md."""
    operations = [one for path in openapi()["paths"].values() for one in path.values() if isinstance(one, dict)]
    shared = openapi()["components"].get("parameters", {})
    for operation in operations:
        for one in operation.get("parameters", []):
            parameter = shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            if parameter["in"] != "path":
                assert f"`{parameter['name']}`" in text("docs/api.md"), parameter["name"]


def test_properties() -> None:
    """Every collection stands in docs/api.md with exactly its properties and its filters."""
    from app.api.collections import COLLECTIONS

    told = {cells[0].strip("`"): cells[1] for cells in rows(section(text("docs/api.md"), "Properties"))}
    listed = {cells[0].strip("`"): cells[2] for cells in rows(section(text("docs/api.md"), "Collections")) if cells[2:]}
    for name, collection in COLLECTIONS.items():
        assert set(re.findall(r"`(\w+)`", told[name])) == set(collection.properties)
        assert set(re.findall(r"`(\w+)`", listed[name])) == set(collection.filters)


def test_problem_types() -> None:
    """Every type of problem stands in docs/api.md with its status, and no other."""
    from app.problems import TYPES

    told = {
        cells[0].strip("`"): cells[1] for cells in rows(section(text("docs/api.md"), "Errors")) if cells[1].isdigit()
    }
    assert told == {slug: str(kind.status) for slug, kind in TYPES.items()}


def test_limits() -> None:
    """The limits named in docs/api.md and docs/importing.md are those of the code."""
    from app import json_body, parameters
    from app.api import files
    from assets import drafts
    from assets.importers import report

    api, importing = text("docs/api.md"), text("docs/importing.md")
    assert f"{parameters.DEFAULT_LIMIT} when left out, {parameters.MOST_LIMIT} at most" in api
    assert f"up to {files.MOST_ITEMS:,} items" in api
    assert f"a body at most {json_body.MOST_BYTES // 1_000_000} MB" in api
    assert f"at most {drafts.MOST_STRETCHES} |" in api
    assert f"up to {report.MOST_REFUSALS:,}" in importing


def test_recognised_columns() -> None:
    """Every name of ours that --map takes stands in docs/importing.md."""
    from assets.importers import asset_words, measurement_table, schemes

    for heading, ours in (
        ("Areas", schemes.AREA_COLUMNS),
        ("Streets", schemes.STREET_COLUMNS),
        ("Assets", asset_words.ASSET_COLUMNS),
        ("Measurements", measurement_table.MEASUREMENT_COLUMNS),
    ):
        told = section(text("docs/importing.md"), heading)
        assert {name for name in ours if f"`{name}`" not in told} == set(), heading


# --- words and rules ---


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.__name__)
def test_words(words: Any) -> None:
    """Every word that stands in the database, the API and files stands in the glossary."""
    glossary = text("docs/glossary.md")
    assert {word for word in words if not re.search(rf"\b{word}\b", glossary)} == set()


def test_dutch_words() -> None:
    """Kinds and themes are called in the glossary what they are called on a Dutch screen."""
    from app import i18n, words

    dutch = i18n.translator("nl")
    told = {cells[0]: cells[1] for cells in rows(section(text("docs/glossary.md"), "Words"))}
    for word, english in {**words.KIND, **words.THEME}.items():
        assert dutch.gettext(english) in re.split(r", ", told[word.value])


def test_numbers_of_rules() -> None:
    """The numbers in the rules of the glossary are those that the code works with."""
    glossary = text("docs/glossary.md")
    windows = {
        vocabulary.AssetKind(kind.strip()): int(cells[1])
        for cells in rows(section(glossary, "Freshness"))
        if cells[1].isdigit()
        for kind in cells[0].split(",")
    }
    assert windows == vocabulary.FRESH_MONTHS
    assert f"within {vocabulary.STRETCH_REACH_M:.0f} m" in section(glossary, "Stretch")
    assert f"more than {vocabulary.STREET_GAP_M / 1000:.0f} km" in section(glossary, "Identity of a street")
    carried = section(glossary, "Carried")
    assert (vocabulary.CARRIED_SHARE, vocabulary.ASKED_MONTHS) == (0.5, 12)
    assert "at least one half" in carried
    assert "twelve months" in carried
    measured = section(glossary, "Measured level")
    assert vocabulary.MEASURED_MONTHS == 12
    assert "twelve months" in measured
    assert f"within {vocabulary.MEASURED_REACH_M:.0f} m" in measured
    connected = section(glossary, "Connections")
    assert f"at most {vocabulary.MOST_CONNECTIONS} connections" in connected
    assert f"within {vocabulary.CONNECT_REACH_M:.0f} m" in connected
    assert vocabulary.CONSENT_YEARS == 2
    assert "lasts two years" in section(glossary, "People come first")


def test_cited_rules() -> None:
    """A rule that code cites by name has a heading in the glossary."""
    headings = set(re.findall(r"^### (.+)$", section(text("docs/glossary.md"), "Rules"), re.MULTILINE))
    cited = {
        (named(file), rule.strip())
        for file in [*ROOT.glob("a*/**/*.py"), *ROOT.glob("maps/*.py"), *ROOT.glob("assets/**/*.sql")]
        if "vendor" not in file.parts
        for rule in re.findall(r"(?:domain rule|Rule: domain,|\(domain,) ([A-Z][a-z]+(?: [a-z]+)*)", text(named(file)))
    }
    assert cited
    assert {(file, rule) for file, rule in cited if rule not in headings} == set()


# --- the pages themselves ---


def anchors(words: str) -> set[str]:
    """The anchors that headings get."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", without_code(words), re.MULTILINE):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        kept = "".join(c for c in plain if c in " -_" or unicodedata.category(c)[0] in "LN")
        found.add(kept.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links(page: Path) -> None:
    """A link to a file, a heading or a picture leads somewhere."""
    words = without_code(text(named(page)))
    for target in [*re.findall(r"\]\(([^)\s]+)\)", words), *re.findall(r'src="([^"]+)"', words)]:
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = unquote(target).partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.is_file(), target
        if anchor:
            assert anchor in anchors(text(named(there))), target


def test_every_page_is_listed() -> None:
    """Every page of docs/ is reached from its index, every decision from the list of decisions."""
    for index, pages in (
        (DOCS / "README.md", DOCS.glob("*.md")),
        (DOCS / "decisions" / "README.md", (DOCS / "decisions").glob("[0-9]*.md")),
    ):
        assert {page.name for page in pages if page != index and f"({page.name}" not in text(named(index))} == set()


def test_pages_that_code_names() -> None:
    """A page of docs/ that code or settings name is there."""
    files = [file for top in ("app", "assets", "maps", "migrations", "tests") for file in (ROOT / top).rglob("*.py")]
    for file in [*files, ROOT / "Makefile", ROOT / "docker-compose.yml"]:
        for page in re.findall(r"docs/[\w/-]+\.md", file.read_text(encoding="utf-8")):
            assert (ROOT / page).is_file(), f"{file} names {page}"


def test_pictures() -> None:
    """Pictures are small enough for a slow line, and each is used."""
    used = "".join(text(named(page)) for page in PAGES)
    for picture in (DOCS / "images").iterdir():
        assert picture.stat().st_size < LARGEST_PICTURE, picture
        assert picture.name in used, picture


# --- docstrings ---


def functions(file: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions of a module and the methods of its classes, by their names."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for one in inner:
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (f"{node.name}.{one.name}" if isinstance(node, ast.ClassDef) else one.name), one


def test_docstrings() -> None:
    """Every public function of assets and maps, and every test, says in words what it is for."""
    public = [
        f"{named(file)}: {name}"
        for top in ("assets", "maps")
        for file in sorted((ROOT / top).rglob("*.py"))
        for name, function in functions(file)
        if not any(part.startswith("_") for part in name.split(".")) and ast.get_docstring(function) is None
    ]
    tests = [
        f"{named(file)}: {name}"
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for name, function in functions(file)
        if name.rpartition(".")[2].startswith("test_") and ast.get_docstring(function) is None
    ]
    assert public + tests == []


# --- what belongs to one machine ---


def tracked() -> list[Path]:
    """The files of the project: those that git knows, or all that are not installed."""
    try:
        answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        tops = ("app", "assets", "maps", "migrations", "tests", "docs")
        found = [file for top in tops for file in (ROOT / top).rglob("*") if file.is_file()]
        return [file for file in found if not {"vendor", "__pycache__"} & set(file.parts)] + sorted(ROOT.glob("*.*"))
    return [ROOT / name for name in answer.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_places_of_one_machine() -> None:
    """No file names a host of a package registry or a folder of the machine where it was written."""
    found = []
    for file in tracked():
        content = file.read_bytes()
        if b"\x00" in content:
            continue
        words = content.decode("utf-8", "replace")
        found += [f"{named(file)}: {m}" for m in (*HOSTS, *PLACES) if re.search(rf"(?<![\w.]){re.escape(m)}", words)]
    assert found == []
