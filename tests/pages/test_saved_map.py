"""`vuurtoren map`: one map as one file."""

import re
from pathlib import Path

import pytest

from tests.conftest import SECRET, run_program


def save(url: str, *arguments: str) -> tuple[int, str, str]:
    """Run the command; its exit code and what it said."""
    done = run_program("map", *arguments, VUURTOREN_DATABASE_URL=url, VUURTOREN_SECRET=SECRET)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("look", ["public", "room", "energy", "timeline"])
def test_a_saved_map_holds_everything_in_one_file(sample_url: str, tmp_path: Path, look: str) -> None:
    """The file holds streets, entries and scripts, points at nothing outside itself, and says of which day it is."""
    out = tmp_path / "map.html"
    code, said, fault = save(sample_url, look, "--area", "GM9999", "--out", str(out), "--on", "2026-10-01")
    assert code == 0, fault
    assert "MB" in said
    page = out.read_text()
    assert "1 oktober 2026" in page
    assert "Een voorbeeld: deze buurt is verzonnen." in page
    marked_up = re.sub(r"<script\b.*?</script>", "", page, flags=re.DOTALL)
    for forbidden in (' src="/', ' href="/', ' src="http', ' href="http', "url(/", "url(http"):
        assert forbidden not in marked_up
    known = {
        "public": "Prikploeg Brugstraat",
        "room": "nog niet gevraagd",
        "energy": "hier is nog ruimte",
        "timeline": "lang niets van gehoord",
    }
    assert known[look] in page


def test_english_can_be_asked(sample_url: str, tmp_path: Path) -> None:
    """--language en writes the file in English."""
    out = tmp_path / "map.html"
    assert (
        save(sample_url, "room", "--area", "BU99990101", "--theme", "any", "--language", "en", "--out", str(out))[0]
        == 0
    )
    assert "not asked yet" in out.read_text()


def test_an_unknown_area_is_one_sentence(sample_url: str, tmp_path: Path) -> None:
    """An area that is not known gives one sentence and exit code 1, and no file."""
    out = tmp_path / "map.html"
    code, _, fault = save(sample_url, "public", "--area", "BU00000000", "--out", str(out))
    assert code == 1
    assert "BU00000000" in fault
    assert "Traceback" not in fault
    assert not out.exists()


def test_what_cannot_be_written_is_said(sample_url: str, tmp_path: Path) -> None:
    """A folder that is not there, a theme that is not known: refused with the reason."""
    code, _, fault = save(sample_url, "public", "--area", "GM9999", "--out", str(tmp_path / "no" / "map.html"))
    assert code == 1
    assert "cannot be written" in fault
    assert save(sample_url, "room", "--area", "GM9999", "--theme", "x", "--out", str(tmp_path / "map.html"))[0] == 2
