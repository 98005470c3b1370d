"""Conversations: someone talked with neighbours in a street. The evidence of having asked."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas, history, street_search
from assets.base import Base, now
from assets.drafts import ConversationDraft
from assets.errors import Invalid, NotFound
from assets.people import refuse_personal_data
from assets.permissions import Permission, Viewer, require


class Conversation(Base):
    """A talk in a street on a date; without an area it counts for every part of that street."""

    __tablename__ = "conversation"
    __table_args__ = (
        CheckConstraint("neighbours BETWEEN 1 AND 10000", name="neighbours"),
        CheckConstraint("held_on BETWEEN '1900-01-01' AND '2200-12-31'", name="held_on"),
        Index("ix_conversation_street_id_held_on", "street_id", "held_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="RESTRICT"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    held_on: Mapped[date] = mapped_column(Date)
    neighbours: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(Text, server_default="")
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = now()


def add(session: Session, draft: ConversationDraft, *, by: Viewer, today: date | None = None) -> Conversation:
    """The conversation just recorded; its note may not name an address or a way to reach someone."""
    require(by, Permission.conversation_write)
    if draft.held_on > (today or date.today()):
        raise Invalid.at("/held_on", "A conversation is recorded after it was held; this date lies in the future.")
    refuse_personal_data(draft.note, "/note")
    try:
        area = areas.get(session, draft.area) if draft.area else None
    except NotFound as unknown:
        raise Invalid.at("/area", str(unknown)) from None
    street_id = street_search.the_street(
        session, name=draft.street, street_id=draft.street_id, area=draft.area, pointer="/street"
    )
    _runs_through(session, street_id, area)
    conversation = Conversation(
        street_id=street_id,
        area_id=area.id if area else None,
        held_on=draft.held_on,
        neighbours=draft.neighbours,
        note=draft.note,
        recorded_by=by.name,
    )
    session.add(conversation)
    session.flush()
    history.note(session, "conversation", conversation.id, "added", by=by.name, after=draft.model_dump(mode="json"))
    return conversation


def of_street(session: Session, street_id: int) -> list[Conversation]:
    """All conversations in one street, newest first."""
    query = select(Conversation).where(Conversation.street_id == street_id)
    return list(session.scalars(query.order_by(Conversation.held_on.desc(), Conversation.id.desc())))


def _runs_through(session: Session, street_id: int, area: areas.AreaSummary | None) -> None:
    """Raise Invalid when the street has no part in this area: the conversation would count nowhere."""
    from assets.streets import StreetPart

    if area is None:
        return
    part = select(StreetPart.id).where(StreetPart.street_id == street_id, StreetPart.area_id == area.id)
    if session.scalar(part) is None:
        raise Invalid.at(
            "/area", "This street has no part in {area}; leave the area out for the whole street.", area=area.name
        )
