"""The four answers: what a municipality does with a street part, from who cares for it and how clean it is.

They are made for the municipality, so they are made without what communities do not share with it (assets/sharing.py):
where one withholds the states of its streets, nothing is said of a street that nobody else is known to care for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from assets import areas, coverage, litter, measurements, sharing
from assets.coverage import StreetPartCoverage
from assets.drafts import FIRST_DAY, LAST_DAY
from assets.errors import Invalid
from assets.litter import CROW, STANDARD_BOX_M2, Thresholds
from assets.sharing import Withheld
from assets.sql import chosen
from assets.vocabulary import (
    MEASURED_MONTHS,
    Initiative,
    LitterKind,
    LitterLevel,
    MunicipalAnswer,
    Shared,
    StreetState,
    Theme,
)

#: What of the settings of communities the answers depend on.
OF_THE_ANSWERS = (Shared.street_states, Shared.activity_counts)
#: Whether an initiative cares for the part, and whether its level reaches the ambition → the answer.
ANSWERS = {
    (True, True): MunicipalAnswer.thank_and_supply,
    (False, True): MunicipalAnswer.leave,
    (True, False): MunicipalAnswer.support_quietly,
    (False, False): MunicipalAnswer.extra_cleaning_and_invitation,
}


@dataclass(frozen=True)
class Sample:
    """What was counted in a street part on the newest day.

    Attributes:
        street_part_id: number of the street part.
        measured_on: the day.
        boxes: how many boxes were counted that day: the size of the sample.
        pieces: pieces in all of them.
        coarse: most pieces of coarse litter in a box, per 100 square metres; None when none was counted.
        fine: most pieces of fine litter in a box, per square metre; None when none was counted.
        level: the worse of the two levels.
    """

    street_part_id: int
    measured_on: date
    boxes: int
    pieces: int
    coarse: float | None
    fine: float | None
    level: LitterLevel


@dataclass(frozen=True)
class StreetPartAnswer:
    """A street part with its state for litter, its sample, the ambition of its area, and the answer.

    Attributes:
        part: the street part, theme litter; what initiatives do there is what is shared.
        state: None where it is not shared: no shared initiative cares for it, and a community here shares no states.
        sample: None where nothing was counted in the past 12 months.
        ambition: the level to reach; None where no area around it has one.
        ambition_of: code of the area that set it.
        answer: None (unknown) without a state, a sample or an ambition.
    """

    part: StreetPartCoverage
    state: StreetState | None
    sample: Sample | None
    ambition: LitterLevel | None
    ambition_of: str | None
    answer: MunicipalAnswer | None

    @property
    def share(self) -> float | None:
        """The share of it that is cared for; None where that is not shared."""
        return None if self.state is None else self.part.share


def samples(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    ids: Sequence[int] | None = None,
    thresholds: Thresholds = CROW,
) -> dict[int, Sample]:
    """Number of the street part → its newest sample up to a date; parts without one are absent.

    Rule: domain, Measured level.

    Args:
        session: reading what is public is enough.
        on: the date that is asked about, 1900 to 2200.
        area: code of an area of any level; everything when None.
        ids: only these street parts.
        thresholds: from pieces to levels.

    Raises:
        NotFound: the area is not known.
        Invalid: the date lies outside 1900 to 2200.
    """
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Invalid.at("on", "The year must be between 1900 and 2200.")
    binds: dict[str, Any] = {
        "on": on,
        "months": MEASURED_MONTHS,
        "coarse_box_m2": STANDARD_BOX_M2[LitterKind.coarse],
        "fine_box_m2": STANDARD_BOX_M2[LitterKind.fine],
    }
    switches = set()
    if area is not None:
        switches.add("in_area")
        binds["area_ids"] = areas.ids_within(session, area)
    if ids is not None:
        switches.add("ids")
        binds["ids"] = list(ids)
    rows = session.execute(chosen("street_levels", frozenset(switches)), binds)
    return {row.street_part_id: _sample(row, thresholds) for row in rows}


def _sample(row: Any, thresholds: Thresholds) -> Sample:
    counted = [(kind, pieces) for kind, pieces in ((LitterKind.coarse, row.coarse), (LitterKind.fine, row.fine))]
    levels = [litter.level(kind, pieces, thresholds) for kind, pieces in counted if pieces is not None]
    return Sample(**row._asdict(), level=litter.worst(levels))


def street_parts(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    thresholds: Thresholds = CROW,
    by_name: bool = False,
    after: tuple[str, int] | None = None,
    limit: int | None = None,
    srid: int | None = None,
    withheld: Sequence[Withheld] | None = None,
) -> list[StreetPartAnswer]:
    """Street parts with what was counted and what the municipality does, theme litter, by id or by name.

    Rule: domain, Four answers.

    Args:
        session: reading what is public is enough.
        on: the date that is asked about, 1900 to 2200.
        area: code of an area of any level; everything when None.
        thresholds: from pieces to levels.
        by_name: order by name and id instead of id.
        after: the (name, id) of the last row of the page before.
        limit: at most so many rows.
        srid: EPSG code of the geometry to return; none when None.
        withheld: what communities do not share of OF_THE_ANSWERS, for whoever asked already.

    Raises:
        NotFound: the area is not known.
        Invalid: the date lies outside 1900 to 2200.
    """
    if withheld is None:
        withheld = sharing.withheld(session, *OF_THE_ANSWERS)
    parts = coverage.street_parts(
        session, on=on, area=area, theme=Theme.litter, by_name=by_name, after=after, limit=limit, srid=srid,
        left_out=sharing.left_out(withheld),
    )  # fmt: skip
    ids = [part.id for part in parts]
    found = samples(session, on=on, ids=ids, thresholds=thresholds)
    codes = {part.area_code for part in parts if part.area_code is not None}
    wanted = _ambitions(session, codes, on=on)
    silent = sharing.not_told(session, withheld, codes)
    return [
        _answered(part, _told(part, silent), found.get(part.id), wanted.get(part.area_code or "")) for part in parts
    ]


def _told(part: StreetPartCoverage, silent: set[str]) -> StreetState | None:
    cared_for = part.state in coverage.STATES_OF[Initiative.any]
    return part.state if cared_for or part.area_code not in silent else None


def _ambitions(session: Session, codes: set[str], *, on: date) -> dict[str, measurements.AreaAmbition]:
    ids = areas.ids_of(session, sorted(codes))
    found = measurements.ambitions(session, sorted(ids.values()), on=on)
    return {code: found[number] for code, number in ids.items() if number in found}


def _answered(
    part: StreetPartCoverage,
    state: StreetState | None,
    sample: Sample | None,
    ambition: measurements.AreaAmbition | None,
) -> StreetPartAnswer:
    answer = None
    if state is not None and sample is not None and ambition is not None:
        cared_for = state in coverage.STATES_OF[Initiative.any]
        answer = ANSWERS[cared_for, litter.reaches(sample.level, ambition.level)]
    return StreetPartAnswer(
        part, state, sample, ambition.level if ambition else None, ambition.code if ambition else None, answer
    )
