"""`/streets`: where neighbours care for their street, and where there is still room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from cachetools import TTLCache
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import database, i18n, words
from app.access import AnyViewer
from app.database import PublicSession
from app.pages import reading
from app.pages.street_question import EDGE, SORTS, Question, dates, heading, question
from app.templating import address, render
from assets import browse, coverage, crs, exports, sharing, street_details
from assets.coverage import StateTotal, StreetPartCoverage
from assets.errors import NotAllowed, NotFound, TooLarge
from assets.exports import FileFormat
from assets.permissions import Permission, Viewer, holds
from assets.street_details import Looked
from assets.vocabulary import AreaKind, Initiative, StreetState
from maps import legend

router = APIRouter()

#: Streets on one page of the table.
PAGE = 50
#: Up to so many streets the table can be sorted by any column; of more, only in the order of their names.
MOST_SORTED = 5000
#: Lines about what communities do not share, on the page; the files hold all.
MOST_WITHHELD = 12
#: Streets in one file at most: several large cities.
MOST_DOWNLOADED = 50_000
#: The bar that shows how the metres are divided is drawn in so many units.
BAR = 1000
API = "/api/v1/collections/streets/items"


@router.get("/streets")
def streets(request: Request, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The page of streets: the question, the totals, the table and the map; or its other view.

    Analysts see how much happened in each street too, as far as communities share that.
    """
    if request.query_params.get("view") == EDGE:
        from app.pages import growth_edge  # it asks the same question, with the functions of this module

        return growth_edge.page(request, session)
    from maps import room

    speaker = i18n.translator(i18n.choose(request))
    asked = question(request)
    area = browse.area(session, asked.area) if asked.area else None
    totals = _totals(session, asked)
    table = _table(session, asked, totals)
    looked = _details(request, viewer, asked, table.rows)
    shown = columns(request, asked, table, speaker, area, details=looked is not None)
    everywhere = reading.leaflet_bounds(reading.bounds(session, None))
    chosen = reading.leaflet_bounds(reading.bounds(session, asked.area)) if area else None
    context = {
        "map": room.parts(),
        "sprite": legend.sprite(),
        "asked": asked,
        "place": area.name if area else None,
        "areas": reading.area_options(session, asked.area, speaker),
        "initiatives": [Initiative.none, Initiative.any, None],
        "dates": dates(asked, speaker),
        "totals": totals,
        "bar": bar(totals),
        "table": table,
        "looked": looked,
        "untold": sharing.untold(session, asked.area),
        "most_withheld": MOST_WITHHELD,
        "heading": heading(asked, area.name if area else None, speaker),
        "columns": shown,
        "shown": {column.key for column in shown},
        "state_links": {state: _state_link(request, asked, state) for state in StreetState},
        "pages": _pages(request, asked, table),
        "tabs": tabs(request, edge=False),
        "downloads": {ending.value: f"/streets/download?{_query(asked, f=ending.value)}" for ending in FileFormat},
        "api": f"{API}?{_query(asked)}",
        "settings": {
            "words": script_words(speaker),
            "bounds": chosen or everywhere,
            "everywhere": everywhere,
            "tiles": {"theme": asked.theme.value if asked.theme else "any", "on": asked.on.isoformat()},
            "area": asked.area,
        },
    }
    answer = render(request, "streets.html", context | reading.frame(session))
    if looked is not None:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _details(
    request: Request, viewer: Viewer, asked: Question, rows: Sequence[StreetPartCoverage], *, as_file: bool = False
) -> Looked | None:
    """What analysts see of these streets beyond the map, written down as a look; None for everybody else.

    Of another municipality, or of everywhere at once, an analyst of one municipality sees what everyone sees.
    """
    if not holds(viewer, Permission.street_detail_read):
        return None
    ids = [row.id for row in rows]
    try:
        with database.transaction(database.of(request).sessions) as session:
            return street_details.look(session, viewer, ids=ids, area=asked.area, on=asked.on, as_file=as_file)
    except NotAllowed:
        return None


