"""The poster: an A3 sheet to read, search and listen to, in both languages, with nobody on it who said no."""

import contextlib
import io
import re
import socket
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app import i18n, poster, qr
from app.parameters import today
from assets import inventory
from assets.drafts import AssetDraft
from assets.errors import Invalid
from tests import neighbourhood
from tests.conftest import SECRET, as_public, run_program
from tests.neighbourhood import BUILDER, DAY, at

PAGE = "/areas/BU99990101/poster"
#: A3, lying, in points.
A3 = (1190.55, 841.89)
HOSTILE = ["<script>alert(1)</script>", "${alert(1)} {{ 7*7 }}", "<img src=x onerror=alert(1)>", "مجموعة الحي",
           "Fietsclub 🚲", "url(http://127.0.0.1:9/x.png)", "W" * 200]  # fmt: skip


def read(pdf: bytes, program: str = "pdftotext", *arguments: str) -> str:
    """What a program of poppler says of a PDF."""
    command = [program, *arguments, "-", *(["-"] if program == "pdftotext" else [])]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def unpacked(pdf: bytes) -> bytes:
    """A PDF with what is packed in it, one after the other."""
    found = [pdf]
    for packed in re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompress(packed))
    return b"\n".join(found)


def words_of(pdf: bytes) -> str:
    """The text of a PDF on one line, with single spaces."""
    return " ".join(read(pdf).split())


@pytest.fixture(scope="module")
def posters(shared_sample_client: TestClient) -> dict[str, bytes]:
    """The poster of the sample in both languages, as visitors get it."""
    found = {}
    for language in ("nl", "en"):
        answer = shared_sample_client.get(f"{PAGE}?lang={language}")
        assert answer.status_code == 200
        found[language] = answer.content
    shared_sample_client.cookies.clear()
    return found


