"""Activities: what happened, when, with how many. The evidence of energy and of freshness."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, consents, energy, freshness, history, people
from assets.base import Base, now, one_of
from assets.drafts import ActivityDraft
from assets.errors import Invalid, NotFound, Stale
from assets.permissions import Permission, Viewer
from assets.vocabulary import ActivityKind, AssetKind


class Activity(Base):
    """Something that an asset did on a date; a confirmation ("still there") counts as one of one participant."""

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint(one_of("kind", ActivityKind), name="kind"),
        CheckConstraint("participants BETWEEN 1 AND 100000", name="participants"),
        CheckConstraint("hours > 0 AND hours <= 24", name="hours"),
        CheckConstraint("held_on BETWEEN '1900-01-01' AND '2200-12-31'", name="held_on"),
        Index("ix_activity_asset_id_held_on", "asset_id", "held_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    held_on: Mapped[date] = mapped_column(Date)
    participants: Mapped[int] = mapped_column(Integer)
    hours: Mapped[float | None] = mapped_column(Double)
    note: Mapped[str] = mapped_column(Text, server_default="")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = now()
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def get(session: Session, activity_id: int, *, lock: bool = False) -> Activity:
    """The activity with this id; NotFound when there is none."""
    found = session.get(Activity, activity_id, with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no activity with the number {id}.", id=activity_id)
    return found


def add(session: Session, draft: ActivityDraft, *, by: Viewer, today: date | None = None) -> Activity:
    """The activity just recorded; its asset's freshness is kept in the same transaction."""
    communities.require_of(session, by, Permission.activity_write, draft.asset_id)
    _check(session, draft, today or date.today())
    activity = Activity(**draft.model_dump(), recorded_by=by.name)
    session.add(activity)
    session.flush()
    history.note(
        session,
        "activity",
        activity.id,
        "added",
        by=by.name,
        after=draft.model_dump(mode="json"),
        about=[draft.asset_id],
    )
    freshness.keep(session, [draft.asset_id])
    energy.keep(session, [draft.asset_id])
    return activity


def _require(session: Session, by: Viewer, activity: Activity) -> None:
    missing = NotFound("There is no activity with the number {id}.", id=activity.id)
    communities.require_of(session, by, Permission.activity_write, activity.asset_id, missing=missing)


def change(
    session: Session,
    activity_id: int,
    draft: ActivityDraft,
    *,
    by: Viewer,
    if_version: int | None = None,
    today: date | None = None,
) -> Activity:
    """The activity with its new values; Stale when it is no longer at `if_version`."""
    activity = get(session, activity_id, lock=True)
    _require(session, by, activity)
    communities.require_of(session, by, Permission.activity_write, draft.asset_id)
    _still(activity, if_version)
    consents.require_open(session, activity.asset_id)
    _check(session, draft, today or date.today())
    before, touched = as_draft(activity), {activity.asset_id, draft.asset_id}
    for name, value in draft.model_dump().items():
        setattr(activity, name, value)
    activity.version += 1
    activity.changed_at = func.now()
    session.flush()
    history.note(
        session,
        "activity",
        activity.id,
        "changed",
        by=by.name,
        before=before.model_dump(mode="json"),
        after=draft.model_dump(mode="json"),
        about=sorted(touched),
    )
    freshness.keep(session, sorted(touched))
    energy.keep(session, sorted(touched))
    return activity


def remove(session: Session, activity_id: int, *, by: Viewer, if_version: int | None = None) -> None:
    """Take an activity away; the history keeps what it said."""
    activity = get(session, activity_id, lock=True)
    _require(session, by, activity)
    _still(activity, if_version)
    before = as_draft(activity).model_dump(mode="json")
    asset_id = activity.asset_id
    session.execute(delete(Activity).where(Activity.id == activity_id))
    history.note(session, "activity", activity_id, "removed", by=by.name, before=before, about=[asset_id])
    freshness.keep(session, [asset_id])
    energy.keep(session, [asset_id])


def of_asset(session: Session, asset_id: int) -> list[Activity]:
    """All activities of one asset, newest first."""
    query = select(Activity).where(Activity.asset_id == asset_id).order_by(Activity.held_on.desc(), Activity.id.desc())
    return list(session.scalars(query))


def as_draft(activity: Activity) -> ActivityDraft:
    """The draft that would make this activity again."""
    return ActivityDraft(
        asset_id=activity.asset_id,
        kind=ActivityKind(activity.kind),
        held_on=activity.held_on,
        participants=activity.participants,
        hours=activity.hours,
        note=activity.note,
    )


def _still(activity: Activity, if_version: int | None) -> None:
    if if_version is not None and activity.version != if_version:
        raise Stale("Someone else changed this activity in the meantime; fetch it again.")


def _check(session: Session, draft: ActivityDraft, today: date) -> None:
    from assets.inventory import Asset

    if draft.held_on > today:
        raise Invalid.at("/held_on", "An activity is recorded after it happened; this date lies in the future.")
    kind = session.scalar(select(Asset.kind).where(Asset.id == draft.asset_id))
    if kind is None or consents.is_closed(session, draft.asset_id):
        raise Invalid.at("/asset_id", "There is no asset with the number {id}.", id=draft.asset_id)
    if kind == AssetKind.person and draft.note:
        # a person's texts may not hold a way to reach them (domain, People come first, rule 3)
        streets = people.streets_in(session, draft.note)
        people.refuse_personal_data(draft.note, "/note", refused=people.of_person(streets))
