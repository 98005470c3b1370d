"""Litter: from a count of pieces to a level, by thresholds that an installation may choose."""

from dataclasses import dataclass

from assets.vocabulary import LitterKind, LitterLevel

#: The box that thresholds are about, in square metres.
STANDARD_BOX_M2 = {LitterKind.coarse: 100.0, LitterKind.fine: 1.0}
#: From best to worst.
LEVELS = tuple(LitterLevel)


@dataclass(frozen=True)
class Thresholds:
    """The most pieces in a standard box for each of the levels A+, A, B and C; more is D.

    The defaults are those of the method of CROW for litter on pavement (docs/decisions/0021).

    Attributes:
        coarse: pieces of 10 cm and larger, per 100 square metres; ascending.
        fine: pieces smaller than 10 cm, per square metre; ascending.
    """

    coarse: tuple[float, float, float, float] = (0, 3, 10, 25)
    fine: tuple[float, float, float, float] = (0, 3, 10, 25)


CROW = Thresholds()


def level(kind: LitterKind, pieces: float, thresholds: Thresholds = CROW) -> LitterLevel:
    """The level of so many pieces in a standard box of this kind (domain rule Measured level)."""
    edges = thresholds.coarse if kind is LitterKind.coarse else thresholds.fine
    return LEVELS[sum(pieces > edge for edge in edges)]


def worst(levels: list[LitterLevel]) -> LitterLevel:
    """The level furthest from A+ of at least one."""
    return max(levels, key=LEVELS.index)


def reaches(found: LitterLevel, ambition: LitterLevel) -> bool:
    """Whether a level is at the ambition or above it."""
    return LEVELS.index(found) <= LEVELS.index(ambition)
