"""Everything that is derived, computed again from the source rows.

A correct map never needs this: derived rows are kept when something is written. It is here for the operator who
restored something by hand, and for the test that holds both equal.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from assets import freshness, links
from assets.importers import divide


@dataclass(frozen=True)
class Rebuilt:
    """What was computed again.

    Attributes:
        dates: assets whose dates of being fresh and active were different.
        lost_stretches: ids of stretches of which nothing lies on their street any more.
    """

    dates: int
    lost_stretches: tuple[int, ...]


def rebuild(session: Session) -> Rebuilt:
    """Divide all streets over the areas again, link all stretches again, and set all freshness dates again."""
    divide.segments(session)
    divide.parts(session)
    lost = links.relink_streets(session)
    return Rebuilt(dates=freshness.keep(session, None), lost_stretches=tuple(lost))
