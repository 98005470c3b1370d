"""Everything that is derived, computed again from the source rows.

A correct map never needs this: derived rows are kept when something is written. It is here for the operator who
restored something by hand, and for the test that holds both equal.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from assets import counts, energy, freshness, links
from assets.importers import divide, street_edges


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
    """Divide and join all streets, link all stretches, and work out all freshness dates and all energy again."""
    divide.segments(session)
    divide.parts(session)
    street_edges.rebuild(session)
    lost = links.relink_streets(session)
    dates = freshness.keep(session, None)
    energy.keep(session, None)
    counts.keep_all(session, on=date.today())
    return Rebuilt(dates=dates, lost_stretches=tuple(lost))
