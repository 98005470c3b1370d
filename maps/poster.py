"""The map of a poster: areas, streets and entries in, one SVG out. No database and no request.

matplotlib draws land, streets and lines; pins and names are placed by `maps.placing` and written as SVG text, so that
they stay text in the PDF. Everything on paper is in millimetres from the top left corner, as in SVG.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import numpy
import shapely
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as DrawnPath
from shapely.geometry.base import BaseGeometry

from assets.vocabulary import AssetKind
from maps import placing, style
from maps.placing import Frame

MM_PER_INCH = 25.4
PT_PER_MM = 72 / MM_PER_INCH
FONT = "Atkinson Hyperlegible Next Variable"
#: A road class is about so many metres wide for each pixel that it has at zoom 15.
METRES_PER_PIXEL = 3.0
#: On paper a street is no thinner and no wider than this, in millimetres.
THINNEST_MM, WIDEST_MM = 0.8, 4.2
CASING_MM = 0.35
INITIATIVE_MM = 1.7
#: Ways that are drawn as a thin line.
PATHS = {"footway", "path", "steps", "cycleway", "track", "service"}
#: A pin is this large, so that a number of three figures fits; the outline of style.SHAPES is 24 units.
PIN_MM = 6.4
#: How much larger a shape is drawn, and how far below its middle its number stands, both as shares of PIN_MM.
PIN_LOOKS: dict[AssetKind, tuple[float, float]] = {
    AssetKind.person: (0.95, 0.0),
    AssetKind.club: (1.28, 0.16),
    AssetKind.meeting_place: (1.0, 0.06),
    AssetKind.street_initiative: (1.0, 0.0),
    AssetKind.institution: (1.12, 0.0),
    AssetKind.exchange: (1.08, 0.02),
    AssetKind.story: (1.36, 0.02),
}
#: A scale bar is the longest of these that is no longer on paper than this.
SCALES_M = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
LONGEST_BAR_MM = 48.0


@dataclass(frozen=True)
class Street:
    """A street part (or a nameless way: name None) with its lines in metres."""

    name: str | None
    road_class: str
    shape: BaseGeometry


@dataclass(frozen=True)
class Neighbour:
    """An area beside the one on the poster, or one inside it, in metres."""

    name: str
    shape: BaseGeometry


@dataclass(frozen=True)
class Mark:
    """One numbered entry: a pin at a point, or an initiative along its lines, in metres."""

    number: int
    kind: AssetKind
    ageing: bool
    shape: BaseGeometry


@dataclass(frozen=True)
class Drawing:
    """What is drawn, everything in metres of one projected CRS.

    Attributes:
        window: west, south, east, north of the map.
        area: outline of the area that the poster is about.
        width_mm: width on paper; the height follows from the window.
    """

    window: tuple[float, float, float, float]
    area: BaseGeometry
    width_mm: float
    around: Sequence[Neighbour] = field(default=())
    streets: Sequence[Street] = field(default=())
    marks: Sequence[Mark] = field(default=())


def svg(drawing: Drawing) -> str:
    """The map as an SVG document of `width_mm`, with its scale bar.

    Names of streets and areas and the numbers of the entries are text in it, escaped. Later marks lie over earlier
    ones; pins that would lie on one another are moved apart, with a thin line to where they belong.
    """
    frame = Frame(drawing.window, drawing.width_mm)
    lines, pins = _tags(drawing, frame)
    placed = placing.apart([(pin.x, pin.y) for pin in pins], PIN_MM, frame)
    taken = placing.Taken(frame)
    bar = _scale_bar(frame, taken)
    for x, y in placed:
        taken.add_disc(x, y, PIN_MM * 0.55)
    around = _area_names(drawing, frame, taken)
    names = _street_names(drawing, frame, taken)
    marks = [_leader(pin, at) for pin, at in zip(pins, placed, strict=True)]
    marks += [_pin(pin, at) for pin, at in zip(pins, placed, strict=True)]
    overlay = "".join([*around, *names, *marks, bar])
    return _with_overlay(_base(drawing, frame, lines), overlay, frame)


# --- what matplotlib draws ---


def _base(drawing: Drawing, frame: Frame, lines: Sequence[tuple[BaseGeometry, bool]]) -> str:
    """Land, borders, streets and initiatives as an SVG in points."""
    figure = Figure(figsize=(frame.width / MM_PER_INCH, frame.height / MM_PER_INCH))
    FigureCanvasSVG(figure)  # the figure is drawn by it, and by no window system
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, frame.width)
    axes.set_ylim(frame.height, 0)
    axes.set_axis_off()
    order = iter(range(1, 10_000))

    def draw(
        shape: BaseGeometry, *, fill: str | None = None, line: str | None = None, width: float = 0.0,
        dashes: tuple[float, ...] = (), cap: str = "round", alpha: float = 1.0,
    ) -> None:  # fmt: skip
        path = _path(shape)
        if path is None:
            return
        patch = PathPatch(
            path, facecolor=fill or "none", edgecolor=line or "none", linewidth=width * PT_PER_MM, alpha=alpha,
            capstyle=cap, joinstyle="round", zorder=next(order),
        )  # fmt: skip
        if dashes:
            patch.set_linestyle((0, tuple(dash / width for dash in dashes)))
        axes.add_patch(patch)

    window = shapely.box(-2, -2, frame.width + 2, frame.height + 2)
    area = frame.to_paper(drawing.area)
    draw(window, fill=_colour("map-outside"))
    draw(shapely.intersection(area, window), fill=_colour("map-land"))
    for neighbour in drawing.around:
        border = shapely.intersection(shapely.boundary(frame.to_paper(neighbour.shape)), window)
        draw(border, line=_colour("map-border"), width=0.2, dashes=(1.2, 1.2), cap="butt", alpha=0.7)
    _draw_streets(drawing, frame, window, draw)
    border = shapely.intersection(shapely.boundary(area), window)
    draw(border, line=_colour("light"), width=2.6, alpha=0.28)
    draw(border, line=_colour("map-border"), width=0.55, dashes=(2.2, 1.4), cap="butt")
    for line, ageing in lines:
        draw(line, line=_colour("map-halo"), width=INITIATIVE_MM + 0.7)
        draw(line, line=_colour("kind-street-initiative"), width=INITIATIVE_MM)
        if ageing:  # an open line, as an ageing pin is an open shape
            draw(line, line=_colour("map-halo"), width=INITIATIVE_MM - 0.9)
    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(out, format="svg", metadata=nothing)
    return out.getvalue()


def _draw_streets(drawing: Drawing, frame: Frame, window: BaseGeometry, draw: object) -> None:
    """Thin ways, then the casings of all streets, then their white, so that crossings are open."""
    assert callable(draw)  # noqa: S101 - it is the function above
    paths: list[BaseGeometry] = []
    roads: dict[float, list[BaseGeometry]] = {}
    for street in drawing.streets:
        shape = shapely.intersection(frame.to_paper(street.shape), window)
        if shape.is_empty:
            continue
        if street.name is None and street.road_class in PATHS:
            paths.append(shape)
        else:
            roads.setdefault(street_width_mm(street.road_class, frame), []).append(shape)
    if paths:
        draw(_merged(paths), line=_colour("map-path"), width=0.3)
    merged = [(width, _merged(shapes)) for width, shapes in sorted(roads.items())]
    for width, shape in merged:
        draw(shape, line=_colour("map-casing"), width=width + 2 * CASING_MM)
    for width, shape in merged:
        draw(shape, line=_colour("map-street"), width=width)


def street_width_mm(road_class: str, frame: Frame) -> float:
    """How wide a street of this class is drawn, in millimetres on paper."""
    metres = style.ROAD_WIDTHS.get(road_class, style.OTHER_ROAD_WIDTH) * METRES_PER_PIXEL
    return round(min(max(metres * frame.scale, THINNEST_MM), WIDEST_MM), 1)


def _merged(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    return shapely.line_merge(shapely.union_all(list(shapes)))


def _path(shape: BaseGeometry) -> DrawnPath | None:
    """All lines and rings of a shape as one path, to a twentieth of a millimetre."""
    rings = [
        ring
        for part in shapely.get_parts(shapely.simplify(shape, 0.05))
        for ring in ([part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part])
        if ring.geom_type in ("LineString", "LinearRing")
    ]
    paths = [DrawnPath(numpy.asarray(ring.coords)[:, :2], closed=ring.geom_type == "LinearRing") for ring in rings]
    return DrawnPath.make_compound_path(*paths) if paths else None


def _colour(name: str) -> str:
    return style.PALETTE[name].light


# --- pins, names and the scale bar, as SVG over it ---


@dataclass(frozen=True)
class _Pin:
    number: int
    kind: AssetKind
    ageing: bool
    x: float
    y: float


def _tags(drawing: Drawing, frame: Frame) -> tuple[list[tuple[BaseGeometry, bool]], list[_Pin]]:
    """The lines of initiatives on paper (ageing ones first), and a pin for every mark that the window shows."""
    inside = shapely.box(0, 0, frame.width, frame.height)
    lines: list[tuple[BaseGeometry, bool]] = []
    pins: list[_Pin] = []
    tags: list[tuple[float, float]] = []
    for mark in drawing.marks:
        shape = shapely.intersection(frame.to_paper(mark.shape), inside)
        if shape.is_empty:
            continue
        if mark.kind is AssetKind.street_initiative:
            lines.append((shape, mark.ageing))
            x, y = placing.along(shape, tags, PIN_MM)
            tags.append((x, y))
        else:
            point = shapely.get_parts(shape)[0]
            x, y = point.x, point.y
        pins.append(_Pin(mark.number, mark.kind, mark.ageing, x, y))
    return sorted(lines, key=lambda line: not line[1]), pins


def mark_svg(number: int | None, kind: AssetKind, *, ageing: bool, tag: bool = False) -> str:
    """The pin of a kind around (0, 0) in millimetres, as SVG elements.

    Args:
        number: in the pin; None: the shape alone.
        kind: gives shape and colour.
        ageing: an open shape.
        tag: of an initiative the tag that carries its number instead of its line.
    """
    size, down = PIN_LOOKS[kind]
    is_tag = kind is AssetKind.street_initiative and (tag or number is not None)
    # white figures on the orange of the lines would be too faint
    colour = _colour("amber" if is_tag else style.property_name(kind))
    fill, ink = (_colour("map-halo"), colour) if ageing else (colour, "#ffffff")
    scale = PIN_MM * size / 24
    if is_tag:
        width = 6.6 if number is None or number > 99 else 4.6 if number < 10 else 5.7
        outline = f'<rect x="{-width / 2:g}" y="-2.2" width="{width:g}" height="4.4" rx="2.2"'
        edge = (0.5, 1.1)
    else:
        outline = f'<path transform="scale({scale:.4f}) translate(-12 -12)" d="{style.SHAPES[kind]}"'
        edge = (0.5 / scale, 1.1 / scale)
    halo = f'{outline} fill="{_colour("map-halo")}" stroke="{_colour("map-halo")}" stroke-width="{edge[1]:.2f}"/>'
    shape = f'{outline} fill="{fill}" stroke="{colour}" stroke-width="{edge[0]:.2f}" stroke-linejoin="round"/>'
    if number is None:
        return halo + shape
    points = 7.4 if number < 100 else 6.0
    if kind is AssetKind.story:
        points -= 0.9
    return halo + shape + _text(str(number), 0, down * PIN_MM + points * 0.125, points, ink, weight=700)


def _pin(pin: _Pin, at: tuple[float, float]) -> str:
    drawn = mark_svg(pin.number, pin.kind, ageing=pin.ageing)
    return f'<g transform="translate({at[0]:.2f} {at[1]:.2f})">{drawn}</g>'


def _leader(pin: _Pin, at: tuple[float, float]) -> str:
    """A thin line to the true place of a pin that was moved."""
    if abs(pin.x - at[0]) + abs(pin.y - at[1]) < 1.5:
        return ""
    line = f'x1="{pin.x:.2f}" y1="{pin.y:.2f}" x2="{at[0]:.2f}" y2="{at[1]:.2f}"'
    dot = f'<circle cx="{pin.x:.2f}" cy="{pin.y:.2f}" r="0.5" fill="{_colour("ink")}"/>'
    return f'<line {line} stroke="{_colour("ink")}" stroke-width="0.25"/>{dot}'


def _street_names(drawing: Drawing, frame: Frame, taken: placing.Taken) -> list[str]:
    """The names of streets along them, the longest streets first, wherever they lie free."""
    shapes: dict[str, list[BaseGeometry]] = {}
    widest: dict[str, float] = {}
    for street in drawing.streets:
        if street.name is not None:
            shapes.setdefault(street.name, []).append(frame.to_paper(street.shape))
            widest[street.name] = max(widest.get(street.name, 0), street_width_mm(street.road_class, frame))
    inside = shapely.box(1, 1, frame.width - 1, frame.height - 1)
    merged = {name: shapely.intersection(_merged(lines), inside) for name, lines in shapes.items()}
    written = []
    for name, shape in sorted(merged.items(), key=lambda item: (-item[1].length, item[0])):
        points = 7.0 if widest[name] >= 2.4 else 6.2
        for x, y, angle in taken.names_along(shape, name, points):
            written.append(_haloed(name, x, y, points, _colour("map-label"), angle=angle, halo="map-street"))
    return written


def _area_names(drawing: Drawing, frame: Frame, taken: placing.Taken) -> list[str]:
    """The names of the areas beside and inside, in the middle of what the window shows of them."""
    inside = shapely.box(6, 4, frame.width - 6, frame.height - 4)
    area = frame.to_paper(drawing.area)
    written = []
    for neighbour in drawing.around:
        seen = shapely.intersection(frame.to_paper(neighbour.shape), inside)
        if seen.area < 600:
            continue
        spot = max(shapely.get_parts(seen), key=lambda part: part.area).representative_point()
        name = neighbour.name.upper()
        if taken.name_at(spot.x, spot.y, name, 9.5, spacing=0.5):
            ground = "map-land" if area.contains(spot) else "map-outside"
            written.append(_haloed(name, spot.x, spot.y, 9.5, _colour("muted"), spacing=0.5, halo=ground))
    return written


def _scale_bar(frame: Frame, taken: placing.Taken) -> str:
    """A scale bar and an arrow to the north in the lower left corner; their room is taken."""
    metres = max((one for one in SCALES_M if one * frame.scale <= LONGEST_BAR_MM), default=SCALES_M[0])
    width = metres * frame.scale
    words = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    left, bottom = 6.0, frame.height - 6.0
    taken.add_box(left - 3, bottom - 9, left + width + 16, bottom + 4)
    ink, halo = _colour("ink"), _colour("map-halo")
    tray = (
        f'<rect x="{left - 3:g}" y="{bottom - 7.5:g}" width="{width + 18:.2f}" height="10.5" rx="1.5" fill="{halo}"/>'
    )
    ends = f"M{left:g} {bottom - 1.8:g}V{bottom:g}H{left + width:.2f}V{bottom - 1.8:g}"
    line = f'<path d="{ends}" fill="none" stroke="{ink}" stroke-width="0.5"/>'
    x = left + width + 9
    arrow = f'<path d="M{x:.2f} {bottom - 6.2:g}l1.7 5l-1.7 -1.2l-1.7 1.2z" fill="{ink}"/>'
    north = _text("N", x, bottom + 1.6, 6.5, ink, weight=700)
    return tray + line + _text(words, left + width / 2, bottom - 2.6, 8, ink) + arrow + north


def _text(
    words: str, x: float, y: float, points: float, colour: str, *, weight: int = 400, spacing: float = 0,
) -> str:  # fmt: skip
    """One line of text around x, on the baseline y; size in points."""
    spaced = f' letter-spacing="{spacing:g}"' if spacing else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-family="{FONT}" font-size="{points / PT_PER_MM:.3f}"'
        f' font-weight="{weight}" text-anchor="middle" fill={quoteattr(colour)}{spaced}>'
        f"{escape(words)}</text>"
    )


def _haloed(
    words: str, x: float, y: float, points: float, colour: str, *, halo: str, angle: float = 0, spacing: float = 0
) -> str:
    """Text on a soft ground, so that it can be read where it crosses a line; written once, for it is read aloud too."""
    size = points / PT_PER_MM
    half = placing.width_mm(words, points, spacing) / 2 + 0.3
    ground = (
        f'<rect x="{x - half:.2f}" y="{y - size * 0.5:.2f}" width="{2 * half:.2f}" height="{size:.2f}"'
        f' rx="{size * 0.4:.2f}" fill="{_colour(halo)}" fill-opacity="0.78"/>'
    )
    # turned around the middle of the text, not around the middle of its baseline
    group = f'<g transform="rotate({angle:.1f} {x:.2f} {y:.2f})">'
    return group + ground + _text(words, x, y + size * 0.34, points, colour, spacing=spacing) + "</g>"


def _with_overlay(base: str, overlay: str, frame: Frame) -> str:
    """matplotlib's SVG, in points, with the overlay, in millimetres, on top."""
    base = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>", "", base, flags=re.DOTALL)
    size = f'width="{frame.width:.2f}mm" height="{frame.height:.2f}mm"'
    base = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', size, base, count=1)
    end = base.rindex("</svg>")
    return f'{base[:end]}<g transform="scale({PT_PER_MM:.6f})">{overlay}</g></svg>'