@pytest.fixture
def owner(sample_url: str) -> Iterator[Session]:
    """The sample as its owner sees it."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


IN_AREA = "FROM {} AS a JOIN area AS n ON n.id = a.area_id WHERE n.code = 'BU99990101' AND a.active_on @> CURRENT_DATE"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_everything_on_the_map_is_text_on_it(posters: dict[str, bytes], owner: Session, language: str) -> None:
    """Titles of all entries, the kinds, the day and the name of the area can be searched and copied."""
    said = words_of(posters[language])
    titles = owner.scalars(text("SELECT a.title " + IN_AREA.format("published_asset"))).all()
    assert len(titles) > 20
    assert [title for title in titles if " ".join(title.split()) not in said] == []
    kinds, updated = {
        "nl": (["Mensen", "Clubs", "Plekken", "Straten", "Verhalen"], "Bijgewerkt op"),
        "en": (["People", "Clubs", "Places", "Streets", "Stories"], "Updated on"),
    }[language]
    for word in [*kinds, f"{updated} {i18n.translator(i18n.known(language) or 'nl').day(today())}", "Oude Veer"]:
        assert word in said, word


def test_it_is_a_tagged_a3_sheet(posters: dict[str, bytes]) -> None:
    """A3, tagged as PDF/UA, with a title and a language, and our own font in it."""
    for language, pdf in posters.items():
        told = dict(re.findall(r"^([\w ]+?): +(.*)$", read(pdf, "pdfinfo"), re.MULTILINE))
        assert told["Tagged"] == "yes"
        assert told["JavaScript"] == "no"
        assert told["Title"].startswith({"nl": "Wat er is in Oude Veer", "en": "What is here in Oude Veer"}[language])
        assert tuple(float(one) for one in re.findall(r"[\d.]+", told["Page size"])[:2]) == A3
        assert 'pdfuaid:part="1"' in read(pdf, "pdfinfo", "-meta")
        assert f"/Lang ({language})".encode() in unpacked(pdf)
        assert "Atkinson-Hyperlegible" in read(pdf, "pdffonts")
        structure = read(pdf, "pdfinfo", "-struct")
        assert structure.index("H1") < structure.index("Figure") < structure.index("H2") < structure.index("LBody")


def test_nobody_without_consent_is_on_it(posters: dict[str, bytes], owner: Session) -> None:
    """Persons whose consent ended, was withdrawn, or is for builders only are not on it, and neither is what faded."""
    public = set(owner.scalars(text("SELECT title FROM published_asset")))
    hidden = set(owner.scalars(text("SELECT title FROM asset WHERE kind = 'person'"))) - public
    faded = set(owner.scalars(text("SELECT title FROM published_asset WHERE NOT active_on @> CURRENT_DATE"))) - set(
        owner.scalars(text("SELECT title FROM published_asset WHERE active_on @> CURRENT_DATE"))
    )
    assert hidden
    assert faded
    said = words_of(posters["nl"]) + words_of(posters["en"])
    assert {title for title in hidden | faded if title in said} == set()


def test_who_withdraws_is_off_the_next_one(own_sample_url: str, make_client: Callable[..., TestClient]) -> None:
    """The poster that was kept is not given out any more, also not to who has it already."""
    client = make_client(own_sample_url)
    first = client.get(PAGE)
    assert "Een bewoner speelt accordeon" in words_of(first.content)
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE consent SET withdrawn_at = now() WHERE asset_id IN"
                " (SELECT id FROM asset WHERE title = 'Een bewoner speelt accordeon')"
            )
        )
    engine.dispose()
    second = client.get(PAGE, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "Een bewoner speelt accordeon" not in words_of(second.content)


def test_the_answer(sample_client: TestClient, posters: dict[str, bytes]) -> None:
    """A PDF with a file name that says what it is; kept, and not sent again to who has it."""
    answer = sample_client.get(f"{PAGE}?lang=en")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="poster-oude-veer-{today()}-en.pdf"'
    assert answer.content == posters["en"]
    again = sample_client.get(f"{PAGE}?lang=en", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/areas/BU00000000/poster", 404),
        ("/areas/%00/poster", 404),
        (f"/areas/{'x' * 300}/poster", 404),
        (f"{PAGE}?on=yesterday", 400),
        (f"{PAGE}?on=2026-02-30", 400),
        (f"{PAGE}?on=1899-12-31", 400),
        (f"{PAGE}?on=2201-01-01", 400),
    ],
)
def test_what_cannot_be_read_is_refused(sample_client: TestClient, address: str, status: int) -> None:
    """An unknown area and a day that is none get an answer that says so, as a page or as problem+json."""
    answer = sample_client.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    page = sample_client.get(address, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")


def test_an_area_that_is_too_large(sample_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused in words, in the language of the visitor, who is told what to do."""
    monkeypatch.setattr("assets.poster.MOST_STREET_PARTS", 10)
    answer = sample_client.get("/areas/GM9999/poster?lang=nl", headers={"Accept": "text/html"})
    assert answer.status_code == 413
    assert "Lichterwaard is te groot voor één poster. Kies een kleiner gebied, zoals een buurt." in answer.text


def test_a_host_that_is_no_host_is_not_printed(sample_client: TestClient) -> None:
    """The address in the QR code comes from the request: nonsense in it is refused."""
    answer = sample_client.get(PAGE, headers={"Host": "x" * 400})
    assert answer.status_code == 400
    for address in ("javascript:alert(1)", "https://", "https://map.example.org/?x", "ftp://map.example.org"):
        with pytest.raises(Invalid):
            poster.area_address(address, "BU1")
    assert poster.area_address("https://map.example.org/x/", "a b/c") == "https://map.example.org/x/areas/a%20b%2Fc"


# --- strange and many entries ---


@pytest.fixture
def crowd(session: Session, tmp_path: Path) -> Session:
    """West with strange titles and 60 clubs, all on two spots."""
    neighbourhood.draw(session, tmp_path)
    entries = [("club", f"Club {number}", (120, 120)) for number in range(60)]
    for kind, title, spot in entries + [("story", title, (300, 400)) for title in HOSTILE]:
        place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(*spot)}}
        values = {"kind": kind, "title": title, "rhythm": "<b>elke dag</b>", "place": place}
        inventory.add(session, AssetDraft.model_validate(values), by=BUILDER, today=DAY)
    return session


