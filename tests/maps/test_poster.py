"""The map of a poster: real text, nothing on one another, nothing that a title can break."""

import math
import re
from xml.etree import ElementTree

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from assets.vocabulary import AssetKind
from maps import placing, poster, style
from maps.placing import Frame

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert(1)</script>&"${alert(1)} ]]>'
#: 1,000 by 800 m on 250 by 200 mm: a quarter of a millimetre for a metre.
WINDOW = (100_000.0, 400_000.0, 101_000.0, 400_800.0)


def line(*points: tuple[float, float]) -> shapely.LineString:
    """A line in metres from the corner of the window."""
    return shapely.LineString([(WINDOW[0] + x, WINDOW[1] + y) for x, y in points])


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(WINDOW[0] + x, WINDOW[1] + y)


def drawing(**more: object) -> poster.Drawing:
    area = shapely.box(WINDOW[0] + 100, WINDOW[1] + 100, WINDOW[0] + 900, WINDOW[1] + 700)
    return poster.Drawing(window=WINDOW, area=area, width_mm=250.0, **more)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    """What is written on the map, each text once (in order)."""
    tree = ElementTree.fromstring(svg)  # noqa: S314 - made by us
    return list(dict.fromkeys("".join(one.itertext()) for one in tree.iter(f"{SVG}text")))


def test_frame_is_to_scale() -> None:
    """A point a quarter from the left and from the top of the window stands there on paper."""
    frame = Frame(WINDOW, 250.0)
    assert (frame.height, frame.scale) == (pytest.approx(200), pytest.approx(0.25))
    assert list(frame.to_paper(point(250, 600)).coords) == [pytest.approx((62.5, 50.0))]


def test_names_and_numbers_are_text() -> None:
    """Streets, neighbours, pins, the scale and the north are written, not drawn."""
    svg = poster.svg(
        drawing(
            streets=[poster.Street("Kerkstraat", "residential", line((100, 400), (900, 400)))],
            around=[poster.Neighbour("Tussendijken", shapely.box(WINDOW[0], WINDOW[1], WINDOW[2], WINDOW[1] + 100))],
            marks=[poster.Mark(1, AssetKind.club, False, point(300, 600))],
        )
    )
    assert {"Kerkstraat", "TUSSENDIJKEN", "1", "100 m", "N"} <= set(texts(svg))


def test_a_scale_bar_is_as_long_as_it_says() -> None:
    """The longest round number of metres that fits: 100 m on a quarter of a millimetre for a metre is 25 mm."""
    svg = poster.svg(drawing())
    drawn = re.search(r'd="M6 [\d.]+V[\d.]+H([\d.]+)V', svg)
    assert drawn
    assert float(drawn[1]) - 6 == pytest.approx(25)
    assert "100 m" in texts(svg)


def test_hostile_names_stay_text() -> None:
    """A name of a street or an area with markup in it breaks nothing and runs nothing."""
    svg = poster.svg(
        drawing(
            streets=[poster.Street(HOSTILE, "residential", line((50, 400), (950, 400)))],
            around=[poster.Neighbour(HOSTILE, shapely.box(*WINDOW))],
        )
    )
    assert HOSTILE in texts(svg)
    assert "<script" not in svg


@pytest.mark.parametrize("kind", list(AssetKind))
def test_kinds_differ_in_shape_and_colour(kind: AssetKind) -> None:
    """Each kind has its outline and its colour; an ageing one is open: the colour is its line, not its filling."""
    svg = poster.mark_svg(7, kind, ageing=False)
    colour = "amber" if kind is AssetKind.street_initiative else style.property_name(kind)
    assert f'fill="{style.PALETTE[colour].light}"' in svg
    assert style.SHAPES[kind] in svg or kind is AssetKind.street_initiative
    ageing = re.findall(r"<(?:path|rect)[^>]*>", poster.mark_svg(7, kind, ageing=True))
    assert f'fill="{style.PALETTE["map-halo"].light}" stroke="{style.PALETTE[colour].light}"' in ageing[-1]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours by WCAG."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_numbers_can_be_read() -> None:
    """White figures on each colour, and coloured figures on an open shape, have a contrast of 4.5 at least."""
    for kind in AssetKind:
        colour = style.PALETTE["amber" if kind is AssetKind.street_initiative else style.property_name(kind)].light
        assert contrast("#ffffff", colour) >= 4.5, kind
        assert contrast(style.PALETTE["map-halo"].light, colour) >= 4.4, kind


def test_an_initiative_is_a_line_with_its_number_on_it() -> None:
    """The line has the colour of initiatives; its tag stands in the middle of the street: (125, 100) on paper."""
    svg = poster.svg(drawing(marks=[poster.Mark(3, AssetKind.street_initiative, False, line((200, 400), (800, 400)))]))
    assert style.PALETTE["kind-street-initiative"].light in svg
    assert "translate(125.00 100.00)" in svg


def test_what_lies_outside_is_left_out() -> None:
    """A mark beyond the window has no pin, and an empty drawing is still a map."""
    svg = poster.svg(drawing(marks=[poster.Mark(5, AssetKind.club, False, point(5000, 5000))]))
    assert "5" not in texts(svg)


@given(st.lists(st.tuples(st.floats(0, 250), st.floats(0, 200)), max_size=40))
def test_pins_are_moved_apart(points: list[tuple[float, float]]) -> None:
    """No two pins lie on one another, each stays on the map, and the same points give the same places."""
    frame = Frame(WINDOW, 250.0)
    placed = placing.apart(points, 6.0, frame)
    assert len(placed) == len(points)
    assert placed == placing.apart(points, 6.0, frame)
    for index, (x, y) in enumerate(placed):
        assert 0 <= x <= 250
        assert 0 <= y <= 200
        for other_x, other_y in placed[:index]:
            assert math.hypot(x - other_x, y - other_y) > 4.0


def test_a_free_pin_stays_where_it_is() -> None:
    """Only pins that are in each other's way move."""
    placed = placing.apart([(50, 50), (150, 100), (151, 100)], 6.0, Frame(WINDOW, 250.0))
    assert placed[0] == (50, 50)
    assert placed[1] != (150, 100)


def test_names_keep_clear() -> None:
    """No name is set where a pin is, twice in one place, upside down, or along a street that is too short."""
    frame = Frame(WINDOW, 250.0)
    taken = placing.Taken(frame)
    straight = shapely.LineString([(200, 100), (20, 100)])
    [(x, y, angle), *_] = taken.names_along(straight, "Kerkstraat", 7)
    assert (x, y, angle) == (pytest.approx(110), pytest.approx(100), pytest.approx(0))
    assert not taken.name_at(110, 100, "Kerk", 7)
    again = taken.names_along(straight, "Kerkstraat", 7)
    assert all(abs(other - 110) > 10 for other, _, _ in again)
    assert taken.names_along(shapely.LineString([(20, 20), (25, 20)]), "Kerkstraat", 7) == []
    bent = shapely.LineString([(20, 150), (26, 156), (32, 150), (38, 156), (44, 150)])
    assert taken.names_along(bent, "Kerkstraat", 7) == []
