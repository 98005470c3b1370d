"""What is suggested, as it is kept: the place of a person is general before it is stored.

assets/suggestions.py says what can be done with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import inventory, lookups, places, table_evenings
from assets.areas import Area
from assets.base import Base, now, one_of
from assets.drafts import AssetDraft, PlaceDraft
from assets.errors import Invalid, NotFound
from assets.inventory import Asset
from assets.streets import Street
from assets.vocabulary import AssetKind, Placement, ReportReason, SuggestionKind, SuggestionState

#: Longest note with a suggestion, and longest answer to one.
MOST_NOTE, MOST_ANSWER = 1000, 500
#: A place that lies this near, in metres, is the place that was there: coordinates went through degrees and back.
SAME_PLACE_M = 1.0


class Suggestion(Base):
    """Something that was suggested; who sent it is a mark of one day, and is gone after it.

    `made_on` are the values of the entry when the suggestion was made, `draft` those that are suggested: both as
    AssetDraft, places in the storage CRS and general for persons. `answer` is why it was refused, or what was done.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        CheckConstraint(one_of("kind", SuggestionKind), name="kind"),
        CheckConstraint(one_of("state", SuggestionState), name="state"),
        CheckConstraint(one_of("reason", ReportReason), name="reason"),
        CheckConstraint(
            "CASE kind WHEN 'new' THEN made_on IS NULL AND (state <> 'open' OR draft IS NOT NULL)"
            " WHEN 'change' THEN asset_id IS NOT NULL AND (state <> 'open'"
            " OR (draft IS NOT NULL AND made_on IS NOT NULL))"
            " ELSE asset_id IS NOT NULL AND draft IS NULL END",
            name="about",
        ),
        CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (state = 'open' OR (contact IS NULL AND draft IS NULL))",
            name="decided",
        ),
        CheckConstraint("NOT takes_messages OR contact IS NOT NULL", name="takes_messages"),
        CheckConstraint(f"length(note) <= {MOST_NOTE} AND length(answer) <= {MOST_ANSWER}", name="words"),
        Index("ix_suggestion_open", "id", postgresql_where=text("state = 'open'")),
        Index("ix_suggestion_asset_id", "asset_id"),
        Index("ix_suggestion_community_id", "community_id"),
        Index("ix_suggestion_sender", "sender", "created_at"),
        Index("ix_suggestion_table_id", "table_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    #: Who decides: the community of the entry, or of most that is where something new would stand.
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    #: The evening at which it came in, while that is known.
    table_id: Mapped[int | None] = mapped_column(ForeignKey("table_evening.id", ondelete="SET NULL"))
    made_on: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    draft: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    note: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str | None] = mapped_column(Text)
    suggested_by: Mapped[str] = mapped_column(Text)
    contact: Mapped[str | None] = mapped_column(Text)
    #: Whether messages for the entry may go to `contact` from then on (assets/join_in.py).
    takes_messages: Mapped[bool] = mapped_column(Boolean, server_default="false")
    language: Mapped[str] = mapped_column(Text)
    sender: Mapped[str | None] = mapped_column(Text)
    follow_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = now()
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, server_default="")


@dataclass(frozen=True)
class Waiting:
    """A suggestion with what it is about.

    Attributes:
        made_on: the entry's values when it was made; None for a new entry and for a word about one.
        draft: the values that are suggested, likewise.
        asset_id: the entry it is about; of a new one, the entry it became.
        title: of the entry as it is now, or of the new one.
        title_language: the code of that of the title; None where there is no title any more.
        language: that of whoever suggested it, in which they are thanked.
        area: name of its area.
        street: name of its street, where it has one.
        by: who suggested it: `visitor`, or a name.
        has_contact: whether whoever suggested it hears of the decision by mail.
        takes_messages: whether they want to get the messages for the entry, too.
        answer: why it was refused, or what was done.
        table_host: at whose table it came in; None when at none, or it is long ago.
    """

    id: int
    kind: SuggestionKind
    state: SuggestionState
    made_on: AssetDraft | None
    draft: AssetDraft | None
    asset_id: int | None
    asset_kind: AssetKind | None
    title: str
    title_language: str | None
    area: str | None
    street: str | None
    note: str
    reason: ReportReason | None
    by: str
    language: str
    has_contact: bool
    takes_messages: bool
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    answer: str
    table_host: str | None


