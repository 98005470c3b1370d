"""`/lookups`: who is looking. What people of the municipality looked at beyond the public map, for everybody."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from app import database, i18n
from app.access import AnyViewer
from app.database import PublicSession
from app.pages import reading
from app.templating import render
from assets import browse, lookups
from assets.errors import Fault, Invalid
from assets.lookups import Look, Month
from assets.permissions import Permission, Viewer, holds
from assets.recurrence import HOME_ZONE
from assets.vocabulary import LookupKind

router = APIRouter()
#: Looks on one page.
PAGE = 50


@dataclass(frozen=True)
class MonthOfLooks:
    """A month: its looks on this page, and how often anybody looked in all of it, in words."""

    first: date
    times: list[str]
    looks: list[Look]


@router.get("/lookups")
def lookups_page(request: Request, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The looks, newest first; who is of a community sees the names too."""
    speaker = i18n.translator(i18n.choose(request))
    code, what, before = _asked(request, speaker)
    found, months = _found(request, session, viewer, code, what, before)
    more = {"area": code, "what": what and what.value}
    onward = lookups.place_told(lookups.place_after(found[:PAGE], before)) if len(found) > PAGE else None
    context = {
        "viewer": viewer,
        "months": _by_month(found[:PAGE], months, speaker),
        "area": None if code is None else browse.area(session, code),
        "areas": reading.area_options(session, code, speaker),
        "what": what,
        "kinds": {kind: _of_kind(kind, speaker) for kind in LookupKind},
        "filtered": bool(code or what),
        "later": before is not None,
        "named": holds(viewer, Permission.lookup_name),
        "next": None if onward is None else f"/lookups?{_query(**more, before=onward)}",
        "newest": f"/lookups?{_query(**more)}" if code or what else "/lookups",
        **reading.frame(session),
    }
    answer = render(request, "lookups.html", context)
    answer.headers["Cache-Control"] = "no-store" if context["named"] else "no-cache"
    return answer


def _found(
    request: Request,
    session: Session,
    viewer: Viewer,
    code: str | None,
    what: LookupKind | None,
    before: tuple[datetime, int] | None,
) -> tuple[list[Look], list[Month]]:
    """The looks of a page and one more, and all months; names only as the service itself."""
    months = lookups.months(session, area=code, what=what)
    if not holds(viewer, Permission.lookup_name):
        return lookups.looks(session, area=code, what=what, before=before, limit=PAGE + 1), months
    with database.of_viewer(request) as own:
        return lookups.looks(own, area=code, what=what, before=before, limit=PAGE + 1, names=True), months


def _asked(
    request: Request, speaker: i18n.Translator
) -> tuple[str | None, LookupKind | None, tuple[datetime, int] | None]:
    """The area, what was looked at, and where the page begins; Invalid for what cannot be read."""
    query = request.query_params
    faults = []
    what = query.get("what", "")
    if what not in {"", *LookupKind}:
        faults.append(Fault("what", speaker.gettext("This is not one of the choices.")))
    before = lookups.read_place(query["before"]) if query.get("before") else None
    if before is None and query.get("before"):
        faults.append(Fault("before", speaker.gettext("No page begins here; start at the newest.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    return reading.readable(query.get("area", ""))[:40] or None, LookupKind(what) if what else None, before


def _by_month(found: list[Look], months: list[Month], speaker: i18n.Translator) -> list[MonthOfLooks]:
    """The looks of a page under the months in which they were; a month without any on this page is left out."""
    grouped: dict[date, list[Look]] = {}
    for look in found:
        here = replace(look, at=look.at.astimezone(HOME_ZONE))
        grouped.setdefault(here.at.date().replace(day=1), []).append(here)
    totals = {month.first: month.times for month in months}
    return [
        MonthOfLooks(first, [_times(kind, n, speaker) for kind, n in totals.get(first, {}).items()], looks)
        for first, looks in grouped.items()
    ]


def _times(kind: LookupKind, count: int, speaker: i18n.Translator) -> str:
    """How often, in words."""
    say = speaker.ngettext
    told = {
        LookupKind.plan: say("%(num)s time at a plan", "%(num)s times at a plan", count),
        LookupKind.streets: say("%(num)s time at details of streets", "%(num)s times at details of streets", count),
        LookupKind.person: say(
            "%(num)s time at entries of neighbours", "%(num)s times at entries of neighbours", count
        ),
        LookupKind.export: say("%(num)s time at a file", "%(num)s times at a file", count),
    }[kind]
    return told % {"num": speaker.number(count)}


def _of_kind(kind: LookupKind, speaker: i18n.Translator) -> str:
    say = speaker.gettext
    return {
        LookupKind.plan: say("a plan"),
        LookupKind.streets: say("details of streets"),
        LookupKind.person: say("entries of neighbours"),
        LookupKind.export: say("a file"),
    }[kind]


def _query(**wanted: str | None) -> str:
    return urlencode({name: value for name, value in wanted.items() if value})
