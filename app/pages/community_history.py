"""`/communities/{slug}/history`: who did what in a community, for its people."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app import i18n, words
from app.access import CommunityReader
from app.database import DbSession
from app.pages import reading
from app.templating import render
from assets import communities, community_history
from assets.community_history import PAGE, Deed
from assets.permissions import Permission, require
from assets.recurrence import HOME_ZONE
from assets.vocabulary import Role, Shared
from maps import legend

router = APIRouter()


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


#: What can be chosen to see alone; what only builders know of is not among it.
KINDS: dict[str, str] = {
    "asset": _("what is on the map"),
    "activity": _("activities"),
    "conversation": _("conversations"),
    "connection": _("connections"),
    "photo": _("photos"),
    "membership": _("who takes part"),
    "invitation": _("invitations"),
    "table_evening": _("evenings at the table"),
    "sharing": _("what is shared with the municipality"),
    "community": _("the community itself"),
}
#: What was done, by what it was about and the action.
DEEDS: dict[tuple[str, str], str] = {
    ("asset", "added"): _("put this on the map"),
    ("asset", "changed"): _("changed this"),
    ("asset", "retired"): _("took this off the map"),
    ("asset", "restored"): _("put this back on the map"),
    ("asset", "exported"): _("handed everything that is kept over to this person"),
    ("asset", "erased"): _("erased somebody who asked for it"),
    ("activity", "added"): _("recorded an activity"),
    ("activity", "changed"): _("changed an activity"),
    ("activity", "removed"): _("took an activity away"),
    ("conversation", "added"): _("recorded a conversation"),
    ("conversation", "changed"): _("changed a conversation"),
    ("conversation", "removed"): _("took a conversation away"),
    ("conversation", "undone"): _("undid a change of a conversation"),
    ("connection", "added"): _("connected this with something"),
    ("connection", "removed"): _("took a connection away"),
    ("photo", "added"): _("added a photo"),
    ("photo", "replaced"): _("chose another photo"),
    ("photo", "removed"): _("took the photo away"),
    ("photo", "described"): _("wrote other words with the photo"),
    ("consent", "recorded"): _("recorded who may see this"),
    ("consent", "withdrawn"): _("withdrew a consent"),
    ("personal_link", "made"): _("made a personal link"),
    ("relay", "asked"): _("gave an address for messages"),
    ("relay", "stopped"): _("stopped messages of neighbours"),
    ("membership", "added"): _("joined, or let somebody join"),
    ("membership", "joined"): _("let somebody join, who accepted an invitation"),
    ("membership", "changed"): _("gave somebody another role"),
    ("membership", "removed"): _("took somebody out of the community"),
    ("membership", "closed"): _("closed an account, of somebody who takes part no more"),
    ("invitation", "made"): _("invited somebody"),
    ("invitation", "revoked"): _("took an invitation back"),
    ("invitation", "ended"): _("ended an invitation, by taking the role of who made it"),
    ("table_evening", "opened"): _("opened a table for an evening"),
    ("table_evening", "ended"): _("ended an evening at the table"),
    ("sharing", "set"): _("decided what the municipality sees"),
    ("community", "added"): _("added this community to the map"),
    ("community", "renamed"): _("gave this community another name"),
    ("community", "exported"): _("took everything of the community along as a file"),
}
SOMETHING = _("changed something")


@dataclass(frozen=True)
class Told:
    """A change in words: who, when, what, and where the entry can be read; `by` is None when untold."""

    id: int
    by: str | None
    at: datetime
    what: str
    suggested: str | None
    undoes: bool
    deed: Deed
    href: str | None
    detail: str


@router.get("/communities/{slug}/history")
def history_page(request: Request, slug: str, session: DbSession, viewer: CommunityReader) -> HTMLResponse:
    """Who did what, newest first; by name and kind, when asked so."""
    speaker = i18n.translator(i18n.choose(request))
    community = communities.get(session, reading.readable(slug))
    require(viewer, Permission.community_read, community.id)
    asked = request.query_params
    by = reading.readable(asked.get("by", ""))[:200] or None
    kind = asked.get("kind") if asked.get("kind") in KINDS else None
    before = asked.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    deeds = community_history.of(
        session, community.id, viewer=viewer, by=by, subject=kind, before=start, limit=PAGE + 1
    )
    builds = community_history.builds(viewer, community.id)
    chosen = {name: value for name, value in (("by", by), ("kind", kind)) if value}
    more = {**chosen, "before": str(deeds[PAGE - 1].change.id)} if len(deeds) > PAGE else None
    context = {
        "viewer": viewer,
        "sprite": legend.sprite(),
        "community": community,
        # choosing a name would tell a member who did what is hidden
        "told": [told_of(speaker, one, builds=builds) for one in deeds[:PAGE] if builds or not by or not one.hidden],
        "names": community_history.names(session, community.id, viewer=viewer),
        "kinds": KINDS,
        "by": by,
        "kind": kind,
        "more": urlencode(more) if more else None,
        "first": start is None,
        **reading.frame(session),
    }
    answer = render(request, "community_history.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def told_of(speaker: i18n.Translator, deed: Deed, *, builds: bool) -> Told:
    """A change in words."""
    change, entry = deed.change, deed.entry
    # who may not see the entry is not told by the deed, by who did it or by the minute that it is a person
    closed = deed.hidden and not builds
    template = SOMETHING if closed else DEEDS.get((change.subject, change.action), SOMETHING)
    href = None
    if entry is not None and (entry.is_public or builds):
        href = f"/assets/{entry.id}" if entry.is_public else f"/assets/{entry.id}/history"
    return Told(
        id=change.id,
        by=None if closed else speaker.who(change.by),
        at=change.changed_at.astimezone(HOME_ZONE),
        what=speaker.gettext(template),
        suggested=None if closed or change.suggested_by is None else speaker.who(change.suggested_by),
        undoes=change.undoes is not None and not closed,
        deed=deed,
        href=href,
        detail=_detail(speaker, deed),
    )


def _detail(speaker: i18n.Translator, deed: Deed) -> str:
    """What more can be told: the street of a conversation, what is shared, the role that somebody got."""
    change, say = deed.change, speaker.gettext
    values = change.after or change.before or {}
    if change.subject == "sharing" and values.get("what") in set(Shared):
        shared = say("yes") if values.get("shared") else say("no")
        return f"{say(words.SHARED[Shared(values['what'])])}: {shared}"
    if change.subject in ("membership", "invitation") and values.get("role") in set(Role):
        role = say(words.ROLE[Role(values["role"])])
        was_last = say("the last one") if (change.before or {}).get("last") else ""
        return ", ".join(part for part in (deed.named, role, was_last) if part)
    return deed.named or ""
