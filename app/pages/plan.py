"""`/plan`: hours in, a list out. Service hours over streets, counting what neighbours do themselves.

It is for the municipality, and that somebody looked is written down and shown to all (assets/lookups.py).
"""

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import i18n
from app.access import AnyViewer, PlanReader, SignInFirst
from app.database import DbSession
from app.pages import plan_picture, reading
from app.parameters import FIRST_DATE, LAST_DATE, today
from app.templating import address, render
from assets import browse, crs, exports, plan, plan_files
from assets.answers import StreetPartAnswer
from assets.errors import Fault, Invalid, NotAllowed, NotFound
from assets.exports import FileFormat
from assets.permissions import Permission, Viewer, holds
from assets.plan import MOST_HOURS, MOST_MINIMUM, Changes, Plan, PlannedStreet
from assets.vocabulary import CARE_WEEKS, MunicipalAnswer, PlanReason

router = APIRouter()

#: Streets on one page of the table, changes that are shown, and streets below each answer; the files hold all.
PAGE = 50
MOST_CHANGES = 40
MOST_ANSWERED = 60
API = "/api/v1/plan"
FIELDS = ("hours", "minimum", "on", "since")
#: Reasons that are not of the street itself.
LEVEL_ONLY = {PlanReason.level_rose, PlanReason.level_fell}
#: Answers for streets that nobody is known to care for.
WITH_ROOM = {MunicipalAnswer.leave, MunicipalAnswer.extra_cleaning_and_invitation}
NUMBER = re.compile(r"\d{1,9}([.,]\d{1,9})?", re.ASCII)


@dataclass(frozen=True)
class Question:
    """What is asked: hours for an area, with a minimum, on a day, against an earlier day.

    `hours` and `area` are None when nobody asked anything yet; `since` is None when there is nothing to compare with.
    """

    area: str | None
    hours: float | None
    minimum: float
    on: date
    is_today: bool
    since: date | None
    page: int

    @property
    def complete(self) -> bool:
        """Whether there is enough to make a plan of."""
        return self.area is not None and self.hours is not None


