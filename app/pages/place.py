"""What the script of the where-step asks: streets by name, one street with its corners, and what was chosen so far.

No place of a person stands in an address: where someone is, is sent as a form, looked up and forgotten.
"""

from typing import Any

import shapely
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from app import i18n
from app.csrf import FormGuard, words
from app.database import DbSession, PublicSession
from app.pages import place_fields, place_reading, reading
from app.pages.place_reading import ID, Block
from app.templating import environment
from assets import crs, places, street_choice
from assets.crs import WGS84
from assets.errors import Invalid, NotFound
from assets.street_choice import Found
from assets.street_way import StreetLine
from assets.vocabulary import AssetKind

router = APIRouter()
Numbers = list[float]


@router.get("/pin/streets")
def search(request: Request, session: PublicSession) -> JSONResponse:
    """Streets and areas that look like what was typed, the best first."""
    speaker = i18n.translator(i18n.choose(request))
    found, _number = place_reading.with_number(session, reading.readable(request.query_params.get("q", "")))
    return JSONResponse({"found": [_found(session, one, speaker) for one in found]})


def _found(session: Session, found: Found, speaker: i18n.Translator) -> dict[str, Any]:
    choice = place_fields.choice(found, speaker)
    answer: dict[str, Any] = {"value": choice.value, "name": choice.name, "more": choice.more, "area": found.area}
    if found.street_id is None and found.area is not None:
        answer["bounds"] = reading.leaflet_bounds(reading.bounds(session, found.area))
    return answer


@router.get("/pin/streets/{street_id}")
def street(request: Request, session: PublicSession, street_id: str) -> JSONResponse:
    """One street to choose a stretch of: its lines, corners and fields; `number` says the which of the form it is."""
    return _street(request, session, _number(street_id))


@router.get("/pin/street-parts/{street_part_id}")
def street_of_part(request: Request, session: PublicSession, street_part_id: str) -> JSONResponse:
    """The same, of the street that a part on the map belongs to."""
    return _street(request, session, street_choice.of_part(session, _number(street_part_id)))


def _number(text: str) -> int:
    if not ID.fullmatch(text):
        raise NotFound("There is no street with the number {street_id}.", street_id=text[:20])
    return int(text)


def _street(request: Request, session: Session, street_id: int) -> JSONResponse:
    language = i18n.choose(request)
    speaker = i18n.translator(language)
    line = street_choice.street_line(session, street_id)
    asked = request.query_params.get("number", "1")
    number = int(asked) if ID.fullmatch(asked[:2]) and len(asked) < 3 else 1
    fields = place_fields.renumbered(place_fields.street_fields(line, Block(1, {}), speaker), number)
    page = environment(language).get_template("place_street.html")
    return JSONResponse(
        {
            "id": line.street_id,
            "name": line.name,
            "metres": round(line.length_m, 1),
            "closed": line.closed,
            "middle": _degrees(session, line.middle()),
            "edges": _edges(session, line),
            "corners": [
                {"key": corner.key, "label": end.label, "node": corner.node}
                for corner, end in zip(line.corners, place_fields.end_words(line, speaker), strict=False)
            ],
            "fields": page.render(street=fields, number=number, wrong={}),
        }
    )


def _edges(session: Session, line: StreetLine) -> list[dict[str, Any]]:
    srid = crs.storage(session).srid
    degrees = crs.transform(shapely.MultiLineString([edge.line for edge in line.edges]), srid, WGS84)
    return [
        {"a": edge.a, "b": edge.b, "gap": edge.gap, "line": [[round(x, 7), round(y, 7)] for x, y in moved.coords]}
        for edge, moved in zip(line.edges, degrees.geoms, strict=True)
    ]


def _degrees(session: Session, point: shapely.Point) -> Numbers:
    moved = crs.transform(point, crs.storage(session).srid, WGS84)
    return [round(moved.x, 6), round(moved.y, 6)]


@router.post("/pin/here")
def here(session: PublicSession, form: FormGuard) -> JSONResponse:
    """The neighbourhood of a place and the street there, when a person may be shown by it; the place is not kept."""
    try:
        point = place_reading.coordinates(place_reading.Given(form), crs.storage(session))
    except Invalid:
        return JSONResponse({"area": None, "street": None})
    found = street_choice.here(session, point)
    if found.area is None:
        return JSONResponse({"area": None, "street": None})
    near = street_choice.street(session, found.street_id) if found.street_id is not None else None
    shown = {"id": near.street_id, "name": near.name} if near is not None and near.shows_person else None
    return JSONResponse({"area": {"code": found.area, "name": found.area_name}, "street": shown})


@router.post("/pin/place")
def preview(request: Request, form: FormGuard, session: DbSession) -> JSONResponse:
    """What the fields of this step say now: a point, stretches, or what is shown of a person; or what is wrong.

    Reads only. It finds house numbers, which visitors have no list of.
    """
    speaker = i18n.translator(i18n.choose(request))
    typed = place_reading.Given(form)
    kind = words(form, "kind")
    if kind not in set(AssetKind):
        return JSONResponse({"faults": {}})
    try:
        draft = place_fields.read(typed, AssetKind(kind), session)
        place = places.resolve(session, AssetKind(kind), draft)
    except Invalid as refused:
        return JSONResponse({"faults": {one.pointer: speaker.fault(one) for one in refused.faults}})
    if kind == AssetKind.person:
        says, area = place_fields.seen(session, draft, speaker), draft.area
        known = street_choice.street_line(session, place.street_id) if place.street_id is not None else None
        lines = [edge["line"] for edge in _edges(session, known) if not edge["gap"]] if known is not None else []
        shape = street_choice.area_shape(session, area) if area and not lines else None
        degrees = crs.transform(shape, crs.storage(session).srid, WGS84) if shape is not None else None
        outline = shapely.geometry.mapping(degrees) if degrees is not None else None
        return JSONResponse({"says": says, "outline": outline, "lines": lines})
    srid = crs.storage(session).srid
    if kind == AssetKind.street_initiative:
        stretches = [(one.street_id, crs.transform(one.geom, srid, WGS84), one.length_m) for one in place.stretches]
        return JSONResponse(
            {
                "stretches": [
                    {"street": street_id, "metres": round(metres), "lines": _lines(shape)}
                    for street_id, shape, metres in stretches
                ]
            }
        )
    says = speaker.gettext(place_reading.MIDDLE) if place_reading.in_the_middle(typed, session) else ""
    point = _degrees(session, place.geom) if isinstance(place.geom, shapely.Point) else None
    return JSONResponse({"point": point, "says": says})


def _lines(shape: Any) -> list[list[Numbers]]:
    return [[[round(x, 7), round(y, 7)] for x, y in line.coords] for line in shapely.get_parts(shape)]
