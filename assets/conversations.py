"""Conversations: someone talked with neighbours in a street. The evidence of having asked.

A conversation is about a street and never about a person: its note names no address and no way to reach anyone. Whoever
recorded it may change it, take it away and undo that; history keeps what it was.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas, communities, history, people, street_search
from assets.base import Base, now
from assets.drafts import ConversationDraft
from assets.errors import Invalid, NotAllowed, NotFound, Stale, message
from assets.permissions import Permission, Viewer, holds, require
from assets.streets import Street, StreetPart

SUBJECT = "conversation"
#: What a note may not hold, with why.
ABOUT_PEOPLE = (
    (
        people.E_MAIL,
        message("This line holds an e-mail address (at character {place}). Write about the street, never a person."),
    ),
    (
        people.IBAN,
        message("This line holds a bank account (at character {place}). Write about the street, never a person."),
    ),
    (
        people.TELEPHONE,
        message("This line holds a telephone number (at character {place}). Write about the street, never a person."),
    ),
    (
        people.POSTCODE,
        message("This line holds a postcode (at character {place}). Write about the street, never a person."),
    ),
)
A_HOUSE = message("This line holds a house number (at character {place}). Write about the street, never a person.")
#: What history calls each change.
ADDED, CHANGED, REMOVED, UNDONE = "added", "changed", "removed", "undone"


class Conversation(Base):
    """A talk in a street on a date; without an area it counts for every part of that street.

    `holder` is whose it is (`account:3`, `token:5`): two people may have one name. Its note is read in its
    community only.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        CheckConstraint("neighbours BETWEEN 1 AND 10000", name="neighbours"),
        CheckConstraint("held_on BETWEEN '1900-01-01' AND '2200-12-31'", name="held_on"),
        Index("ix_conversation_street_id_held_on", "street_id", "held_on"),
        Index("ix_conversation_holder", "holder", "held_on"),
        Index("ix_conversation_community_id", "community_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="RESTRICT"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    held_on: Mapped[date] = mapped_column(Date)
    neighbours: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, server_default="")
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = now()
    holder: Mapped[str | None] = mapped_column(Text)


# --- writing ---


def add(
    session: Session,
    draft: ConversationDraft,
    *,
    by: Viewer,
    community_id: int | None = None,
    today: date | None = None,
) -> Conversation:
    """The conversation just recorded, in this community, else that of who records it, else the first one.

    Raises:
        Invalid: an unknown street or area, a day to come, or a note that names an address or a way to reach someone.
    """
    require(by, Permission.conversation_write)
    community_id = community_id or by.community_id or communities.default_id(session)
    require(by, Permission.conversation_write, community_id)
    values = _checked(session, draft, today)
    conversation = Conversation(**values, community_id=community_id, recorded_by=by.name, holder=by.holder)
    session.add(conversation)
    session.flush()
    _note(session, conversation.id, ADDED, community_id, by, after=told(session, conversation))
    return conversation


def change(
    session: Session, conversation_id: int, draft: ConversationDraft, *, by: Viewer, today: date | None = None
) -> Conversation:
    """One's own conversation with other values; refusals as in `add` and `own`."""
    conversation = own(session, conversation_id, by=by, lock=True)
    before = told(session, conversation)
    for name, value in _checked(session, draft, today).items():
        setattr(conversation, name, value)
    session.flush()
    after = told(session, conversation)
    if after != before:
        _note(session, conversation.id, CHANGED, conversation.community_id, by, before=before, after=after)
    return conversation


def remove(session: Session, conversation_id: int, *, by: Viewer) -> history.Change:
    """Take one's own conversation away; the change that `undo` takes back."""
    conversation = own(session, conversation_id, by=by, lock=True)
    before, community_id = told(session, conversation), conversation.community_id
    session.delete(conversation)
    change = _note(session, conversation_id, REMOVED, community_id, by, before=before)
    session.flush()
    return change


def undo(session: Session, conversation_id: int, *, by: Viewer, change_id: int) -> Conversation | None:
    """The conversation as it was before its last change; None when it was not there before.

    Raises:
        NotFound: there never was such a conversation.
        NotAllowed: someone else's.
        Stale: it was changed again after this change.
    """
    require(by, Permission.conversation_write)
    conversation = session.get(Conversation, conversation_id, with_for_update=True)
    changes = history.of(session, SUBJECT, conversation_id)
    if not changes:
        raise NotFound("There is no conversation with the number {id}.", id=conversation_id)
    last = changes[-1]
    before: dict[str, Any] | None = last.before
    held = conversation.holder if conversation is not None else (before or {}).get("holder")
    if held is None or held != by.holder:
        raise _not_theirs(conversation_id, last.community_id, by)
    if last.id != change_id:
        raise Stale("This conversation was changed again in the meantime; look at it first.")
    now_told = told(session, conversation) if conversation is not None else None
    if before is None:
        if conversation is not None:
            session.delete(conversation)
        conversation = None
    elif conversation is None:
        community_id = before.get("community_id") or by.community_id or communities.default_id(session)
        conversation = Conversation(id=conversation_id, community_id=community_id, **_restored(session, before))
        session.add(conversation)
    else:
        for name, value in _restored(session, before).items():
            setattr(conversation, name, value)
    session.flush()
    _note(session, conversation_id, UNDONE, last.community_id, by, before=now_told, after=before)
    session.flush()
    return conversation


