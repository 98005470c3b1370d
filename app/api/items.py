"""Reading pages of items: areas, street parts with their state, assets, activities."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.api import files
from app.api.collections import ACTIVITIES, AREAS, ASSETS, STREETS
from app.api.landing import ONCE
from app.api.paging import Asked, Counts, ItemsQuery, asked, page, page_answers, unchanged
from app.database import PublicSession
from app.geojson import address, feature_text
from app.parameters import (
    AnyThemeParameter,
    AreaKindParameter,
    AreaParameter,
    DateParameter,
    FreshnessParameter,
    GiftParameter,
    IdParameter,
    InitiativeParameter,
    Interval,
    KindParameter,
    OpenParameter,
    StateParameter,
    TalentParameter,
    ThemeParameter,
    WordsParameter,
    today,
)
from app.problems import API_PREFIX, base_url
from assets import areas, coverage, crs, features, search
from assets.coverage import StreetPartCoverage
from assets.features import FeatureRow, Look
from assets.vocabulary import Freshness, StreetState

router = APIRouter(prefix=f"{API_PREFIX}/collections", dependencies=ONCE)


class AreasQuery(ItemsQuery):
    """Parameters of a page of areas."""

    kind: AreaKindParameter | None = None
    parent: AreaParameter | None = None


class StreetsQuery(ItemsQuery):
    """Parameters of a page of street parts."""

    area: AreaParameter | None = None
    theme: AnyThemeParameter = None
    initiative: InitiativeParameter | None = None
    state: StateParameter | None = None
    on: DateParameter = None


class AssetsQuery(ItemsQuery):
    """Parameters of a page of assets."""

    kind: KindParameter | None = None
    theme: ThemeParameter | None = None
    area: AreaParameter | None = None
    freshness: FreshnessParameter | None = None
    gift: GiftParameter | None = None
    talent: TalentParameter | None = None
    open: OpenParameter | None = None
    q: WordsParameter | None = None


class ActivitiesQuery(ItemsQuery):
    """Parameters of a page of activities."""

    asset: IdParameter = None
    area: AreaParameter | None = None


def about(request: Request) -> dict[str, str]:
    """What a file holds, for the sheet or metadata beside it: the question as it was asked."""
    return {"from": address(base_url(request), request.url.path), **dict(request.query_params)}


def counted(
    request: Request, session: Session, question: Asked, filters: Mapping[str, Any], rows: Sequence[FeatureRow]
) -> int | None:
    """How many items fit, up to 10,000."""
    counts: Counts = request.app.state.counts
    others = {name: value for name, value in filters.items() if name != "box"}
    return counts.of(question, others, rows, lambda: features.matched(session, question.collection.id, filters=filters))


@router.get("/areas/items", tags=["areas"], summary="Areas", response_class=Response, responses=page_answers(AREAS))
def areas_items(request: Request, query: Annotated[AreasQuery, Query()], session: PublicSession) -> Response:
    """Areas. They carry no dates, so every area fits every `datetime`."""
    question = asked(request, session, AREAS, query)
    if (same := unchanged(request, question)) is not None:
        return same
    filters: dict[str, Any] = {}
    if query.kind is not None:
        filters["kind"] = str(query.kind)
    if query.parent is not None:
        filters["parent"] = query.parent
    if question.box is not None:
        filters |= features.in_box(session, question.box)
    if files.is_file(question):
        return files.items_file(session, question, filters, on=today(), about=about(request))
    rows = features.page(
        session, "areas", filters=filters, look=question.look, limit=question.limit + 1, after=question.after
    )
    return page(request, question, rows, counted(request, session, question, filters, rows))


@router.get("/assets/items", tags=["assets"], summary="Assets", response_class=Response,
            responses=page_answers(ASSETS))  # fmt: skip
def assets_items(request: Request, query: Annotated[AssetsQuery, Query()], session: PublicSession) -> Response:
    """Published assets that are active on some day of `datetime`; today when it is not given.

    The day of `freshness` is the last one of `datetime`. `freshness=faded` gives the archive instead: what is not
    active any more on that day because nothing was heard of it for long.
    """
    question = asked(request, session, ASSETS, query)
    if (same := unchanged(request, question)) is not None:
        return same
    period: Interval = query.datetime or Interval(today(), today())
    on = period.last or max(today(), period.first or today())
    filters = {} if query.freshness is Freshness.faded else features.in_period(period.first, period.last)
    if query.freshness is not None:
        filters |= features.of_freshness(query.freshness, on)
    if query.kind is not None:
        filters["kind"] = str(query.kind)
    if query.theme is not None:
        filters["theme"] = str(query.theme)
    filters |= search.of_gift(query.gift, query.talent)
    if query.open == "true":
        filters["open"] = {}
    if query.q is not None:
        filters |= search.filters(session, query.q) or {"nothing": {}}
    if query.area is not None:
        filters |= features.in_area(session, query.area)
    if question.box is not None:
        filters |= features.in_box(session, question.box)
    if files.is_file(question):
        return files.items_file(session, question, filters, on=on, about=about(request))
    rows = features.page(
        session,
        "assets",
        filters=filters,
        look=question.look,
        limit=question.limit + 1,
        after=question.after,
        on=on,
    )
    return page(request, question, rows, counted(request, session, question, filters, rows))


@router.get("/activities/items", tags=["activities"], summary="Activities", response_class=Response,
            responses=page_answers(ACTIVITIES))  # fmt: skip
def activities_items(request: Request, query: Annotated[ActivitiesQuery, Query()], session: PublicSession) -> Response:
    """Activities of published assets, held on some day of `datetime`; of any day when it is not given."""
    question = asked(request, session, ACTIVITIES, query)
    if (same := unchanged(request, question)) is not None:
        return same
    filters: dict[str, Any] = {}
    if query.datetime is not None:
        ends = {"first": query.datetime.first, "last": query.datetime.last}
        filters = {name: value for name, value in ends.items() if value is not None}
    if query.asset is not None:
        filters["asset"] = query.asset
    if query.area is not None:
        filters |= features.in_area(session, query.area)
    if question.box is not None:
        filters |= features.in_box(session, question.box)
    if files.is_file(question):
        return files.items_file(session, question, filters, on=today(), about=about(request))
    rows = features.page(
        session, "activities", filters=filters, look=question.look, limit=question.limit + 1, after=question.after
    )
    return page(request, question, rows, counted(request, session, question, filters, rows))


@router.get("/streets/items", tags=["streets"], summary="Street parts with their state", response_class=Response,
            responses=page_answers(STREETS))  # fmt: skip
def streets_items(request: Request, query: Annotated[StreetsQuery, Query()], session: PublicSession) -> Response:
    """Street parts with their state for a theme on a day: `initiative=none` are those where there is still room.

    The day is `on`; a `datetime` of one day means the same, of a period its last day.
    """
    question = asked(request, session, STREETS, query)
    if (same := unchanged(request, question)) is not None:
        return same
    on: date = query.on or (query.datetime.last if query.datetime else None) or today()
    look = Look(crs.storage(session).srid) if files.is_file(question) else question.look
    most = files.MOST_ITEMS if files.is_file(question) else question.limit
    found = coverage.street_parts(
        session,
        on=on,
        area=query.area,
        theme=query.theme,
        initiative=query.initiative,
        state=query.state,
        within=question.box,
        after=None if question.after is None else ("", question.after),
        limit=most + 1,
        srid=look.srid,
        flip=look.flipped,
    )
    if files.is_file(question):
        return files.streets_file(session, question, found, about=about(request))
    rows = [FeatureRow(one.id, None, street_feature(one)) for one in found]
    what = (on, query.area, query.theme, query.initiative, query.state)
    counts: Counts = request.app.state.counts
    matched = counts.of(question, what, rows, lambda: _streets_counted(session, question, query, on))
    return page(request, question, rows, matched)


def _streets_counted(session: Session, question: Asked, query: StreetsQuery, on: date) -> int | None:
    inside = None if query.area is None else areas.ids_within(session, query.area)
    if not features.few_street_parts(session, area_ids=inside):
        return None
    totals = coverage.totals(session, on=on, area=query.area, theme=query.theme, within=question.box)
    wanted = set(StreetState) if query.initiative is None else set(coverage.STATES_OF[query.initiative])
    wanted &= set(StreetState) if query.state is None else {query.state}
    return sum(totals[state].parts for state in wanted)


def street_feature(found: StreetPartCoverage) -> str:
    """A street part with its state as the text of a GeoJSON feature."""
    properties = {
        "street_id": found.street_id,
        "name": found.name,
        "municipality": found.municipality,
        "neighbourhood": found.neighbourhood,
        "area_code": found.area_code,
        "length_m": round(found.length_m, 1),
        "covered_m": round(found.covered_m, 1),
        "share": round(found.share, 4),
        "state": str(found.state),
        "last_activity_on": found.last_activity_on and found.last_activity_on.isoformat(),
        "last_conversation_on": found.last_conversation_on and found.last_conversation_on.isoformat(),
        "addresses": found.addresses,
        "energy": round(found.energy, 3),
    }
    return feature_text(found.id, found.geometry, json.dumps(properties, ensure_ascii=False, separators=(",", ":")))
