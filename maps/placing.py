"""Where pins and names go on a printed map, so that none lies on another. Millimetres on paper, y downwards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

MM_PER_PT = 25.4 / 72
#: Width of letters in ems, as Atkinson Hyperlegible Next draws them on the whole.
NARROW, WIDE, CAPITAL, USUAL, ALPHABET = 0.3, 0.85, 0.66, 0.55, "iljtfrI.,'’-() "
#: A name is set along a street where that bends no more than this below it, in millimetres.
MOST_BEND_MM = 1.2
#: A long street is named again after so many millimetres.
AGAIN_MM = 110.0
#: Places along a street that are tried, in millimetres from each other.
STEP_MM = 2.0
#: How often pins are moved apart; more changes nothing that is seen.
ROUNDS = 120


@dataclass(frozen=True)
class Frame:
    """The window of a map and its width on paper.

    Attributes:
        window: west, south, east, north in metres.
        width: millimetres on paper.
    """

    window: tuple[float, float, float, float]
    width: float

    @property
    def scale(self) -> float:
        """Millimetres on paper for a metre."""
        return self.width / (self.window[2] - self.window[0])

    @property
    def height(self) -> float:
        """Height on paper in millimetres."""
        return (self.window[3] - self.window[1]) * self.scale

    def to_paper(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in metres as millimetres on paper, from the top left corner."""
        west, _, _, north = self.window
        scale = self.scale

        def move(points: "numpy.ndarray[Any, Any]") -> "numpy.ndarray[Any, Any]":
            return numpy.column_stack(((points[:, 0] - west) * scale, (north - points[:, 1]) * scale))

        return shapely.transform(shapely.force_2d(shape), move)


def width_mm(words: str, points: float, spacing: float = 0) -> float:
    """About how wide a text is on paper, in millimetres."""
    ems = sum(
        NARROW if sign in ALPHABET else WIDE if sign in "mwMW" else CAPITAL if sign.isupper() else USUAL
        for sign in words
    )
    return ems * points * MM_PER_PT + spacing * len(words)


def apart(points: Sequence[tuple[float, float]], size: float, frame: Frame) -> list[tuple[float, float]]:
    """The points, moved until they are `size` from each other and inside the frame; the same each time."""
    if not points:
        return []
    edge = size * 0.6
    lowest, highest = (edge, edge), (max(frame.width - edge, edge), max(frame.height - edge, edge))
    home = numpy.array(points, dtype=float).clip(lowest, highest)
    # points on the very same spot get a direction each
    turn = numpy.arange(len(home)) * 2.399963
    nudge = 0.001 * numpy.column_stack((numpy.cos(turn), numpy.sin(turn)))
    nudges = nudge[:, None, :] - nudge[None, :, :]
    at = home
    for _ in range(ROUNDS):
        between = at[:, None, :] - at[None, :, :] + nudges
        distance = numpy.hypot(between[..., 0], between[..., 1])
        numpy.fill_diagonal(distance, numpy.inf)
        close = numpy.maximum(size - distance, 0)
        if not close.any():
            break
        push = between / numpy.maximum(distance, 1e-9)[..., None] * (close / 2)[..., None]
        at = (at + push.sum(axis=1) * 0.6).clip(lowest, highest)
    return [(float(x), float(y)) for x, y in at]


def along(shape: BaseGeometry, taken: Sequence[tuple[float, float]], size: float) -> tuple[float, float]:
    """A point on the longest line of a shape: its middle, or a place beside it when another mark is there already."""
    line = max(shapely.get_parts(shape), key=lambda part: part.length)
    found = []
    for share in (0.5, 0.35, 0.65, 0.2, 0.8):
        point = line.interpolate(share, normalized=True)
        room = min((math.hypot(point.x - x, point.y - y) for x, y in taken), default=math.inf)
        if room >= size:
            return point.x, point.y
        found.append((room, point.x, point.y))
    best = max(found)
    return best[1], best[2]


class Taken:
    """What on the map is taken already; names keep clear of it."""

    def __init__(self, frame: Frame) -> None:
        self.inside = shapely.box(0.5, 0.5, frame.width - 0.5, frame.height - 0.5)
        self.shapes: list[BaseGeometry] = []

    def add_disc(self, x: float, y: float, radius: float) -> None:
        """Take the room of a pin."""
        self.shapes.append(shapely.Point(x, y).buffer(radius, quad_segs=4))

    def add_box(self, west: float, north: float, east: float, south: float) -> None:
        """Take the room of a box."""
        self.shapes.append(shapely.box(west, north, east, south))

    def free(self, shape: BaseGeometry) -> bool:
        """Whether a shape lies on the map and on nothing else."""
        if not shapely.contains_properly(self.inside, shape):
            return False
        return not self.shapes or not bool(shapely.intersects(numpy.array(self.shapes), shape).any())

    def name_at(self, x: float, y: float, words: str, points: float, spacing: float = 0) -> bool:
        """Take the room of a level name around a point; False when it is not free."""
        half, height = width_mm(words, points, spacing) / 2 + 0.5, points * MM_PER_PT * 0.6
        box = shapely.box(x - half, y - height, x + half, y + height)
        if not self.free(box):
            return False
        self.shapes.append(box)
        return True

    def names_along(self, shape: BaseGeometry, words: str, points: float) -> list[tuple[float, float, float]]:
        """Take room for a name along the lines of a street.

        Returns:
            Middle of each name and its angle in degrees (clockwise, as in SVG), readable from below; a long street has
            several, a street without room none.
        """
        found: list[tuple[float, float, float]] = []
        long = width_mm(words, points) + 1.0
        lines = [
            part for part in shapely.get_parts(shape) if isinstance(part, shapely.LineString) and part.length >= long
        ]
        for line in sorted(lines, key=lambda part: -part.length):
            starts = numpy.arange(0, line.length - long + 1e-9, STEP_MM)
            middle = (line.length - long) / 2
            for start in sorted([middle, *starts.tolist()], key=lambda at: abs(at - middle)):
                placed = self._place(line, start, long, points)
                if placed is None or any(math.hypot(placed[0] - x, placed[1] - y) < AGAIN_MM for x, y, _ in found):
                    continue
                found.append(placed)
        return found

    def _place(
        self, line: shapely.LineString, start: float, long: float, points: float
    ) -> tuple[float, float, float] | None:
        """Take the room of a name on a stretch of a line; None where that bends or something else is."""
        piece = substring(line, start, start + long)
        (x1, y1), (x2, y2) = piece.coords[0], piece.coords[-1]
        chord = shapely.LineString([(x1, y1), (x2, y2)])
        if chord.length < long * 0.96 or shapely.hausdorff_distance(piece, chord) > MOST_BEND_MM:
            return None
        box = shapely.buffer(chord, points * MM_PER_PT * 0.5, cap_style="flat")
        if not self.free(box):
            return None
        self.shapes.append(box)
        angle = math.degrees(math.atan2(y2 - y1, x2 - x1))
        angle = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle
        return (x1 + x2) / 2, (y1 + y2) / 2, angle