def about(session: Session, found: Suggestion) -> Waiting:
    """A suggestion with the title and the place in words of what it is about."""
    asset = None if found.asset_id is None else session.get(Asset, found.asset_id)
    draft, made_on = _drafted(found.draft), _drafted(found.made_on)
    area, street = place_words(session, asset, draft)
    if asset is None and draft is not None and draft.kind == AssetKind.person:
        lookups.mark_suggested(session)
    entry = asset if asset is not None else draft
    kind = None if entry is None else entry.kind
    return Waiting(
        id=found.id,
        kind=SuggestionKind(found.kind),
        state=SuggestionState(found.state),
        made_on=made_on,
        draft=draft,
        asset_id=found.asset_id,
        asset_kind=None if kind is None else AssetKind(kind),
        title=entry.title if entry is not None else "",
        title_language=entry.language if entry is not None else None,
        area=area,
        street=street,
        note=found.note,
        reason=None if found.reason is None else ReportReason(found.reason),
        by=found.suggested_by,
        language=found.language,
        has_contact=found.contact is not None,
        takes_messages=found.takes_messages,
        created_at=found.created_at,
        decided_at=found.decided_at,
        decided_by=found.decided_by,
        answer=found.answer,
        table_host=None if found.table_id is None else table_evenings.host_of(session, found.table_id),
    )


def _drafted(values: Mapping[str, Any] | None) -> AssetDraft | None:
    return None if values is None else AssetDraft.model_validate(values)


def prepared(session: Session, draft: AssetDraft, asset: Asset | None) -> tuple[AssetDraft, AssetDraft | None]:
    """The draft as it may be stored, and the entry's values to compare it with."""
    inventory.check_words(session, draft)
    if asset is None:
        return draft.model_copy(update={"place": _general(session, draft)}), None
    if draft.kind != asset.kind and AssetKind.person in (draft.kind, asset.kind):
        raise Invalid.at("/kind", "A person cannot become something else, nor something else a person.")
    made_on = inventory.as_draft(session, asset)
    same = draft.kind == asset.kind and _same_place(session, draft, asset)
    place = made_on.place if same else _general(session, draft)
    return draft.model_copy(update={"place": place, "started_on": draft.started_on or made_on.started_on}), made_on


def _general(session: Session, draft: AssetDraft) -> PlaceDraft:
    """The place as it may be stored: of a person only what is shown; of a thing its shape in the storage CRS."""
    place = places.resolve(session, draft.kind, draft.place)
    if draft.kind == AssetKind.person:
        shown: dict[str, Any] = {"show": place.placement}
        if place.placement != Placement.none and place.area_id is not None:
            shown["area"] = session.scalar(select(Area.code).where(Area.id == place.area_id))
        if place.placement == Placement.street and place.street_id is not None:
            shown["street"] = session.scalar(select(Street.name).where(Street.id == place.street_id))
        return PlaceDraft(**shown)
    if draft.kind == AssetKind.street_initiative or place.geom is None:
        return draft.place
    return PlaceDraft(crs=f"EPSG:{place.srid}", geometry=shapely.geometry.mapping(place.geom))


def _same_place(session: Session, draft: AssetDraft, asset: Asset) -> bool:
    """Whether the draft's place is the one that the entry has."""
    place = places.resolve(session, draft.kind, draft.place)
    if draft.kind == AssetKind.person:
        return (place.placement, place.area_id, place.street_id) == (asset.placement, asset.area_id, asset.street_id)
    if place.geom is None or asset.geom is None:
        return False
    return bool(shapely.hausdorff_distance(place.geom, to_shape(asset.geom)) <= SAME_PLACE_M)


def place_words(session: Session, asset: Asset | None, draft: AssetDraft | None) -> tuple[str | None, str | None]:
    """Names of the area and the street of an entry, or of the draft of a new one."""
    if asset is not None:
        area_id, street_id = asset.area_id, asset.street_id
        if asset.kind == AssetKind.street_initiative:
            street_id = next((one.street_id for one in inventory.stretches_of(session, asset.id)), None)
    elif draft is None:
        return None, None
    else:
        try:
            place = places.resolve(session, draft.kind, draft.place)
        except (Invalid, NotFound):
            return None, None
        area_id = place.area_id
        street_id = place.stretches[0].street_id if place.stretches else place.street_id
        if area_id is None and place.geom is not None:
            area_id = places.smallest_area(session, place.geom)
    area = None if area_id is None else session.scalar(select(Area.name).where(Area.id == area_id))
    street = None if street_id is None else session.scalar(select(Street.name).where(Street.id == street_id))
    return area, street
