"""`/conversations`: logging a conversation in a few taps, and where the coffee has been in "my streets".

For builders. What was recorded counts at once: the street part is "asked" in the next page and the next tile.
"""

from collections import Counter
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app import i18n, idempotency
from app.access import ConversationWriter
from app.csrf import FormGuard
from app.database import DbSession
from app.idempotency import Answer
from app.pages import reading, talk_form
from app.pages.talk_form import Typed
from app.parameters import today
from app.templating import render
from assets import browse, conversations, exports, my_streets
from assets.errors import NotAllowed, NotFound, Stale
from assets.exports import FileFormat
from assets.my_streets import MOST_LISTED, MyStreet
from assets.permissions import Permission, Viewer, holds
from maps import legend

Id = Annotated[int, Path(ge=1, lt=2**63)]

router = APIRouter(prefix="/conversations")

COOKIE = "my_area"
COOKIE_SECONDS = 365 * 24 * 3600
#: Streets offered before anything is typed, own conversations on the page, and conversations in a file.
MOST_RECENT, MOST_LATEST, MOST_IN_FILE = 6, 10, 50_000
#: The choice of no area at all.
EVERYWHERE = "all"
COLUMNS = ("id", "street", "area", "area_name", "held_on", "neighbours", "note", "mine")


@router.get("")
def page(request: Request, viewer: ConversationWriter, session: DbSession) -> Response:
    """The form, the viewer's own last conversations, and the streets of the area."""
    where = reading.readable(request.query_params.get("where", ""))
    return _page(request, session, viewer, Typed(where=where), notice=_notice(request, session, viewer))


@router.post("")
def add(request: Request, viewer: ConversationWriter, form: FormGuard, session: DbSession) -> Response:
    """Record a conversation; back to the page, which says so."""
    typed = talk_form.typed(form)
    area = _area(request, session, viewer)

    def work() -> Answer:
        draft = talk_form.draft(session, typed, area=area)
        added = conversations.add(session, draft, by=viewer, today=today())
        return Answer(303, {"Location": f"/conversations?saved={added.id}"}, "")

    try:
        key = idempotency.the_key(typed.key or None)
        with session.begin_nested():  # a form that is refused leaves its key free
            answer = idempotency.once(session, viewer, key, idempotency.fingerprint(request, typed.print()), work)
    except talk_form.Refused as refused:
        return _page(request, session, viewer, replace(typed, faults=refused.faults, choices=refused.choices))
    response = answer.response()
    if COOKIE not in request.cookies:  # the area of the page stays: a first conversation chooses no other by itself
        _remember(request, response, area or EVERYWHERE)
    return response


