"""Suggestions: what anyone may say of the map, waiting for a builder who accepts or refuses it.

    suggested = suggestions.propose(session, SuggestionKind.new, by=VISITOR, draft=draft, language="nl", sender=mark)
    suggested.follow_token        # shown once, as the private link /suggestions/{token}

A person's place is made general before it is stored, here as in the inventory, and their words are checked the same.
An e-mail address is kept until whoever decides has it to send thanks, and deleted in that transaction. What was
suggested is deleted when it is decided on: from then on the history tells it. `expire` deletes the rest.
docs/decisions/0034 says why.
"""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import shapely
from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.orm import Session

from assets import archive, communities, history, inventory, links, merging, people, photos, suggested, table_evenings
from assets.drafts import AssetDraft
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound, TooMany
from assets.inventory import Asset
from assets.permissions import Permission, Viewer, communities_of, holds, require
from assets.places import smallest_area
from assets.plain_text import unturned
from assets.recurrence import HOME_ZONE
from assets.sealing import hashed
from assets.suggested import MOST_ANSWER, MOST_NOTE, Suggestion, Waiting
from assets.table_evenings import Evening
from assets.vocabulary import (
    SUGGESTION_DAYS,
    SUGGESTIONS_AN_HOUR,
    AssetKind,
    AssetState,
    ReportReason,
    SuggestionKind,
    SuggestionState,
)
from assets.walls import everywhere

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


#: Mails to one address in a day about what was sent in with it, while nobody has decided on it.
MAILS_A_DAY = 3


@dataclass(frozen=True)
class Proposed:
    """A suggestion that was stored: its number, and the token of its private page, which is not kept."""

    id: int
    follow_token: str


@dataclass(frozen=True)
class Decision:
    """What was decided, for whoever sends the thanks: `contact` is the address, which is kept nowhere any more.

    `takes_messages` says that whoever left it wants the messages for the entry there.
    """

    id: int
    kind: SuggestionKind
    state: SuggestionState
    asset_id: int | None
    title: str
    contact: str | None
    language: str
    answer: str
    takes_messages: bool


class Decided(Conflict):
    """Someone else decided on it first: `by` whom, `at` what time, and how."""

    def __init__(self, suggestion: Suggestion | Waiting) -> None:
        self.by = suggestion.decided_by or ""
        self.at = (suggestion.decided_at or suggestion.created_at).astimezone(HOME_ZONE)
        self.state = SuggestionState(suggestion.state)
        super().__init__("This was decided already by {by} at {time}.", by=self.by, time=f"{self.at:%H:%M}")


# --- suggesting ---


def propose(
    session: Session,
    kind: SuggestionKind,
    *,
    by: Viewer,
    draft: AssetDraft | None = None,
    asset_id: int | None = None,
    note: str = "",
    reason: ReportReason | None = None,
    contact: str | None = None,
    takes_messages: bool = False,
    language: str,
    sender: str | None = None,
    table: Evening | None = None,
) -> Proposed:
    """The suggestion just stored, with the token of its private page.

    Args:
        kind: what is suggested.
        by: who suggests it; visitors may.
        draft: all values, for `new` and `change`.
        asset_id: the entry it is about, for every kind but `new`.
        note: a line of the one who suggests it; needed for `changed`, and for a `report` for another reason.
        reason: why an entry is reported; `other` when not given.
        contact: an e-mail address for the answer.
        takes_messages: whether messages for the entry may go there, once it is on the map; never for a person.
        language: in which to thank.
        sender: the mark of who sends it today (app/senders.py); with it there is a limit to how many an hour.
        table: the evening at whose table they sit: something new then goes to its community, in the name of the host,
            and counts for the table instead of for the sender.

    Raises:
        Invalid: words or a place that cannot be used, each with where it stands (as in AssetDraft; /note, /contact).
        NotFound: there is no such entry, or this viewer may not see it.
        TooMany: this sender sent too many in the past hour, or the table has as many as an evening may have.
    """
    kind = SuggestionKind(kind)
    if (draft is None) == (kind in (SuggestionKind.new, SuggestionKind.change)):
        raise Invalid("A new entry or a change comes with its values, anything else without.")
    if (asset_id is None) != (kind is SuggestionKind.new):
        raise Invalid("A suggestion is about an entry, unless it is a new one.")
    asset = None if asset_id is None else seen(session, asset_id, by)
    about_person = AssetKind.person in {asset.kind if asset else None, draft.kind if draft else None}
    if kind is SuggestionKind.report:
        reason = ReportReason(reason or ReportReason.other)
    needed = kind is SuggestionKind.changed or reason is ReportReason.other
    words = _words(note, pointer="/note", most=MOST_NOTE, needed=needed)
    if about_person:
        people.refuse_personal_data(words, "/note", refused=people.of_person(people.streets_in(session, words)))
    address = checked(contact, pointer="/contact") if contact and contact.strip() else None
    takes_messages = takes_messages and not about_person
    if takes_messages and address is None:
        raise Invalid.at("/contact", "Neighbours can write to you only at an address. Give one, or untick the box.")
    made_on = None
    if draft is not None:
        draft, made_on = suggested.prepared(session, draft, asset)
    if table is not None:
        table_evenings.count_in(session, table)
    elif sender is not None:
        with everywhere(session):  # a limit to what a sender sends, wherever it goes
            _throttle(session, sender)
    token = secrets.token_urlsafe(32)
    stored = Suggestion(
        kind=kind,
        asset_id=asset_id,
        community_id=_community_of(session, draft, table) if asset is None else asset.community_id,
        table_id=None if table is None else table.id,
        made_on=None if made_on is None else made_on.model_dump(mode="json"),
        draft=None if draft is None else draft.model_dump(mode="json"),
        note=words,
        reason=reason if kind is SuggestionKind.report else None,
        suggested_by=by.name if table is None or by.signed_in else table.host,
        contact=address,
        takes_messages=takes_messages,
        language=language,
        sender=sender if table is None else None,
        follow_hash=hashed(token),
    )
    with everywhere(session):  # of whoever sends it, to whichever community decides
        session.add(stored)
        session.flush()
    return Proposed(stored.id, token)