NOT_YOURS = message("This conversation was recorded by someone else.")


def own(session: Session, conversation_id: int, *, by: Viewer, lock: bool = False) -> Conversation:
    """The conversation of this number, when it is this viewer's; NotFound or NotAllowed otherwise."""
    require(by, Permission.conversation_write)
    conversation = session.get(Conversation, conversation_id, with_for_update=lock)
    if conversation is None:
        raise NotFound("There is no conversation with the number {id}.", id=conversation_id)
    if conversation.holder is None or conversation.holder != by.holder:
        raise _not_theirs(conversation_id, conversation.community_id, by)
    return conversation


def _not_theirs(conversation_id: int, community_id: int | None, by: Viewer) -> NotAllowed | NotFound:
    """Whoever is of another community is told the same as of a conversation that is not there."""
    if community_id is not None and holds(by, Permission.conversation_write, community_id):
        return NotAllowed(NOT_YOURS)
    return NotFound("There is no conversation with the number {id}.", id=conversation_id)


def _checked(session: Session, draft: ConversationDraft, today: date | None) -> dict[str, Any]:
    """The columns of a draft; Invalid where it cannot be."""
    if draft.held_on > (today or date.today()):
        raise Invalid.at("/held_on", "A conversation is recorded after it was held; this date lies in the future.")
    try:
        area = areas.get(session, draft.area) if draft.area else None
    except NotFound as unknown:
        raise Invalid.at("/area", str(unknown)) from None
    street_id = street_search.the_street(
        session, name=draft.street, street_id=draft.street_id, area=draft.area, pointer="/street"
    )
    _runs_through(session, street_id, area)
    name = session.scalar(select(Street.name).where(Street.id == street_id))
    if (found := about_people(session, draft.note, street=name)) is not None:
        raise Invalid.at("/note", found.told, place=found.span[0] + 1)
    return {
        "street_id": street_id,
        "area_id": area.id if area else None,
        "held_on": draft.held_on,
        "neighbours": draft.neighbours,
        "note": draft.note,
    }


def about_people(session: Session, note: str, *, street: str | None = None) -> people.PersonalData | None:
    """The first piece of a note that tells where someone lives or how to reach them; None without one."""
    streets = (*people.streets_in(session, note), street or "")
    houses = ((pattern, A_HOUSE) for pattern in people.house_numbers(streets))
    return people.personal_data(note, refused=(*ABOUT_PEOPLE, *houses))


def _runs_through(session: Session, street_id: int, area: areas.AreaSummary | None) -> None:
    """Raise Invalid when the street has no part in this area: the conversation would count nowhere."""
    if area is None:
        return
    part = select(StreetPart.id).where(StreetPart.street_id == street_id, StreetPart.area_id == area.id)
    if session.scalar(part) is None:
        raise Invalid.at(
            "/area", "This street has no part in {area}; leave the area out for the whole street.", area=area.name
        )


# --- history ---


def _note(
    session: Session,
    number: int,
    action: str,
    community_id: int | None,
    by: Viewer,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> history.Change:
    return history.note(
        session, SUBJECT, number, action, by=by.name, before=before, after=after, community_id=community_id
    )


def told(session: Session, conversation: Conversation) -> dict[str, Any]:
    """A conversation as history keeps it; `_restored` reads it again."""
    from assets.areas import Area

    return {
        "community_id": conversation.community_id,
        "street_id": conversation.street_id,
        "street": session.scalar(select(Street.name).where(Street.id == conversation.street_id)),
        "area": session.scalar(select(Area.code).where(Area.id == conversation.area_id)),
        "held_on": conversation.held_on.isoformat(),
        "neighbours": conversation.neighbours,
        "note": conversation.note,
        "recorded_by": conversation.recorded_by,
        "holder": conversation.holder,
    }


def _restored(session: Session, before: dict[str, Any]) -> dict[str, Any]:
    """The columns of a conversation as history kept them."""
    code = before["area"]
    street_id = session.scalar(select(Street.id).where(Street.id == before["street_id"]))
    if street_id is None:
        raise NotFound("The street {street} is no longer there.", street=before["street"])
    return {
        "street_id": street_id,
        "area_id": areas.ids_of(session, [code]).get(code) if code else None,
        "held_on": date.fromisoformat(before["held_on"]),
        "neighbours": before["neighbours"],
        "note": before["note"],
        "recorded_by": before["recorded_by"],
        "holder": before["holder"],
    }


@dataclass(frozen=True)
class Undoable:
    """The last change of one's own conversation: its number, what it was, and the name of the street."""

    id: int
    action: str
    street: str


def last_change(session: Session, conversation_id: int, *, by: Viewer) -> Undoable:
    """The last change of one's own conversation, also when it was taken away; NotFound or NotAllowed otherwise."""
    require(by, Permission.conversation_write)
    changes = history.of(session, SUBJECT, conversation_id)
    if not changes:
        raise NotFound("There is no conversation with the number {id}.", id=conversation_id)
    values: dict[str, Any] = changes[-1].after or changes[-1].before or {}
    if values.get("holder") is None or values["holder"] != by.holder:
        raise NotAllowed(NOT_YOURS)
    return Undoable(changes[-1].id, changes[-1].action, values["street"])
