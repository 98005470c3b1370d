"""`/moderation`: what was suggested, as differences in words, accepted with one key or refused with a reason."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import csrf, i18n, thanks
from app.access import Moderator
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import difference_words, reading
from app.pages.difference_words import Difference
from app.parameters import LAST_ID, today
from app.templating import render
from assets import crs, history, inventory, photos, suggestions, table_evenings
from assets.errors import DomainError, Invalid, NotFound
from assets.geometry import from_geojson
from assets.merging import Clashing
from assets.permissions import Permission, Viewer, holds
from assets.recurrence import HOME_ZONE
from assets.suggested import Waiting
from assets.suggestions import Decided, Decision
from assets.vocabulary import SuggestionKind, SuggestionState
from maps import legend

router = APIRouter()
#: Suggestions on one page.
PAGE = 20
#: Why a suggestion is refused, to choose from; the words are those of the language of who suggested it.
REASONS = ("there_already", "not_right", "not_here", "no_consent", "other")


@dataclass(frozen=True)
class Shown:
    """A suggestion in words.

    Attributes:
        differences: what it changes, or all values of something new.
        clash: whether someone changed the same meanwhile, so that one must choose.
        nothing_new: whether the entry is like that already.
        since: when it was sent, in the time of the neighbourhood.
        map_link: where it is, or comes to be, on the map; None without a place.
        photo: the photo that comes with it.
    """

    waiting: Waiting
    differences: list[Difference]
    clash: bool
    nothing_new: bool
    since: datetime
    map_link: str | None
    photo: photos.Shown | None


@dataclass
class Trouble:
    """Why a decision was not taken: at which suggestion, in words, whether it was a refusal, and what was typed."""

    id: int
    says: str
    refusing: bool = False
    reason: str = ""
    words: str = ""
    done: str = ""


@router.get("/moderation")
def moderation_page(request: Request, session: DbSession, viewer: Moderator) -> HTMLResponse:
    """What waits, oldest first."""
    return _page(request, session, viewer)


@router.post("/moderation/{suggestion_id}/accept")
def accept(request: Request, suggestion_id: str, form: FormGuard, session: DbSession, viewer: Moderator) -> Response:
    """Take a suggestion over, or close it with what was done."""
    number = number_of(suggestion_id)
    done, take_off = csrf.words(form, "done"), bool(form.get("take_off"))
    try:
        with session.begin_nested():
            decision = suggestions.accept(session, number, by=viewer, done=done, take_off=take_off, today=today())
    except (Decided, Clashing, Invalid, NotFound) as refused:
        trouble = Trouble(number, _why(request, refused), done=done)
        return _page(request, session, viewer, trouble=trouble, status=_status(refused))
    return _decided(request, session, viewer, decision, csrf.words(form, "table", most=20))


@router.post("/moderation/{suggestion_id}/refuse")
def refuse(request: Request, suggestion_id: str, form: FormGuard, session: DbSession, viewer: Moderator) -> Response:
    """Refuse a suggestion, with a reason in the language of who suggested it."""
    number = number_of(suggestion_id)
    chosen, own = csrf.words(form, "reason"), csrf.words(form, "words")
    try:
        with session.begin_nested():
            waiting = suggestions.get(session, number, viewer)
            reason = reason_words(chosen, own, waiting.language)
            decision = suggestions.refuse(session, number, by=viewer, reason=reason)
    except (Decided, Invalid, NotFound) as refused:
        trouble = Trouble(number, _why(request, refused), refusing=True, reason=chosen, words=own)
        return _page(request, session, viewer, trouble=trouble, status=_status(refused))
    return _decided(request, session, viewer, decision, csrf.words(form, "table", most=20))


def refused_page(request: Request, session: Session, viewer: Viewer, number: int, refused: DomainError) -> HTMLResponse:
    """The queue with why a suggestion was not decided on."""
    trouble = Trouble(number, _why(request, refused))
    return _page(request, session, viewer, trouble=trouble, status=_status(refused))


def number_of(text: str) -> int:
    """The number of a suggestion in a path; NotFound for what cannot be one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 0 < number <= LAST_ID:
        raise NotFound("There is no suggestion with this number.")
    return number


def reason_words(chosen: str, own: str, language: str) -> str:
    """The reason of a refusal: the chosen sentence, with own words behind it; empty when neither was given."""
    known = i18n.known(language)
    sentence = reasons(i18n.translator(known)).get(chosen, "") if known else ""
    return " ".join(part for part in (sentence if chosen != "other" else "", own) if part)


def reasons(speaker: i18n.Translator) -> dict[str, str]:
    """The reasons to choose from, in a language."""
    say = speaker.gettext
    sentences = (
        say("It is on the map already."),
        say("As far as we know this is not right."),
        say("This does not belong on this map."),
        say("This is about someone who did not agree to it."),
        say("Something else, in my own words"),
    )
    return dict(zip(REASONS, sentences, strict=True))


def _decided(request: Request, session: Session, viewer: Viewer, decision: Decision, table: str) -> Response:
    thanks.send(request, session, decision, by=viewer)
    chosen = _table_of(table)
    rest = "" if chosen is None else f"&table={chosen}"
    return RedirectResponse(f"/moderation?done={decision.id}{rest}", status_code=303)