def seen(session: Session, asset_id: int, by: Viewer) -> Asset:
    """The entry, when this viewer may see it; who may not is told the same as of an entry that is not there."""
    asset = session.get(Asset, asset_id)
    if asset is None or asset.state == AssetState.retired or not inventory.visible(session, by, {asset_id}):
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    return asset


def _words(value: str, *, pointer: str, most: int, needed: bool) -> str:
    words = unturned(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if CONTROL.search(words):
        raise Invalid.at(pointer, "The text holds control characters; remove them.")
    if needed and not words:
        raise Invalid.at(pointer, "Write a few words.")
    if len(words) > most:
        raise Invalid.at(pointer, "This is too long: at most {most} characters.", most=most)
    return words


def _throttle(session: Session, sender: str) -> None:
    """Raise TooMany when this sender sent as many as one may in the past hour; marks of other days are forgotten."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:sender, 0))"), {"sender": sender})
    session.execute(
        text("UPDATE suggestion SET sender = NULL WHERE sender IS NOT NULL AND created_at < now() - interval '1 day'")
    )
    sent, first = session.execute(
        text(
            "SELECT count(*), extract(epoch FROM min(created_at) + interval '1 hour' - now()) FROM suggestion"
            " WHERE sender = :sender AND created_at > now() - interval '1 hour'"
        ),
        {"sender": sender},
    ).one()
    if sent >= SUGGESTIONS_AN_HOUR:
        raise TooMany(
            "You sent {number} suggestions in an hour. Thank you! Please wait a while before you send more.",
            number=sent,
            seconds=max(1, int(first) + 1),
        )


# --- following ---


def get_by_token(session: Session, token: str) -> Waiting:
    """The suggestion of this private link; NotFound when there is none (any more).

    When its entry is not public (any more) it tells nothing of it: whoever withdrew is gone from here at once as well.
    """
    with everywhere(session):  # whoever has the link is of no community
        found = suggested.about(session, _of_token(session, token))
    if found.asset_id is None or is_public(session, found.asset_id):
        return found
    return replace(found, title="", draft=None, made_on=None, area=None, street=None)


def is_public(session: Session, asset_id: int) -> bool:
    """Whether everyone may see this entry."""
    return session.execute(text("SELECT 1 FROM published_asset WHERE id = :id"), {"id": asset_id}).first() is not None


def withdraw(session: Session, token: str) -> None:
    """Delete an open suggestion for good; Decided when a builder was first."""
    with everywhere(session):
        found = _of_token(session, token, lock=True)
        if found.state != SuggestionState.open:
            raise Decided(found)
        session.execute(delete(Suggestion).where(Suggestion.id == found.id))


def _of_token(session: Session, token: str, *, lock: bool = False) -> Suggestion:
    query = select(Suggestion).where(Suggestion.follow_hash == hashed(token))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("There is no suggestion at this address: it was withdrawn, or it is long ago.")
    return found


# --- deciding ---


def get(session: Session, suggestion_id: int, viewer: Viewer) -> Waiting:
    """One suggestion with what it is about; NotFound when there is none."""
    require(viewer, Permission.suggestion_decide)
    found = _the(session, suggestion_id, viewer)
    return suggested.about(session, found)


def open_ones(
    session: Session, viewer: Viewer, *, table_id: int | None = None, after: int | None = None, limit: int = 20
) -> list[Waiting]:
    """Suggestions that wait, oldest first; `after` is the keyset of paging, `table_id` only those of one table."""
    require(viewer, Permission.suggestion_decide)
    query = select(Suggestion).where(Suggestion.state == SuggestionState.open, *_decided_by(viewer))
    if table_id is not None:
        query = query.where(Suggestion.table_id == table_id)
    if after is not None:
        query = query.where(Suggestion.id > after)
    return [suggested.about(session, found) for found in session.scalars(query.order_by(Suggestion.id).limit(limit))]


def count_open(session: Session, viewer: Viewer) -> int:
    """How many suggestions wait for this viewer."""
    require(viewer, Permission.suggestion_decide)
    query = select(func.count()).select_from(Suggestion)
    return int(session.scalar(query.where(Suggestion.state == SuggestionState.open, *_decided_by(viewer))) or 0)


def _decided_by(viewer: Viewer) -> tuple[ColumnElement[bool], ...]:
    """What a suggestion must be for this viewer to decide on it: of a community of theirs."""
    if viewer.roles is None:
        return ()
    return (Suggestion.community_id.in_(communities_of(viewer, Permission.suggestion_decide)),)


def may_be_mailed(session: Session, contact: str) -> bool:
    """Whether a visitor's address may get one more mail today about something that was sent in with it.

    Anyone can type anyone's address: MAILS_A_DAY of those that wait, whatever stands behind a plus sign in it.
    """
    same = text(
        "SELECT count(*) FROM suggestion WHERE created_at > now() - interval '1 day'"
        " AND lower(regexp_replace(contact, '[+][^@]*@', '@')) = lower(regexp_replace(:contact, '[+][^@]*@', '@'))"
    )
    address = checked(contact)
    with everywhere(session):  # whichever community they were sent to
        return int(session.scalar(same, {"contact": address}) or 0) <= MAILS_A_DAY


def _community_of(session: Session, draft: AssetDraft | None, table: Evening | None) -> int:
    """The community that decides on something new: that of the table, of most entries in its area, or the first."""
    if table is not None:
        return table.community_id
    place = draft.place if draft is not None else None
    area_id = None
    if place is not None and place.area is not None:
        area_id = session.scalar(text("SELECT id FROM area WHERE code = :code"), {"code": place.area})
    elif place is not None and place.geometry is not None:
        area_id = smallest_area(session, shapely.geometry.shape(place.geometry))
    most = text(
        "SELECT community_id FROM asset WHERE area_id = :area AND state = 'published'"
        " GROUP BY community_id ORDER BY count(*) DESC, community_id LIMIT 1"
    )
    found = session.scalar(most, {"area": area_id}) if area_id is not None else None
    return communities.default_id(session) if found is None else int(found)


def merged(session: Session, waiting: Waiting) -> merging.Merged:
    """What a suggested change makes of the entry as it is now."""
    if waiting.draft is None or waiting.made_on is None or waiting.asset_id is None:
        raise Invalid("Only a suggested change can be merged.")
    ours = inventory.as_draft(session, inventory.get(session, waiting.asset_id))
    base, theirs, now = (one.model_dump(mode="json") for one in (waiting.made_on, waiting.draft, ours))
    return merging.three_way(base, theirs, now)


def accept(
    session: Session,
    suggestion_id: int,
    *,
    by: Viewer,
    draft: AssetDraft | None = None,
    keep_place: bool = False,
    if_version: int | None = None,
    done: str = "",
    take_off: bool = False,
    today: date | None = None,
) -> Decision:
    """What was decided: the suggestion is taken over, and the history says who suggested and who accepted it.

    A new entry is added; a change is put on top of what others changed since; a confirmation counts on the day it was
    given; what is gone ends today. Word that something changed, and a report, are closed with what was done.

    Args:
        draft: the values to store instead of those suggested: the builder changed them.
        keep_place: with a draft: leave the place as it is.
        if_version: with a draft: refuse (Stale) when the entry is no longer at this version.
        done: what was done, in words for the one who suggested it.
        take_off: with a report: take the entry off the map.
        today: the day that counts as today.

    Raises:
        NotAllowed, NotFound: not this viewer, no such suggestion or entry.
        Decided: someone else was first.
        Clashing: the same field was changed in the meantime; give the `draft` that is right.
        Invalid: what was suggested does not fit any more.
    """
    require(by, Permission.suggestion_decide)
    words = _words(done, pointer="/done", most=MOST_ANSWER, needed=False)
    found = _held(session, suggestion_id, by)
    kind, day = SuggestionKind(found.kind), today or date.today()
    waiting = suggested.about(session, found)
    asset_id = found.asset_id
    with history.because(session, suggested_by=found.suggested_by):
        if kind is SuggestionKind.new:
            wanted = draft or waiting.draft
            assert wanted is not None  # noqa: S101 - a constraint of the table
            asset_id = inventory.add(session, wanted, by=by, community_id=found.community_id, today=day).id
        elif asset_id is not None:
            if draft is None:
                _take_over(session, waiting, asset_id, by=by, take_off=take_off, day=day)
            else:
                inventory.change(
                    session, asset_id, draft, by=by, if_version=if_version, keep_place=keep_place, today=day
                )
        if asset_id is not None and not take_off:
            photos.adopt(session, found.id, asset_id, by=by)
    return _close(session, found, SuggestionState.accepted, by=by, answer=words, asset_id=asset_id, title=waiting.title)


def refuse(session: Session, suggestion_id: int, *, by: Viewer, reason: str) -> Decision:
    """What was decided: nothing changes, and who suggested it is told why.

    Raises:
        NotAllowed, NotFound: not this viewer, no such suggestion.
        Invalid: there is no reason.
        Decided: someone else was first.
    """
    require(by, Permission.suggestion_decide)
    words = _words(reason, pointer="/reason", most=MOST_ANSWER, needed=True)
    found = _held(session, suggestion_id, by)
    title = suggested.about(session, found).title
    return _close(session, found, SuggestionState.refused, by=by, answer=words, asset_id=found.asset_id, title=title)


def expire(session: Session, today: date) -> int:
    """How many suggestions were deleted: those that waited, or were decided on, more than SUGGESTION_DAYS ago."""
    last = datetime.combine(today - timedelta(days=SUGGESTION_DAYS), time(), HOME_ZONE)
    done = session.execute(
        text("DELETE FROM suggestion WHERE COALESCE(decided_at, created_at) < :last RETURNING id"), {"last": last}
    ).all()
    yesterday = datetime.combine(today - timedelta(days=1), time(), HOME_ZONE)
    session.execute(
        text("UPDATE suggestion SET sender = NULL WHERE sender IS NOT NULL AND created_at < :day"), {"day": yesterday}
    )
    return len(done)


def _the(session: Session, suggestion_id: int, viewer: Viewer, *, lock: bool = False) -> Suggestion:
    """The suggestion; to whoever does not decide on it the same is told as of one that is not there."""
    found = session.get(Suggestion, suggestion_id, with_for_update=lock or None)
    if found is None or not holds(viewer, Permission.suggestion_decide, found.community_id):
        raise NotFound("There is no suggestion with this number: it was withdrawn, or it is long ago.")
    return found


def _held(session: Session, suggestion_id: int, viewer: Viewer) -> Suggestion:
    """The open suggestion, held against others who decide."""
    found = _the(session, suggestion_id, viewer, lock=True)
    if found.state != SuggestionState.open:
        raise Decided(found)
    return found


def _take_over(
    session: Session,
    waiting: Waiting,
    asset_id: int,
    *,
    by: Viewer,
    take_off: bool,
    day: date,
) -> None:
    """Do what a suggestion about an entry asks for; the entry is held, so that nobody changes it meanwhile."""
    if waiting.asset_kind is AssetKind.street_initiative:
        links.hold_streets(session)
    inventory.get(session, asset_id, lock=True)
    if waiting.kind is SuggestionKind.change:
        made = merged(session, waiting)
        if made.clashes:
            raise merging.Clashing(made.clashes)
        if made.changed:
            values = AssetDraft.model_validate(made.values)
            inventory.change(session, asset_id, values, by=by, keep_place="place" not in made.changed, today=day)
    elif waiting.kind is SuggestionKind.confirm:
        said = waiting.created_at.astimezone(HOME_ZONE).date()
        inventory.confirm(session, asset_id, by=by, on=min(said, day), today=day)
    elif waiting.kind is SuggestionKind.gone:
        archive.end(session, asset_id, by=by, today=day)
    elif take_off:
        inventory.retire(session, asset_id, by=by)


def _close(
    session: Session,
    found: Suggestion,
    state: SuggestionState,
    *,
    by: Viewer,
    answer: str,
    asset_id: int | None,
    title: str,
) -> Decision:
    """Write down the decision, and forget the address and what was suggested."""
    contact, takes_messages = found.contact, found.takes_messages
    photos.forget(session, found.id)
    found.state = state
    found.asset_id = asset_id
    found.decided_at = datetime.now(HOME_ZONE)
    found.decided_by = by.name
    found.answer = answer
    found.contact = found.draft = found.made_on = None
    found.takes_messages = False
    session.flush()
    kind = SuggestionKind(found.kind)
    return Decision(found.id, kind, state, asset_id, title, contact, found.language, answer, takes_messages)