@router.get("/streets")
def streets(request: Request, viewer: ConversationWriter, session: DbSession) -> JSONResponse:  # noqa: ARG001
    """Streets of this name anywhere, or those that look like it: for searching beyond the streets of the area."""
    name = reading.readable(request.query_params.get("q", ""))
    found = my_streets.choices(session, name) if len(name) > 1 else []
    body = [{"where": f"{one.street_id}/", "name": one.name, "place": one.place} for one in found]
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.get("/download")
def download(request: Request, viewer: ConversationWriter, session: DbSession) -> Response:
    """All conversations in the area as a file; of others it does not say who they are."""
    file_format = FileFormat(request.query_params["f"]) if request.query_params.get("f") in ("csv", "xlsx") else None
    if file_format is None:
        raise NotFound("There is no download in this format.")
    area = _area(request, session, viewer)
    rows = my_streets.in_area(session, area, by=viewer, limit=MOST_IN_FILE)
    speaker = i18n.translator(i18n.choose(request))
    body = exports.written(
        [{name: value for name, value in asdict(row).items() if name in COLUMNS} for row in rows],
        file_format=file_format,
        columns=COLUMNS,
        layer="conversations",
        srid=28992,
        about={speaker.gettext("Date"): today().isoformat(), speaker.gettext("Source"): "Vuurtoren"},
    )
    name = f"conversations-{area or EVERYWHERE}-{today()}.{file_format.value}"
    return Response(
        body,
        media_type=exports.MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/{conversation_id}")
def one(request: Request, conversation_id: Id, viewer: ConversationWriter, session: DbSession) -> HTMLResponse:
    """The form with one's own conversation in it, for changing it or taking it away."""
    own = my_streets.spoken(session, conversation_id, by=viewer)
    if own is None:
        conversations.own(session, conversation_id, by=viewer)  # says whether it is not there or someone else's
        raise NotFound("There is no conversation with the number {id}.", id=conversation_id)
    return _one(request, session, viewer, conversation_id, talk_form.of(own))


@router.post("/{conversation_id}")
def change(
    request: Request, conversation_id: Id, viewer: ConversationWriter, form: FormGuard, session: DbSession
) -> Response:
    """Change one's own conversation."""
    typed = talk_form.typed(form)
    try:
        draft = talk_form.draft(session, typed, area=None)
        conversations.change(session, conversation_id, draft, by=viewer, today=today())
    except talk_form.Refused as refused:
        told = replace(typed, faults=refused.faults, choices=refused.choices)
        return _one(request, session, viewer, conversation_id, told)
    return RedirectResponse(f"/conversations?saved={conversation_id}", status_code=303)


@router.post("/{conversation_id}/remove")
def remove(conversation_id: Id, viewer: ConversationWriter, form: FormGuard, session: DbSession) -> Response:  # noqa: ARG001
    """Take one's own conversation away; the page that follows offers to undo it."""
    conversations.remove(session, conversation_id, by=viewer)
    return RedirectResponse(f"/conversations?removed={conversation_id}", status_code=303)


@router.post("/{conversation_id}/undo")
def undo(conversation_id: Id, viewer: ConversationWriter, form: FormGuard, session: DbSession) -> Response:
    """Undo the last change of one's own conversation, whatever it was."""
    number = str(form.get("change", ""))
    change_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    try:
        left = conversations.undo(session, conversation_id, by=viewer, change_id=change_id)
    except Stale:
        return RedirectResponse(f"/conversations?again={conversation_id}", status_code=303)
    what = "undone" if left is not None else "removed"
    return RedirectResponse(f"/conversations?{what}={conversation_id}", status_code=303)


# --- the page ---


def _page(
    request: Request, session: Session, viewer: Viewer, typed: Typed, *, notice: dict[str, Any] | None = None
) -> HTMLResponse:
    from maps import my_streets as my_map

    speaker = i18n.translator(i18n.choose(request))
    on = today()
    area = _area(request, session, viewer)
    found = my_streets.of_area(session, area, by=viewer, on=on)
    too_many = len(found) > MOST_LISTED
    listed = [] if too_many else found
    chosen = browse.area(session, area) if area else None
    names = Counter(one.part.name for one in listed)
    doubled = {name for name, times in names.items() if times > 1}
    asked = sorted((one for one in listed if one.asked), key=lambda one: (one.last_on, one.part.name), reverse=True)
    context = {
        "map": my_map.parts(),
        "sprite": legend.sprite(),
        "hosts": bool(viewer.roles) and holds(viewer, Permission.table_open),
        "viewer": viewer,
        "typed": typed,
        "today": on,
        "recent": _offered(listed, typed, latest := my_streets.latest(session, by=viewer, limit=MOST_LATEST)),
        "latest": latest,
        "notice": notice,
        "area": area,
        "place": chosen.name if chosen else None,
        "areas": reading.area_options(session, area, speaker),
        "too_many": too_many,
        "streets": listed,
        "asked": asked,
        "unasked": [one for one in listed if one.last_on is None],
        "faded": [one for one in listed if not one.asked and one.last_on is not None],
        "where": talk_form.where,
        "doubled": doubled,
        "settings": {
            "words": _script_words(speaker),
            "bounds": reading.leaflet_bounds(reading.bounds(session, area, viewer.community_id)),
            "tiles": {"theme": "any", "on": on.isoformat()},
            "area": area,
            "streets": [_for_script(one, doubled) for one in listed],
        },
    }
    status = 400 if typed.faults else 200
    response = render(request, "conversations.html", context | reading.frame(session), status=status)
    if request.method == "GET" and (wish := request.query_params.get("area")) and wish in (area, EVERYWHERE):
        _remember(request, response, wish)
    return response


def _remember(request: Request, response: Response, area: str) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, area, max_age=COOKIE_SECONDS, path="/conversations", samesite="lax", httponly=True, secure=secure
    )


