"""A map saved as one file."""

from pathlib import Path

from maps import standalone

STATIC = Path(__file__).parents[2] / "app" / "static"
BOTU = (4.43, 51.905, 4.455, 51.918)


def test_a_neighbourhood_gets_every_level() -> None:
    """For a neighbourhood the tiles go down to the deepest level, within the most that a file may hold."""
    tiles, deepest = standalone.tiles_within(BOTU)
    assert deepest == 15
    assert len(tiles) <= standalone.MOST_TILES
    assert len(set(tiles)) == len(tiles)
    assert (15, 16788, 10836) in tiles  # 51.9125 N 4.44 E, by the slippy map formula


def test_a_large_area_gets_fewer_levels() -> None:
    """A whole country stays a file that opens: fewer levels, not more tiles."""
    tiles, deepest = standalone.tiles_within((3.3, 50.7, 7.3, 53.6))
    assert len(tiles) <= standalone.MOST_TILES
    assert 6 <= deepest < 13


def test_no_text_ends_the_script_it_stands_in() -> None:
    """What neighbours wrote cannot end the script that carries it."""
    text = standalone.script_json({"title": "</script><script>alert(1)</script>\u2028<!--"})
    assert "<" not in text
    assert "\u2028" not in text


def test_nothing_in_the_file_points_outside() -> None:
    """Fonts stand in the style sheets as data; no other address is left in them."""
    made = standalone.parts("public", bounds=BOTU)
    found = standalone.inlined(made, static=STATIC, tiles={(15, 1, 2): b"x", (15, 1, 3): b""}, features={})
    assert "font/woff2;base64" in found.style
    assert "url(" not in found.style.replace("url(data:", "")
    assert "http" not in found.import_map
    assert '"15/1/2"' in found.data
    assert '"15/1/3"' not in found.data
    assert "connect-src data:" in found.policy
