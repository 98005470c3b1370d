"""Palette, shapes and line widths of every map: the one place where a kind, a state and a road get their looks.

`static/theme.css` holds the same colours as CSS custom properties (tests/maps keeps the two equal). In the browser the
custom properties win, so a municipality that mounts its own theme file restyles pages and maps together.
"""

from dataclasses import dataclass

from assets.vocabulary import AssetKind, StreetState


@dataclass(frozen=True)
class Colour:
    """One colour by day and by night, as #rrggbb."""

    light: str
    dark: str


#: Custom property name (without `--vuurtoren-`) -> colour.
PALETTE: dict[str, Colour] = {
    "paper": Colour("#f6f2ea", "#0f1a26"),
    "card": Colour("#fffdf8", "#172431"),
    "ink": Colour("#1b2a3a", "#f3eee4"),
    "muted": Colour("#5a6672", "#aab5bf"),
    "rule": Colour("#d9d2c3", "#33434f"),
    "light": Colour("#ffb000", "#ffb000"),
    "amber": Colour("#b85c00", "#ffb65c"),
    "sea": Colour("#1f4e79", "#8fc1ee"),
    "glow": Colour("#fff1d6", "#33290f"),
    "kind-person": Colour("#8e3b7f", "#d68ac8"),
    "kind-club": Colour("#2f6fb0", "#76b2ee"),
    "kind-meeting-place": Colour("#2b7a4b", "#6cc48e"),
    "kind-street-initiative": Colour("#d9730d", "#f39a3d"),
    "kind-institution": Colour("#5b5fa8", "#a6a9ef"),
    "kind-exchange": Colour("#8a6d00", "#d4b13c"),
    "kind-story": Colour("#00798c", "#4fbccb"),
    "state-carried": Colour("#d9730d", "#f39a3d"),
    "state-partly": Colour("#eeb073", "#b87430"),
    "state-asked": Colour("#2f6fb0", "#76b2ee"),
    "state-unasked": Colour("#737d87", "#8794a0"),
    "map-land": Colour("#f9f5ee", "#14222f"),
    "map-outside": Colour("#eee7da", "#0f1a26"),
    "map-street": Colour("#ffffff", "#2b3b4a"),
    "map-casing": Colour("#d5ccba", "#0c151f"),
    "map-path": Colour("#e2dacb", "#22313f"),
    "map-border": Colour("#8f8877", "#6d7a85"),
    "map-label": Colour("#3d4955", "#b9c3cb"),
    "map-halo": Colour("#fdfbf6", "#14222f"),
    "map-area": Colour("#2f3e4c", "#d5dbe0"),
    "energy-low": Colour("#f5d491", "#a67c3a"),
    "energy-some": Colour("#efb64c", "#e3ad4f"),
    "energy-much": Colour("#e08f16", "#ffd88a"),
    "energy-most": Colour("#b85c00", "#fff8e8"),
    "energy-edge": Colour("#c98a2b", "#ff9d1e"),
    "energy-room": Colour("#7c8690", "#8794a0"),
}

#: Outline of each kind in a box of 24 by 24, as SVG path data. Shape and colour both tell a kind, never colour alone.
SHAPES: dict[AssetKind, str] = {
    AssetKind.person: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17z",
    AssetKind.club: "M12 3L21.8 20H2.2z",
    AssetKind.meeting_place: "M12 2L21 9.8V21.5H3V9.8z",
    AssetKind.street_initiative: "M3.7 18.6a2.3 2.3 0 0 1-2-4.1L18.3 5.4a2.3 2.3 0 0 1 2.1 4.1z",
    AssetKind.institution: "M12 1.5L22.5 12L12 22.5L1.5 12z",
    AssetKind.exchange: "M12 2L22 9.4L18.2 21.2H5.8L2 9.4z",
    AssetKind.story: "M12 1.8L15 8.6L22.4 9.4L16.9 14.4L18.4 21.7L12 18L5.6 21.7L7.1 14.4L1.6 9.4L9 8.6z",
}

#: Width of a street in pixels at zoom 15, where one pixel is about 3 metres in the Netherlands.
ROAD_WIDTHS: dict[str, float] = {
    "motorway": 9,
    "trunk": 8.5,
    "primary": 7.5,
    "secondary": 6.5,
    "tertiary": 5.5,
    "residential": 4.5,
    "living_street": 4.5,
    "unclassified": 4.5,
    "pedestrian": 4,
    "service": 2.5,
    "cycleway": 1.2,
    "footway": 1,
    "path": 1,
    "steps": 1,
    "track": 1.2,
}

#: Streets whose class is not in ROAD_WIDTHS.
OTHER_ROAD_WIDTH = 4.5

#: How a street state is drawn: dashes in pixels at zoom 15 (none: a solid line) and width as a share of the street's.
STATE_LINES: dict[StreetState, tuple[tuple[float, ...], float]] = {
    StreetState.carried: ((), 1.0),
    StreetState.partly: ((), 1.0),
    StreetState.asked: ((8, 5), 0.55),
    StreetState.unasked: ((2, 3.4), 0.44),
}

#: Which colours a legend of so many classes takes, the least energy first: few classes still look different.
ENERGY_LOOKS: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("much",),
    2: ("some", "most"),
    3: ("low", "much", "most"),
    4: ("low", "some", "much", "most"),
}

#: Bounds that hold the Netherlands, as south, west, north, east in degrees: shown when nothing is known yet.
NETHERLANDS = (50.75, 3.3, 53.55, 7.25)


def property_name(kind: AssetKind) -> str:
    """The palette name of a kind's colour, for example `kind-meeting-place`."""
    return f"kind-{kind.value.replace('_', '-')}"


def energy_looks(count: int) -> tuple[str, ...]:
    """The names of the colours of a legend of so many classes: `low` is the colour `energy-low`."""
    return ENERGY_LOOKS[count]


def for_browser() -> dict[str, object]:
    """Everything that the map script draws with, ready for JSON.

    Returns:
        palette: {"light": {name: colour}, "dark": {name: colour}}; shapes: {kind: path data};
        roads: {road class: pixels at zoom 15}; states: {state: {"dash": [...], "share": number}}.
    """
    return {
        "palette": {
            "light": {name: colour.light for name, colour in PALETTE.items()},
            "dark": {name: colour.dark for name, colour in PALETTE.items()},
        },
        "shapes": {kind.value: path for kind, path in SHAPES.items()},
        "roads": ROAD_WIDTHS,
        "otherRoad": OTHER_ROAD_WIDTH,
        "states": {state.value: {"dash": dash, "share": share} for state, (dash, share) in STATE_LINES.items()},
    }