@router.get("/streets/download")
def download(request: Request, session: PublicSession, viewer: AnyViewer) -> Response:
    """The whole answer as a file: CSV, Excel, GeoPackage or GeoJSON; with more columns for analysts."""
    asked = question(request)
    try:
        file_format = FileFormat(request.query_params.get("f", ""))
    except ValueError:
        raise NotFound("There is no download in this format.") from None
    if request.query_params.get("view") == EDGE:
        from app.pages import growth_edge

        return growth_edge.download(request, session, file_format)
    srid = crs.storage(session).srid
    rows = coverage.street_parts(
        session,
        on=asked.on,
        area=asked.area,
        theme=asked.theme,
        initiative=None if asked.state is not None else asked.initiative,
        state=asked.state,
        by_name=True,
        limit=MOST_DOWNLOADED + 1,
        srid=srid if file_format in (FileFormat.gpkg, FileFormat.geojson) else None,
    )
    if len(rows) > MOST_DOWNLOADED:
        raise TooLarge("This is more than {most} streets; choose an area.", most=MOST_DOWNLOADED)
    records = exports.street_records(rows)
    names: tuple[str, ...] = exports.STREET_COLUMNS
    about: dict[str, str] = {}
    looked = _details(request, viewer, asked, rows, as_file=True)
    if looked is not None:
        records = [record | looked.record(record["id"]) for record in records]
        names = (*names, *street_details.DETAIL_COLUMNS)
        about = reading.withheld_about(looked.withheld, i18n.translator(i18n.choose(request)))
    return file_answer(request, session, asked, records, names, file_format, layer="streets", about=about)


def file_answer(
    request: Request,
    session: Session,
    asked: Question,
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    file_format: FileFormat,
    *,
    layer: str,
    about: Mapping[str, str] | None = None,
) -> Response:
    """Records as a file with the question and `about` beside them; its name tells view, area, theme and date."""
    speaker = i18n.translator(i18n.choose(request))
    area = browse.area(session, asked.area) if asked.area else None
    body = exports.written(
        records,
        file_format=file_format,
        columns=columns,
        layer=layer,
        srid=crs.storage(session).srid,
        about={
            speaker.gettext("Question"): heading(asked, area.name if area else None, speaker),
            speaker.gettext("Date"): asked.on.isoformat(),
            **(about or {}),
            speaker.gettext("Source"): " · ".join(("Vuurtoren", *browse.attributions(session))),
        },
    )
    theme = asked.theme.value if asked.theme else "any"
    code = "".join(sign for sign in asked.area or "" if sign.isalnum() and sign.isascii())
    name = "-".join(part for part in (layer.replace("_", "-"), code, theme, asked.on.isoformat()) if part)
    return Response(
        body,
        media_type=exports.MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format.value}"',
            "Cache-Control": "no-store",
        },
    )


# --- the answer ---


@dataclass(frozen=True)
class Table:
    """One page of the table.

    Attributes:
        found: how many streets there are in all.
        sortable: whether any column can be sorted by; not for a whole country.
    """

    rows: list[StreetPartCoverage]
    found: int
    sortable: bool


_kept: TTLCache[Any, Any] = TTLCache(maxsize=24, ttl=30)
_keeping = Lock()


def _totals(session: Session, asked: Question) -> dict[StreetState, StateTotal]:
    key = ("totals", session.get_bind().engine.url, browse.data_version(session), asked.area, asked.theme, asked.on)
    with _keeping:
        kept: dict[StreetState, StateTotal] | None = _kept.get(key)
    if kept is None:
        kept = coverage.totals(session, on=asked.on, area=asked.area, theme=asked.theme)
        with _keeping:
            _kept[key] = kept
    return kept


def _states(asked: Question) -> tuple[StreetState, ...]:
    if asked.state is not None:
        return (asked.state,)
    return tuple(StreetState) if asked.initiative is None else coverage.STATES_OF[asked.initiative]


def _table(session: Session, asked: Question, totals: dict[StreetState, StateTotal]) -> Table:
    found = sum(totals[state].parts for state in _states(asked))
    sortable = found <= MOST_SORTED
    initiative = None if asked.state is not None else asked.initiative
    by_name = asked.sort == "name" and not asked.descending
    # In name order the database gives the pages so far and no more; of a whole country there are few of them (_pages).
    limit = PAGE * (asked.page if sortable else min(asked.page, 20)) if by_name or not sortable else None
    rows = coverage.street_parts(
        session, on=asked.on, area=asked.area, theme=asked.theme, initiative=initiative, state=asked.state,
        by_name=True, limit=limit,
    )  # fmt: skip
    if sortable and not by_name:
        rows = sorted(rows, key=SORTS[asked.sort], reverse=asked.descending)
    start = (asked.page - 1) * PAGE
    return Table(rows[start : start + PAGE], found, sortable)


