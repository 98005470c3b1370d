"""What analysts see of streets beyond the public map: how much happened there, of communities that share that.

Every look goes through `look`, in one transaction with what is read (assets/lookups.py). Numbers of activities and of
conversations, and nothing else: not how many neighbours, not what was said.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy.orm import Session

from assets import areas, lookups, sharing, walls
from assets.permissions import Permission, Viewer, require
from assets.sharing import Withheld
from assets.sql import chosen
from assets.vocabulary import LookupKind, Shared

#: Months that are counted, up to the day that is asked about.
MONTHS = 12
#: Columns that stand behind those of everyone.
DETAIL_COLUMNS = ("activities_12_months", "conversations_12_months", "not_shared")
#: What of the settings of communities they depend on.
OF_THE_DETAILS = (Shared.street_states, Shared.activity_counts, Shared.conversations)


@dataclass(frozen=True)
class StreetDetails:
    """How much happened in a street part in 12 months, of communities that share it.

    None where there is nothing to count and a community in the area does not share it: so much is not known.
    """

    activities_12_months: int | None
    conversations_12_months: int | None


#: Of a street part that is gone since.
UNKNOWN = StreetDetails(None, None)


@dataclass(frozen=True)
class Looked:
    """What was looked at: details by the number of the street part, and what communities there do not share.

    Attributes:
        not_shared: which of the numbers lack what somebody in the area withholds: activity_counts, conversations.
    """

    details: dict[int, StreetDetails]
    withheld: tuple[Withheld, ...]
    not_shared: tuple[Shared, ...]

    def record(self, street_part_id: int) -> dict[str, int | str | None]:
        """The values of DETAIL_COLUMNS of a street part; `not_shared` is of the whole area, as a note would be."""
        found = self.details.get(street_part_id, UNKNOWN)
        return {**asdict(found), "not_shared": ", ".join(self.not_shared)}


def look(
    session: Session, viewer: Viewer, *, ids: Sequence[int], area: str | None, on: date, as_file: bool = False
) -> Looked:
    """The details of these street parts; that the viewer looked is written down in the same transaction.

    Args:
        session: a transaction of the service that may write; from here on it sees conversations that are shared only.
        viewer: who looks.
        ids: numbers of street parts.
        area: code of the area that the question is about; everywhere when None.
        on: the day up to which is counted.
        as_file: whether they take it along.

    Raises:
        NotAllowed: the viewer may not see details of streets, or not of this area: an analyst of one municipality asks
            about an area in it.
        NotFound: the area is not known.
    """
    require(viewer, Permission.street_detail_read)
    where = None if area is None else areas.get(session, area)
    areas.require_municipality(session, viewer, where.id if where else None)
    kind = LookupKind.export if as_file else LookupKind.streets
    lookups.note(session, viewer, kind, area_id=where.id if where else None)
    walls.see(session, walls.SHARED)
    withheld = sharing.withheld(session, *OF_THE_DETAILS)
    left_out = sharing.left_out(withheld)
    rows = session.execute(
        chosen("street_details", frozenset({"shared"} if left_out else ())),
        {"ids": list(ids), "on": on, "months": MONTHS, **left_out},
    )
    area_ids = None if area is None else areas.ids_within(session, area)
    withheld = sharing.present(session, withheld, area_ids=area_ids)
    not_shared = sharing.lacking(withheld)
    # the same for every street of the area: which streets lack something is not told
    nothing = {what: None if what in not_shared else 0 for what in (Shared.activity_counts, Shared.conversations)}
    found = {
        row.street_part_id: StreetDetails(
            row.activities or nothing[Shared.activity_counts], row.conversations or nothing[Shared.conversations]
        )
        for row in rows
    }
    return Looked(found, withheld, not_shared)