def _one(request: Request, session: Session, viewer: Viewer, conversation_id: Id, typed: Typed) -> HTMLResponse:
    context = {
        "conversation_id": conversation_id,
        "viewer": viewer,
        "typed": typed,
        "today": today(),
        "recent": [],
        "settings": {"words": _script_words(i18n.translator(i18n.choose(request))), "streets": []},
    }
    status = 400 if typed.faults else 200
    return render(request, "conversation.html", context | reading.frame(session), status=status)


def _area(request: Request, session: Session, viewer: Viewer) -> str | None:
    """Code of the area where the viewer works: as chosen now, as chosen before, or where most conversations were."""
    for wish in (request.query_params.get("area"), request.cookies.get(COOKIE)):
        if wish == EVERYWHERE:
            return None
        if wish:
            try:
                return browse.area(session, reading.readable(wish)[:40]).code
            except NotFound:
                continue
    return my_streets.home_area(session, by=viewer)


def _offered(listed: list[MyStreet], typed: Typed, latest: list[my_streets.Spoken]) -> list[talk_form.Offered]:
    """Streets to choose from at once: what was chosen, what the name that was typed may mean, and the last ones."""
    found: dict[str, talk_form.Offered] = {}
    for one in typed.choices:
        found[f"{one.street_id}/"] = talk_form.Offered(f"{one.street_id}/", one.name, one.place)
    known = {talk_form.where(one.part): one for one in listed}
    if typed.where in known:
        found[typed.where] = talk_form.Offered(typed.where, known[typed.where].part.name, None)
    for said in latest:
        value = f"{said.street_id}/{said.area or ''}"
        if len(found) < MOST_RECENT + len(typed.choices):
            found.setdefault(value, talk_form.Offered(value, said.street, None))
    return list(found.values())


def _for_script(one: MyStreet, doubled: set[str]) -> dict[str, Any]:
    """A street of the area for the script that searches and measures distances on the phone itself."""
    told = {"id": one.part.id, "where": talk_form.where(one.part), "name": one.part.name, "line": one.line}
    return told | ({"more": one.part.neighbourhood} if one.part.name in doubled else {})


def _notice(request: Request, session: Session, viewer: Viewer) -> dict[str, Any] | None:
    """What was just done, for the line on top of the page, with the change that can be undone."""
    for what in ("saved", "removed", "undone", "again"):
        number = request.query_params.get(what, "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            continue
        spoken = my_streets.spoken(session, int(number), by=viewer)
        try:
            change = conversations.last_change(session, int(number), by=viewer)
        except (NotFound, NotAllowed):
            return None
        return {"what": what, "id": int(number), "spoken": spoken, "change": change.id, "street": change.street}
    return None


def _script_words(speaker: i18n.Translator) -> dict[str, Any]:
    say = speaker.gettext
    return {
        "map": say("Map of my streets"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "found": say("{count} streets found. Choose one."),
        "foundOne": say("1 street found. Choose it."),
        "foundNone": say("No street of that name here. Save it all the same: we then look in other neighbourhoods."),
        "near": say("The streets nearest to you stand on top. Where you are does not leave your phone."),
        "nowhere": say("Your phone does not tell where you are. Type the name of the street."),
        "far": say("You are not near one of these streets. Type the name of the street."),
        "distance": say("{count} m"),
        "fewer": say("One neighbour fewer"),
        "more": say("One neighbour more"),
    }