def _table_of(text: str) -> int | None:
    """The number of the evening whose suggestions are asked for; None for all."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _status(refused: DomainError) -> int:
    return 400 if isinstance(refused, Invalid) else 404 if isinstance(refused, NotFound) else 409


def _why(request: Request, refused: DomainError) -> str:
    """Why it was not done, in words."""
    speaker = i18n.translator(i18n.choose(request))
    say = speaker.gettext
    if isinstance(refused, Decided):
        state = say("taken over") if refused.state is SuggestionState.accepted else say("refused")
        template = say("This was decided already: %(state)s by %(by)s on %(day)s at %(time)s. Nothing changed.")
        return template % {
            "state": state,
            "by": refused.by,
            "day": speaker.day(refused.at),
            "time": f"{refused.at:%H:%M}",
        }
    if isinstance(refused, Clashing):
        fields = difference_words.labels(speaker, [clash.field for clash in refused.clashes])
        template = say("Someone else changed the same meanwhile: %(fields)s. Choose what is right, with “Change”.")
        return template % {"fields": fields}
    if isinstance(refused, NotFound):
        return say("It is no longer there: withdrawn, or the entry was taken off the map. Nothing changed.")
    faults = refused.faults if isinstance(refused, Invalid) else ()
    if faults and faults[0].pointer == "/reason":
        return say("Choose a reason, or write one. Who suggested it would like to know why.")
    return say("It does not fit any more: %(reason)s") % {"reason": refusal(speaker, refused)}


def refusal(speaker: i18n.Translator, refused: DomainError) -> str:
    """A refusal in words, with every fault that it names."""
    return " ".join(speaker.fault(fault) for fault in getattr(refused, "faults", ())) or speaker.error(refused)


def _page(
    request: Request, session: Session, viewer: Viewer, *, trouble: Trouble | None = None, status: int = 200
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    after = request.query_params.get("after", "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    table = _table_of(request.query_params.get("table", ""))
    found = suggestions.open_ones(session, viewer, table_id=table, after=start, limit=PAGE + 1)
    context = {
        "viewer": viewer,
        "sprite": legend.sprite(),
        "shown": [shown(session, speaker, one) for one in found[:PAGE]],
        "hosts": bool(viewer.roles) and holds(viewer, Permission.table_open),
        "count": suggestions.count_open(session, viewer),
        "tables": table_evenings.with_waiting(session, viewer),
        "table": table,
        "next_after": found[PAGE - 1].id if len(found) > PAGE else None,
        "reasons": reasons(speaker),
        "trouble": trouble,
        "done": _done(session, viewer, request.query_params.get("done", "")) if trouble is None else None,
        "Kind": SuggestionKind,
        "State": SuggestionState,
        **reading.frame(session),
    }
    answer = render(request, "moderation.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@dataclass(frozen=True)
class Done:
    """The decision that was just taken, and the change that takes it back; None when nothing was changed."""

    waiting: Waiting
    change_id: int | None


def _done(session: Session, viewer: Viewer, number: str) -> Done | None:
    """The decision that this viewer took in the request before."""
    try:
        waiting = suggestions.get(session, number_of(number), viewer)
    except NotFound:
        return None
    if waiting.state is SuggestionState.open or waiting.decided_by != viewer.name:
        return None
    change = None
    if waiting.state is SuggestionState.accepted and waiting.asset_id is not None:
        newest = history.of_asset(session, waiting.asset_id, limit=5)
        change = next((one.id for one in newest if one.suggested_by and one.by == viewer.name), None)
    return Done(waiting, change)


def shown(session: Session, speaker: i18n.Translator, waiting: Waiting) -> Shown:
    """A suggestion in words."""
    told: list[Difference] = []
    clash = nothing_new = False
    photo = photos.of_suggestion(session, waiting.id)
    if waiting.kind is SuggestionKind.change and waiting.draft is not None and waiting.made_on is not None:
        made = suggestions.merged(session, waiting)
        base, theirs = (one.model_dump(mode="json") for one in (waiting.made_on, waiting.draft))
        clashing = [one.field for one in made.clashes]
        told = difference_words.differences(session, speaker, base, theirs, clashing=clashing, ours=made.values)
        adds = bool(made.changed) or photo is not None or waiting.takes_messages
        clash, nothing_new = bool(clashing), not clashing and not adds
    elif waiting.draft is not None:
        told = difference_words.differences(session, speaker, None, waiting.draft.model_dump(mode="json"))
    since = waiting.created_at.astimezone(HOME_ZONE)
    return Shown(waiting, told, clash, nothing_new, since, _map_link(session, waiting), photo)


def _map_link(session: Session, waiting: Waiting) -> str | None:
    """Where it is on the map; of something new or moved, where it would come to be."""
    moved = waiting.draft is not None and (waiting.made_on is None or waiting.draft.place != waiting.made_on.place)
    if moved and waiting.draft is not None and waiting.draft.place.geometry is not None:
        shape = from_geojson(waiting.draft.place.geometry).representative_point()
        point = crs.transform(shape, crs.storage(session).srid, crs.WGS84)
        return f"/?at=18/{point.y:.5f}/{point.x:.5f}"
    if waiting.asset_id is None or inventory.get(session, waiting.asset_id).geom is None:
        return None
    return f"/?asset={waiting.asset_id}"