def question(request: Request) -> Question:
    """What is asked in this address.

    Raises:
        Invalid: a number or day that cannot be read; the answer to another question would be worse than none.
    """
    query = request.query_params
    speaker = i18n.translator(i18n.choose(request))
    faults: list[Fault] = []
    hours = _number(query.get("hours", ""), "hours", MOST_HOURS, speaker, faults)
    minimum = _number(query.get("minimum", ""), "minimum", MOST_MINIMUM, speaker, faults)
    on = _day(query.get("on", ""), "on", speaker, faults) or today()
    since = _day(query.get("since", ""), "since", speaker, faults)
    if since is not None and since >= on:
        faults.append(Fault("since", speaker.gettext("The day to compare with lies before the day of the plan.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    if "since" not in query:  # nobody said anything about it: what the care of neighbours is reckoned over
        since = max(FIRST_DATE, on - timedelta(weeks=CARE_WEEKS)) if on > FIRST_DATE else None
    page = query.get("page", "1")
    return Question(
        area=reading.readable(query.get("area", ""))[:40] or None,
        hours=hours,
        minimum=minimum or 0.0,
        on=on,
        is_today=on == today(),
        since=since,
        page=int(page) if re.fullmatch(r"[1-9]\d{0,3}", page, re.ASCII) else 1,
    )


def _number(text: str, name: str, most: float, speaker: i18n.Translator, faults: list[Fault]) -> float | None:
    """A number as people write it, with a comma or a point."""
    text = text.strip()
    if not text:
        return None
    value = float(text.replace(",", ".")) if NUMBER.fullmatch(text) else math.inf
    if value > most:
        told = speaker.gettext("This is a number of hours from 0 to %(most)s.") % {"most": speaker.number(most)}
        faults.append(Fault(name, told))
        return None
    return value


def _day(text: str, name: str, speaker: i18n.Translator, faults: list[Fault]) -> date | None:
    if not text.strip():
        return None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not FIRST_DATE <= found <= LAST_DATE:
        faults.append(Fault(name, speaker.gettext("This is no day between 1900 and 2200.")))
        return None
    return found


@router.get("/plan")
def the_plan(request: Request, viewer: AnyViewer, session: DbSession) -> HTMLResponse:
    """The page of the plan: the question, and the answer when it was asked; for others, what there is for them."""
    if viewer.token_id is None and not viewer.signed_in:
        raise SignInFirst()
    why: NotAllowed | None = None
    answer: HTMLResponse | None = None
    if holds(viewer, Permission.plan_read):
        try:
            answer = _page(request, session, viewer)
        except NotAllowed as refused:  # of this area
            why = refused
    if answer is None:
        told = None if why is None else i18n.translator(i18n.choose(request)).error(why)
        context = {"viewer": viewer, "why": told, **reading.frame(session)}
        answer = render(request, "plan_for_whom.html", context, status=403)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(request: Request, session: Session, viewer: Viewer) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    context: dict[str, Any] = {"found": None, "empty": None, "faults": {}, "viewer": viewer}
    try:
        asked = question(request)
    except Invalid as refused:
        # what was typed stays in the form, with what is wrong beside it
        code = reading.readable(request.query_params.get("area", ""))[:40] or None
        context |= {
            "faults": {fault.pointer: speaker.fault(fault) for fault in refused.faults},
            "area": code,
            "areas": reading.area_options(session, code, speaker),
            "typed": {name: reading.readable(request.query_params.get(name, "")) for name in FIELDS},
        }
        return render(request, "plan.html", context | reading.frame(session), status=400)
    context |= {
        "area": asked.area,
        "areas": reading.area_options(session, asked.area, speaker),
        "typed": {
            "hours": "" if asked.hours is None else speaker.plain(asked.hours),
            "minimum": speaker.plain(asked.minimum),
            "on": "" if asked.is_today else asked.on.isoformat(),
            "since": asked.since.isoformat() if asked.since else "",
        },
    }
    if asked.complete:
        try:
            found, changed = _answer(request, session, viewer, asked)
        except Invalid as refused:
            # an area without streets: said beside the form, so that another can be chosen
            if [fault.pointer for fault in refused.faults] != ["area"]:
                raise
            context["empty"] = browse.area(session, asked.area or "")
        else:
            context |= _shown(request, asked, found, changed)
    return render(request, "plan.html", context | reading.frame(session))


def _answer(
    request: Request, session: Session, viewer: Viewer, asked: Question, *, srid: int | None = None
) -> tuple[Plan, Changes | None]:
    settings = request.app.state.settings
    return plan.shown(
        session, viewer, area=asked.area or "", hours=asked.hours or 0.0, minimum=asked.minimum, on=asked.on,
        since=asked.since, as_file=srid is not None, srid=srid, thresholds=settings.litter,
        activity_hours=settings.activity_hours,
    )  # fmt: skip


@router.get("/plan/download")
def download(request: Request, viewer: PlanReader, session: DbSession) -> Response:
    """The whole plan as a file: CSV, Excel, GeoPackage or GeoJSON."""
    asked = question(request)
    try:
        file_format = FileFormat(request.query_params.get("f", ""))
    except ValueError:
        raise NotFound("There is no download in this format.") from None
    speaker = i18n.translator(i18n.choose(request))
    if not asked.complete:
        told = speaker.gettext("This is needed.")
        faults = [Fault(name, told) for name in ("area", "hours") if getattr(asked, name) is None]
        raise Invalid("The question cannot be read.", faults=faults)
    srid = crs.storage(session).srid
    found, changed = _answer(request, session, viewer, asked, srid=srid)
    body = exports.written(
        plan_files.records(found, changed),
        file_format=file_format,
        columns=plan_files.columns(changed),
        layer="plan",
        srid=srid,
        about=_about(found, changed, speaker, browse.attributions(session)),
    )
    code = "".join(sign for sign in found.area.code if sign.isalnum() and sign.isascii())
    name = "-".join(part for part in ("plan", code, found.on.isoformat()) if part)
    return Response(
        body,
        media_type=exports.MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format.value}"',
            "Cache-Control": "no-store",
        },
    )


def _about(found: Plan, changed: Changes | None, speaker: i18n.Translator, attributions: list[str]) -> dict[str, str]:
    """What the file is about, in words."""
    say = speaker.gettext
    told = {
        say("Area"): f"{found.area.name} ({found.area.code})",
        say("Date"): found.on.isoformat(),
        say("Hours a week"): f"{found.hours:g}",
        say("Minimum per 100 m"): f"{found.minimum:g}",
        say("Hours a week for the minimum"): f"{found.minimum_hours:g}",
        say("Average level"): f"{found.level:g}" if found.level is not None else say("not reached"),
        **reading.withheld_about(found.withheld, speaker),
        say("Source"): " · ".join(("Vuurtoren", *attributions)),
    }
    return told if changed is None else {**told, say("Compared with"): changed.earlier.on.isoformat()}


# --- what the page shows ---


@dataclass(frozen=True)
class AnswerRow:
    """One of the four answers: how many streets it is for, and the first of them by name.

    `untold` where there is none, but streets of which is not shared whether it is for them.
    """

    answer: MunicipalAnswer
    count: int
    streets: list[StreetPartAnswer]
    untold: bool = False


def _shown(request: Request, asked: Question, found: Plan, changed: Changes | None) -> dict[str, Any]:
    start = (asked.page - 1) * PAGE
    # where nothing of the street itself changed, the one sentence about the level says it
    own = [] if changed is None else [one for one in changed.streets if set(one.reasons) - LEVEL_ONLY]
    picture = plan_picture.picture(found)
    care_hours = math.fsum(one.care_hours for one in found.neighbourhoods)
    return {
        "found": found,
        "picture": picture,
        "rows": plan_picture.rows(found, found.streets[start : start + PAGE], picture.top),
        "before": address(request, page=asked.page - 1) if asked.page > 1 else None,
        "after": address(request, page=asked.page + 1) if start + PAGE < len(found.streets) else None,
        "first": start + 1,
        "last": min(start + PAGE, len(found.streets)),
        "care_hours": care_hours,
        "unshared": found.told(care_hours) is None,
        "on_minimum": sum(one.on_minimum for one in found.streets),
        "weighed": any(one.need != 1 for one in found.streets),
        "changed": changed,
        "changes": own[:MOST_CHANGES],
        "only_level": 0 if changed is None else len(changed.streets) - len(own),
        "more_changes": len(own) > MOST_CHANGES,
        "answers": _answers(found.streets),
        "not_shared": sum(one.found.state is None for one in found.streets),
        "unanswered": sum(one.found.answer is None and one.found.state is not None for one in found.streets),
        "no_sample": sum(one.found.sample is None for one in found.streets),
        "no_ambition": all(one.found.ambition is None for one in found.streets),
        "downloads": {ending.value: f"/plan/download?{_query(asked, f=ending.value)}" for ending in FileFormat},
        "api": f"{API}?{_query(asked)}",
    }


def _answers(streets: tuple[PlannedStreet, ...]) -> list[AnswerRow]:
    given: dict[MunicipalAnswer, list[StreetPartAnswer]] = {answer: [] for answer in MunicipalAnswer}
    for one in streets:
        if one.found.answer is not None:
            given[one.found.answer].append(one.found)
    silent = any(one.found.state is None for one in streets)
    return [
        AnswerRow(answer, len(found), found[:MOST_ANSWERED], silent and not found and answer in WITH_ROOM)
        for answer, found in given.items()
    ]


def _query(asked: Question, **more: str) -> str:
    """The same question in the parameters of the API and of a download."""
    parameters = {
        **more,
        "area": asked.area,
        "hours": f"{asked.hours:.9g}",
        "minimum": f"{asked.minimum:.9g}",
        "on": asked.on.isoformat(),
        "since": asked.since.isoformat() if asked.since else None,
    }
    # a download without anything about it would be compared all the same
    if asked.since is None and more:
        parameters["since"] = ""
    return urlencode({name: value for name, value in parameters.items() if value is not None}, safe=":/,")