def bar(totals: dict[StreetState, StateTotal]) -> list[tuple[StreetState, float, float]]:
    """State, where its piece of the bar begins and how wide it is, in BAR units by metres."""
    whole = sum(total.length_m for total in totals.values()) or 1
    pieces, at = [], 0.0
    for state, total in totals.items():
        width = total.length_m / whole * BAR
        pieces.append((state, round(at, 1), round(width, 1)))
        at += width
    return pieces


# --- the controls ---


@dataclass(frozen=True)
class Column:
    """A column with the address that sorts by it, and how it is sorted now."""

    key: str
    name: str
    href: str | None
    sorted: str | None


def columns(
    request: Request | None,
    asked: Question,
    table: Table,
    speaker: i18n.Translator,
    area: browse.AreaChoice | None,
    *,
    details: bool = False,
) -> list[Column]:
    """The columns that tell something here: no neighbourhood inside one, no addresses where none is known.

    With a request each column has the address that sorts by it; but that of `details`, which are counted for the rows
    of this page only.
    """
    say = speaker.gettext
    names = {
        "name": say("Street"),
        "neighbourhood": say("Neighbourhood"),
        "length": say("Length"),
        "addresses": say("Addresses"),
        "state": say("State"),
        "activity": say("Last activity"),
        "conversation": say("Last conversation"),
    }
    one_place = area is not None and area.kind is AreaKind.neighbourhood
    if one_place or all(row.neighbourhood is None for row in table.rows):
        del names["neighbourhood"]
    if all(row.addresses is None for row in table.rows):
        del names["addresses"]
    found = []
    for key, name in names.items():
        current = asked.sort == key
        order = ("descending" if asked.descending else "ascending") if current else None
        turned = f"-{key}" if current and not asked.descending else key
        href = address(request, sort=turned, page=None) if request is not None and table.sortable else None
        found.append(Column(key, name, href, order))
    if details:
        found.append(Column("details", say("In 12 months"), None, None))
    return found


def _state_link(request: Request, asked: Question, state: StreetState) -> str:
    """Choosing a state shows only that one; choosing it again shows the answer to the sentence."""
    return address(request, state=None if asked.state is state else state.value, page=None)


@dataclass(frozen=True)
class Tab:
    """One of the two views of the streets."""

    name: str
    href: str
    chosen: bool


def tabs(request: Request, *, edge: bool) -> list[Tab]:
    """The two views of the same streets: all with their state, and where a neighbour could join in."""
    say = i18n.translator(i18n.choose(request)).gettext
    only_here = {"initiative": None, "state": None, "sort": None, "page": None}
    return [
        Tab(say("Streets and their state"), address(request, view=None, **only_here), not edge),
        Tab(say("Where a neighbour could join in"), address(request, view=EDGE, **only_here), edge),
    ]


@dataclass(frozen=True)
class Pages:
    """Addresses of the neighbouring pages of the table."""

    before: str | None
    after: str | None
    first: int
    last: int


def _pages(request: Request, asked: Question, table: Table) -> Pages:
    first = (asked.page - 1) * PAGE + 1
    last = first + len(table.rows) - 1
    more = last < table.found and (table.sortable or asked.page < 20)
    return Pages(
        before=address(request, page=asked.page - 1 if asked.page > 2 else None) if asked.page > 1 else None,
        after=address(request, page=asked.page + 1) if more and table.rows else None,
        first=first if table.rows else 0,
        last=max(last, 0),
    )


def _query(asked: Question, **more: str) -> str:
    """The same question in the parameters of the API, whatever the order and the page of the table."""
    parameters = {
        **more,
        "theme": asked.theme.value if asked.theme else "any",
        "initiative": asked.initiative.value if asked.initiative and asked.state is None else None,
        "state": asked.state.value if asked.state else None,
        "area": asked.area,
        "on": None if asked.is_today else asked.on.isoformat(),
    }
    # without any filter on initiatives the page means all, while its own address means none
    if parameters["initiative"] is None and more:
        parameters["initiative"] = "all"
    return urlencode({name: value for name, value in parameters.items() if value}, safe=":/,")


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that our scripts put on the page."""
    say = speaker.gettext
    return {
        "map": say("Map of the streets"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "close": say("Close"),
        "copied": say("The link has been copied."),
        "length": say("{count} metres long"),
        "inArea": say("in {area}"),
        "addresses": say("{count} addresses"),
        "caredFor": say("neighbours care for {count} metres of it"),
        "lastActivity": say("last activity on {date}"),
        "lastConversation": say("last conversation on {date}"),
        "tryAgain": say("The streets could not be fetched. Try again in a moment."),
        "inList": say("Show in the table"),
        "states": {state.value: say(word) for state, word in words.STATE.items()},
    }