def test_strange_titles_and_long_lists(crowd: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Markup stays text, long words are wrapped on the sheet, the rest is counted, and nobody is called.

    60 clubs and 7 stories, with room for 50: all stories and 43 clubs stand on it, and 17 more are on the map.
    """
    monkeypatch.setattr("assets.poster.MOST_ENTRIES", 50)
    with as_public(crowd) as visitor:
        found = poster.read(visitor, "BU00010101", on=DAY, language="en")

    def nobody(*_: object) -> None:
        raise AssertionError("a poster calls nobody")

    monkeypatch.setattr(socket.socket, "connect", nobody)
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    pdf = poster.pdf(found, on=DAY, today=DAY, language="en", base_url="https://map.example.org")
    said = words_of(pdf)
    for title in (*HOSTILE[:3], "Fietsclub", HOSTILE[5], "<b>elke dag"):
        assert title in said, title
    assert said.replace(" ", "").count("W" * 200) == 1
    assert "And 17 more, on the map at map.example.org/areas/" in said
    assert int(re.findall(r"Pages: +(\d+)", read(pdf, "pdfinfo"))[0]) <= 4
    edges = re.findall(
        r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.]+)" yMax="([\d.]+)"', read(pdf, "pdftotext", "-bbox")
    )
    assert len(edges) > 200
    assert min(float(left) for left, *_ in edges) >= 0
    assert max(float(right) for _, _, right, _ in edges) <= A3[0] - 30
    assert max(float(bottom) for *_, bottom in edges) <= A3[1]


def test_another_day_is_said(crowd: Session) -> None:
    """A poster of an earlier day says which day that was and when it was made; an empty area says what to do."""
    with as_public(crowd) as visitor:
        found = poster.read(visitor, "BU00010201", on=DAY, language="nl")
    pdf = poster.pdf(found, on=DAY, today=DAY + timedelta(days=30), language="nl", base_url="http://127.0.0.1:8000")
    said = words_of(pdf)
    assert "Zoals op 1 juni 2026, gemaakt op 1 juli 2026" in said
    assert "Hier staat nog niets op de kaart. Kent u iets? Zet het op de kaart." in said


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.css",
        "https://poster.invalid/static/theme.css",
        "http://poster.invalid.example.org/static/theme.css",
        "http://poster.invalid:80/static/theme.css",
        "file:///etc/passwd",
        "data:text/css,x",
        "http://poster.invalid/static/../poster.py",
        "http://poster.invalid/static/%2e%2e/%2e%2e/docs/images/x.svg",
        "http://poster.invalid/static//etc/ssl/x.css",
        "http://poster.invalid/static/package.json",
        "http://poster.invalid/static/nothing.css",
        "http://poster.invalid/theme.css",
    ],
)
def test_only_our_own_files_are_read(url: str) -> None:
    """No other host, no file outside app/static, and of that only style sheets, fonts and drawings."""
    with pytest.raises(ValueError, match=r"^(A poster is made of|There is no such file)"):
        poster.own_files({"map.svg": b"<svg/>"})(url)


def test_our_own_files_are_read() -> None:
    """The style sheets, the font and the drawings of this poster."""
    fetch = poster.own_files({"map.svg": b"<svg/>"})
    assert fetch("http://poster.invalid/map.svg").read() == b"<svg/>"
    assert b"@page" in fetch("http://poster.invalid/static/pages/poster.css").read()
    font = "http://poster.invalid/static/vendor/fonts/files/atkinson-hyperlegible-next-latin-wght-normal.woff2"
    assert fetch(font).read()[:4] == b"wOF2"


def test_the_qr_code_holds_the_address() -> None:
    """The code is a plain QR code of the address of the area."""
    import segno

    made = io.BytesIO()
    address = "https://map.example.org/areas/BU05990321"
    segno.make(address, error="m", micro=False).save(
        made, kind="svg", border=2, dark="#1b2a3a", xmldecl=False, svgns=True
    )
    assert qr.svg(address) == made.getvalue()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Bospolder", "poster-bospolder-2026-06-01.pdf"),
        ("’t Oude Veer / Süd", "poster-t-oude-veer-sud-2026-06-01.pdf"),
        ('"; rm -rf ~; \r\nX-Header: 1', "poster-rm-rf-x-header-1-2026-06-01.pdf"),
        ("東京", "poster-BU1-2026-06-01.pdf"),
    ],
)
def test_file_names_are_plain(name: str, wanted: str) -> None:
    """Letters, digits and hyphens, whatever an area is called."""
    assert poster.file_name(name, "BU1", on=date(2026, 6, 1), language="nl") == wanted


# --- one at a time ---


def test_one_at_a_time() -> None:
    """Requests for one poster make it once; others wait for their turn; who comes when too many wait is told so."""
    press = poster.Press()
    running, most, made = 0, 0, []
    gate = threading.Event()

    def work(name: str) -> Callable[[], bytes]:
        def make() -> bytes:
            nonlocal running, most
            running += 1
            most = max(most, running)
            gate.wait(5)
            made.append(name)
            running -= 1
            return name.encode()

        return make

    answers: list[bytes] = []
    keys = ["a", "a", "b", "b", "b"]
    threads = [threading.Thread(target=lambda key=key: answers.append(press.make(key, work(key)))) for key in keys]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 5
    while press._places._value and time.monotonic() < until:
        time.sleep(0.01)
    with pytest.raises(poster.Busy, match="Other posters are being made"):
        press.make("c", work("c"))
    gate.set()
    for thread in threads:
        thread.join(10)
    assert sorted(answers) == [b"a", b"a", b"b", b"b", b"b"]
    assert sorted(made) == ["a", "b"]
    assert most == 1
    assert press.get("a") == b"a"
    assert press.make("c", work("c")) == b"c"


def test_a_broken_poster_frees_the_press() -> None:
    """After an error the next one can be made."""
    press = poster.Press()

    def broken() -> bytes:
        raise Invalid("no")

    for _ in range(press.WAITING + 3):
        with pytest.raises(Invalid):
            press.make("a", broken)
    assert press.make("a", lambda: b"x") == b"x"


def test_without_pango_it_is_said_in_a_sentence() -> None:
    """Where the libraries are not installed there is a sentence with the names of the packages, and no traceback."""
    code = (
        "import cffi\n"
        "load = cffi.FFI.dlopen\n"
        "def absent(self, name, *flags):\n"
        "    if 'pango' in str(name): raise OSError('cannot load library')\n"
        "    return load(self, name, *flags)\n"
        "cffi.FFI.dlopen = absent\n"
        "from app import poster, qr\n"
        "try: poster._weasyprint()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    root = Path(poster.__file__).parents[1]
    answer = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("NotReady No PDF can be made here")
    assert "libpango-1.0-0" in answer.stdout
    assert answer.stderr == ""


def test_the_command(own_sample_url: str, tmp_path: Path) -> None:
    """It writes the poster, and an unknown area is refused with exit code 1."""
    ours = {"VUURTOREN_DATABASE_URL": own_sample_url, "VUURTOREN_SECRET": SECRET}
    out = tmp_path / "poster.pdf"
    done = run_program("poster", "BU99990102", "--out", str(out), "--language", "en", **ours)
    assert (done.returncode, done.stdout.split(":")[0]) == (0, str(out))
    assert "give --base-url" in done.stderr
    assert "Zonnehof" in words_of(out.read_bytes())
    refused = run_program("poster", "BU1", "--out", str(out), **ours)
    assert (refused.returncode, refused.stderr) == (1, "vuurtoren: There is no area with the code BU1.\n")


def test_wrong_use_of_the_command(tmp_path: Path) -> None:
    """A language that is none is wrong use (2), a folder that is not there a refusal (1), before any work is done."""
    from app.cli import app

    out = str(tmp_path / "poster.pdf")
    wrong = CliRunner().invoke(app, ["poster", "BU99990102", "--out", out, "--language", "fr"])
    assert (wrong.exit_code, "It is one of nl, en." in wrong.output) == (2, True)
    nowhere = CliRunner().invoke(app, ["poster", "BU99990102", "--out", str(tmp_path / "no" / "x.pdf")])
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (1, True)


def test_made_now(posters: dict[str, bytes]) -> None:
    """The document says on which day it was made."""
    told = read(posters["nl"], "pdfinfo")
    assert datetime.now(UTC).strftime("%Y") in re.findall(r"CreationDate: +(.*)", told)[0]
