"""Looks: one source of colours and shapes for pages and maps."""

import re
from pathlib import Path

from assets.vocabulary import AssetKind, StreetState
from maps import legend, style

THEME = Path(__file__).parents[2] / "app" / "static" / "theme.css"
TOKEN = re.compile(r"--vuurtoren-([a-z-]+): (#[0-9a-f]{6});")


def luminance(colour: str) -> float:
    """WCAG relative luminance of #rrggbb."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_pages_and_maps_have_the_same_colours() -> None:
    """theme.css holds each colour of maps/style.py, by day and by night."""
    light, dark = THEME.read_text().split("prefers-color-scheme: dark")
    assert dict(TOKEN.findall(light)) == {name: colour.light for name, colour in style.PALETTE.items()}
    assert dict(TOKEN.findall(dark)) == {name: colour.dark for name, colour in style.PALETTE.items()}


def test_each_kind_has_its_own_shape_and_colour() -> None:
    """Kinds are told apart by shape and by colour, so that a colour-blind visitor sees them too."""
    assert set(style.SHAPES) == set(AssetKind)
    assert len(set(style.SHAPES.values())) == len(AssetKind)
    assert len({style.PALETTE[style.property_name(kind)].light for kind in AssetKind}) == len(AssetKind)


def test_symbols_stand_out_from_the_land() -> None:
    """A symbol has at least 3 to 1 contrast with the map under it, by day and by night (WCAG 1.4.11)."""
    land = style.PALETTE["map-land"]
    for kind in AssetKind:
        colour = style.PALETTE[style.property_name(kind)]
        assert contrast(colour.light, land.light) >= 3, kind
        assert contrast(colour.dark, land.dark) >= 3, kind


def test_texts_can_be_read() -> None:
    """Texts have at least 4.5 to 1 contrast with what they stand on (WCAG 1.4.3)."""
    pairs = [
        ("ink", "card"),
        ("ink", "glow"),
        ("muted", "card"),
        ("muted", "glow"),
        ("sea", "card"),
        ("map-label", "map-land"),
    ]
    for text, ground in pairs:
        for scheme in ("light", "dark"):
            found = contrast(getattr(style.PALETTE[text], scheme), getattr(style.PALETTE[ground], scheme))
            assert found >= 4.5, (text, ground, scheme, found)


def test_no_state_is_shown_in_red() -> None:
    """Room is never red: it is an invitation, not an alarm."""
    for state in StreetState:
        for colour in (style.PALETTE[f"state-{state.value}"].light, style.PALETTE[f"state-{state.value}"].dark):
            red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
            assert not (red > 150 and green < 90 and blue < 90), state


def test_the_legend_draws_every_kind_and_state() -> None:
    """The sprite holds a symbol for each kind and a line sample for each state."""
    sprite = legend.sprite()
    for kind in AssetKind:
        assert f'id="{legend.symbol_id(kind)}"' in sprite
    for state in StreetState:
        assert f'id="line-{state.value}"' in sprite
