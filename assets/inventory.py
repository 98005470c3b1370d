"""The inventory: every asset of the neighbourhood, and the one way to add, change, confirm and retire it."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    delete,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import activities, communities, crs, energy, freshness, history, links, lookups, people, places, recurrence
from assets.base import Base, found_by, geometry, gist, mercator, now, one_of
from assets.drafts import ActivityDraft, AssetDraft, Gift, PlaceDraft
from assets.errors import Conflict, Invalid, NotFound, Stale
from assets.links import Stretch
from assets.permissions import Permission, Viewer, communities_of, holds, require
from assets.sql import statement
from assets.vocabulary import ActivityKind, AssetKind, AssetState, Placement, Theme

THEMES = ", ".join(f"'{theme}'" for theme in Theme)


class Asset(Base):
    """Anything that a neighbourhood can build on.

    `signs` are the days on which its owner added, changed or confirmed it. `active_on` and `fresh_on` follow from
    them, from its activities and from its dates (assets/freshness.py). `recurrence` is a rule of iCalendar with its
    first moment as local time (assets/recurrence.py): what it promises is no sign of life and no energy.
    """

    __tablename__ = "asset"
    __table_args__ = (
        CheckConstraint(one_of("kind", AssetKind), name="kind"),
        CheckConstraint(one_of("state", AssetState), name="state"),
        CheckConstraint(one_of("placement", Placement), name="placement"),
        CheckConstraint(f"themes <@ ARRAY[{THEMES}]", name="themes"),
        CheckConstraint("jsonb_typeof(gifts) = 'array'", name="gifts"),
        CheckConstraint("length(title) BETWEEN 1 AND 200 AND length(description) <= 4000", name="words"),
        CheckConstraint("started_on BETWEEN '1900-01-01' AND '2200-12-31'", name="started_on"),
        CheckConstraint("ended_on IS NULL OR ended_on BETWEEN started_on AND '2200-12-31'", name="dates"),
        CheckConstraint("member_count BETWEEN 0 AND 100000", name="member_count"),
        CheckConstraint(
            "(recurrence IS NULL) = (recurrence_start IS NULL)"
            " AND (recurrence_minutes IS NULL OR recurrence IS NOT NULL)"
            " AND (recurrence_minutes IS NULL OR recurrence_minutes BETWEEN 1 AND 10080)"
            " AND (recurrence IS NULL OR length(recurrence) BETWEEN 1 AND 250)"
            " AND (recurrence_start IS NULL OR recurrence_start BETWEEN '1900-01-01' AND '2200-12-31 23:59:59')",
            name="recurrence",
        ),
        CheckConstraint(
            "CASE kind"
            " WHEN 'person' THEN placement <> 'exact' AND (placement = 'none') = (geom IS NULL)"
            " AND (geom IS NULL OR geometrytype(geom) = 'POINT')"
            " WHEN 'street_initiative' THEN placement = 'exact' AND geom IS NOT NULL"
            " AND geometrytype(geom) = 'MULTILINESTRING'"
            " ELSE placement = 'exact' AND geom IS NOT NULL"
            " AND geometrytype(geom) IN ('POINT', 'POLYGON', 'MULTIPOLYGON') END",
            name="geom",
        ),
        CheckConstraint("geom IS NULL OR (st_isvalid(geom) AND NOT st_isempty(geom))", name="geom_valid"),
        gist("asset", "geom"),
        gist("asset", "geom_3857"),
        Index("ix_asset_area_id", "area_id"),
        Index("ix_asset_community_id", "community_id"),
        Index("uq_asset_source", "source", "source_key", unique=True),
        Index("ix_asset_kind_id", "kind", "id"),
        Index("ix_asset_recurring", "area_id", postgresql_where=text("recurrence IS NOT NULL")),
        Index("ix_asset_words", "words", postgresql_using="gin"),
        Index("ix_asset_names", "names", postgresql_using="gin", postgresql_ops={"names": "gin_trgm_ops"}),
        Index("ix_asset_talents", "talents", postgresql_using="gin", postgresql_ops={"talents": "gin_trgm_ops"}),
        Index("ix_asset_gifts", "gifts", postgresql_using="gin", postgresql_ops={"gifts": "jsonb_path_ops"}),
        Index("ix_asset_street_id", "street_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    themes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    gifts: Mapped[Any] = mapped_column(JSONB, server_default="[]")
    state: Mapped[str] = mapped_column(Text)
    started_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    placement: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    street_id: Mapped[int | None] = mapped_column(ForeignKey("street.id", ondelete="SET NULL"))
    geom: Mapped[Any | None] = geometry("GEOMETRY", nullable=True)
    geom_3857: Mapped[Any | None] = mercator()
    rhythm: Mapped[str | None] = mapped_column(Text)
    recurrence: Mapped[str | None] = mapped_column(Text)
    recurrence_start: Mapped[datetime | None] = mapped_column(DateTime())
    recurrence_minutes: Mapped[int | None] = mapped_column(Integer)
    open_to_newcomers: Mapped[bool | None] = mapped_column(Boolean)
    resident_run: Mapped[bool | None] = mapped_column(Boolean)
    wheelchair_accessible: Mapped[bool | None] = mapped_column(Boolean)
    member_count: Mapped[int | None] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(Text, server_default="nl")
    signs: Mapped[list[date]] = mapped_column(ARRAY(Date), server_default="{}")
    active_on: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default=text("'{}'"))
    fresh_on: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default=text("'{}'"))
    source: Mapped[str | None] = mapped_column(Text)
    source_key: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = now()
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(Text)
    # kept by the database for assets/search.py
    words: Mapped[Any | None] = found_by(TSVECTOR, "words_of(title, gifts, rhythm, description)")
    names: Mapped[Any | None] = found_by(Text, "folded(title)")
    talents: Mapped[Any | None] = found_by(Text, "talents_of(gifts)")


@event.listens_for(Asset, "load")
def _read(asset: Asset, context: Any) -> None:
    """Whoever loads a person's entry reads more than what is public; app/database.py writes down for whom."""
    if asset.__dict__.get("kind") == AssetKind.person:
        lookups.mark(context.session, [asset.id])


def get(session: Session, asset_id: int, *, lock: bool = False) -> Asset:
    """The asset with this id in any state; NotFound when there is none."""
    asset = session.get(Asset, asset_id, with_for_update=lock or None)
    if asset is None:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    return asset


def visible(session: Session, viewer: Viewer, asset_ids: Collection[int]) -> set[int]:
    """Of these entries, those that the viewer may see: public ones, and those of communities for which they write.

    Somebody who withdrew is seen by nobody.

    Args:
        session: with the rights of the owner.
        viewer: who asks.
        asset_ids: numbers, of which some may be no entry at all.
    """
    mine: list[int] | None = None
    if viewer.roles is not None or not holds(viewer, Permission.asset_write):
        mine = communities_of(viewer, Permission.asset_write)
    rows = session.execute(statement("visible_assets"), {"ids": sorted(asset_ids), "communities": mine})
    return {row.id for row in rows}


def add(
    session: Session,
    draft: AssetDraft,
    *,
    by: Viewer,
    community_id: int | None = None,
    source: str | None = None,
    source_key: str | None = None,
    today: date | None = None,
) -> Asset:
    """The asset just stored and published.

    In this order: permission, words, place (generalised for a person), the row, its stretches and links, history,
    freshness. A person is stored for builders only; others see them once there is a consent (assets/consents.py).

    Args:
        draft: what was handed in.
        by: who hands it in.
        community_id: whose map it is on; the community of `by`, or the first one, when not given.
        source: the import it comes from, with `source_key` its identity there; together they are unique.
        today: the day that counts as today.

    Raises:
        NotAllowed: the role may not write.
        Invalid: a place or text that cannot be used, with the reason and where it stands.
        Conflict: this source and key are there already.
    """
    require(by, Permission.asset_write)
    community_id = community_id or by.community_id or communities.default_id(session)
    require(by, Permission.asset_write, community_id)
    day = today or date.today()
    check_words(session, draft)
    if draft.kind == AssetKind.street_initiative:
        links.hold_streets(session)
    place = places.resolve(session, draft.kind, draft.place)
    asset = Asset(
        community_id=community_id,
        state=AssetState.published,
        source=source,
        source_key=source_key,
        created_by=by.name,
        signs=[_sign_of(draft, day)],
    )
    if source_key is not None and _of_source(session, source, source_key) is not None:
        raise Conflict("This entry of {source} was imported before.", source=source)
    _fill(asset, draft, place, day)
    session.add(asset)
    session.flush()
    _store_stretches(session, asset, place)
    history.note(session, "asset", asset.id, "added", by=by.name, after=told(draft))
    freshness.keep(session, [asset.id])
    return asset


def change(
    session: Session,
    asset_id: int,
    draft: AssetDraft,
    *,
    by: Viewer,
    if_version: int | None = None,
    keep_place: bool = False,
    sign: bool = True,
    today: date | None = None,
) -> Asset:
    """The asset with the values of a new draft; the change counts as a sign of life.

    Args:
        asset_id: which asset.
        draft: all its new values.
        by: who changes it.
        if_version: refuse (Stale) when it is no longer at this version.
        keep_place: leave the place and the stretches as they are, whatever the draft says.
        sign: whether it is a sign of life; taking a change back is none.
        today: the day that counts as today.

    Raises:
        NotFound, NotAllowed, Invalid, Stale: nothing is changed.
    """
    communities.require_of(session, by, Permission.asset_write, asset_id)
    day = today or date.today()
    if draft.kind == AssetKind.street_initiative:
        links.hold_streets(session)
    asset = get(session, asset_id, lock=True)
    if if_version is not None and asset.version != if_version:
        raise Stale("Someone else changed this entry in the meantime; fetch it again.")
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    check_words(session, draft)
    if draft.kind != asset.kind and AssetKind.person in (draft.kind, asset.kind):
        raise Invalid.at("/kind", "A person cannot become something else, nor something else a person.")
    if draft.kind != asset.kind and AssetKind.street_initiative in (draft.kind, asset.kind) and keep_place:
        raise Invalid.at("/kind", "A street initiative has stretches of street; give the place as well.")
    stored = as_draft(session, asset)
    place = None if keep_place else places.resolve(session, draft.kind, draft.place)
    _fill(asset, draft, place, asset.started_on if draft.started_on is None else day)
    if sign:
        asset.signs = sorted({*asset.signs, _sign_of(draft, day)})
    asset.version += 1
    asset.changed_at = func.now()
    session.flush()
    if place is not None:
        session.execute(delete(Stretch).where(Stretch.asset_id == asset.id))
        _store_stretches(session, asset, place)
    said = draft.model_copy(update={"place": stored.place}) if keep_place else draft
    history.note(session, "asset", asset.id, "changed", by=by.name, before=told(stored), after=told(said))
    freshness.keep(session, [asset.id])
    energy.keep(session, [asset.id])
    return asset


def confirm(session: Session, asset_id: int, *, by: Viewer, on: date | None = None, today: date | None = None) -> Asset:
    """The asset after someone said that it is still there: an activity of one participant.

    One is enough to bring back what had faded, everywhere and at once.

    Args:
        asset_id: which asset.
        by: who records it.
        on: the day on which it was said; today when not given.
        today: the day that counts as today.

    Raises:
        NotFound: there is no such asset, or it was retired.
        NotAllowed: the role may not record activities.
        Invalid: the day lies in the future, or the asset had not begun or had ended by then.
    """
    communities.require_of(session, by, Permission.activity_write, asset_id)
    now = today or date.today()
    day = on or now
    asset = get(session, asset_id)
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    if day < asset.started_on:
        raise Invalid.at("/on", "This entry begins on {day}; it cannot be confirmed before.", day=asset.started_on)
    if asset.ended_on is not None and day >= asset.ended_on:
        raise Invalid.at("/on", "This entry ended on {day}; change that day first.", day=asset.ended_on)
    draft = ActivityDraft(asset_id=asset.id, kind=ActivityKind.confirmation, held_on=day, participants=1)
    activities.add(session, draft, by=by, today=now)
    return asset


def retire(session: Session, asset_id: int, *, by: Viewer, if_version: int | None = None) -> Asset:
    """The asset, taken off the map; it stays in the archive with its history."""
    communities.require_of(session, by, Permission.asset_write, asset_id)
    asset = get(session, asset_id, lock=True)
    if if_version is not None and asset.version != if_version:
        raise Stale("Someone else changed this entry in the meantime; fetch it again.")
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    before = asset.state
    asset.state = AssetState.retired
    asset.version += 1
    asset.changed_at = func.now()
    freshness.keep(session, [asset.id])
    energy.keep(session, [asset.id])
    history.note(
        session, "asset", asset.id, "retired", by=by.name, before={"state": before}, after={"state": asset.state}
    )
    return asset


def forget_sign(session: Session, asset: Asset, day: date) -> None:
    """Take a sign of life away that was none after all."""
    asset.signs = [sign for sign in asset.signs if sign != day]
    freshness.keep(session, [asset.id])
    energy.keep(session, [asset.id])


def as_draft(session: Session, asset: Asset) -> AssetDraft:
    """The draft that would make this asset again: coordinates in the storage CRS."""
    storage = crs.storage(session)
    place: dict[str, Any] = {"crs": f"EPSG:{storage.srid}"}
    if asset.kind == AssetKind.street_initiative:
        place["stretches"] = [_stretch_as_draft(stretch) for stretch in stretches_of(session, asset.id)]
    elif asset.kind == AssetKind.person:
        place["show"] = asset.placement
        place |= _shown_place(session, asset)
    else:
        place["geometry"] = None if asset.geom is None else shapely.geometry.mapping(to_shape(asset.geom))
    return AssetDraft(
        kind=AssetKind(asset.kind),
        title=asset.title,
        description=asset.description,
        themes=[Theme(theme) for theme in asset.themes],
        gifts=[Gift(**gift) for gift in asset.gifts],
        started_on=asset.started_on,
        ended_on=asset.ended_on,
        rhythm=asset.rhythm,
        recurrence=asset.recurrence,
        recurrence_start=asset.recurrence_start,
        recurrence_minutes=asset.recurrence_minutes,
        open_to_newcomers=asset.open_to_newcomers,
        resident_run=asset.resident_run,
        wheelchair_accessible=asset.wheelchair_accessible,
        member_count=asset.member_count,
        language=asset.language,
        place=PlaceDraft(**place),
    )


def stretches_of(session: Session, asset_id: int) -> list[Stretch]:
    """The stretches of one street initiative, in the order in which they were given."""
    return list(session.scalars(select(Stretch).where(Stretch.asset_id == asset_id).order_by(Stretch.position)))


def _of_source(session: Session, source: str | None, source_key: str) -> Asset | None:
    return session.scalar(select(Asset).where(Asset.source == source, Asset.source_key == source_key))


def _stretch_as_draft(stretch: Stretch) -> dict[str, Any]:
    if stretch.whole_street or stretch.drawn is None:
        return {"street_id": stretch.street_id, "whole": True}
    return {"street_id": stretch.street_id, "line": list(to_shape(stretch.drawn).coords)}


def _shown_place(session: Session, asset: Asset) -> dict[str, Any]:
    from assets.areas import Area
    from assets.streets import Street

    shown: dict[str, Any] = {}
    if asset.placement != Placement.none and asset.area_id is not None:
        shown["area"] = session.scalar(select(Area.code).where(Area.id == asset.area_id))
    if asset.placement == Placement.street and asset.street_id is not None:
        shown["street"] = session.scalar(select(Street.name).where(Street.id == asset.street_id))
    return shown


def check_words(session: Session, draft: AssetDraft) -> None:
    """Raise Invalid where a person's texts hold a way to reach them (domain, People come first, rule 3)."""
    if draft.kind != AssetKind.person:
        return
    texts = {
        "/title": draft.title,
        "/description": draft.description,
        "/rhythm": draft.rhythm or "",
        **{f"/gifts/{index}/what": gift.what for index, gift in enumerate(draft.gifts)},
    }
    refused = people.of_person((*people.streets_in(session, *texts.values()), draft.place.street or ""))
    for pointer, words in texts.items():
        people.refuse_personal_data(words, pointer, refused=refused)


def _sign_of(draft: AssetDraft, today: date) -> date:
    """The day on which the owner is known to have said so: the one given, or today."""
    if draft.confirmed_on is not None and draft.confirmed_on > today:
        raise Invalid.at("/confirmed_on", "The day of confirmation lies in the future.")
    return draft.confirmed_on or today


def _settled(draft: AssetDraft) -> tuple[str | None, datetime | None]:
    """The recurrence as it is stored, with the first moment that the rule itself names."""
    if draft.recurrence is None or draft.recurrence_start is None:
        return None, None
    try:
        return recurrence.settled(draft.recurrence, draft.recurrence_start)
    except ValueError as refused:
        raise Invalid.at("/recurrence", str(refused)) from None


def _fill(asset: Asset, draft: AssetDraft, place: places.Place | None, day: date) -> None:
    """Copy the draft's values to the row; `day` is when it started where the draft does not say."""
    asset.kind = draft.kind
    asset.title = draft.title
    asset.description = draft.description
    asset.themes = [theme.value for theme in draft.themes]
    asset.gifts = [gift.model_dump(mode="json") for gift in draft.gifts]
    asset.started_on = draft.started_on or day
    asset.ended_on = draft.ended_on
    if asset.ended_on is not None and asset.ended_on < asset.started_on:
        raise Invalid.at("/ended_on", "The end date lies before the start date.")
    asset.rhythm = draft.rhythm
    asset.recurrence, asset.recurrence_start = _settled(draft)
    asset.recurrence_minutes = draft.recurrence_minutes
    asset.open_to_newcomers = draft.open_to_newcomers
    asset.resident_run = draft.resident_run
    asset.wheelchair_accessible = draft.wheelchair_accessible
    asset.member_count = draft.member_count
    asset.language = draft.language
    if place is not None:
        asset.placement = place.placement
        asset.area_id = place.area_id
        asset.street_id = place.street_id
        asset.geom = None if place.geom is None else from_shape(place.geom, srid=place.srid)


def _store_stretches(session: Session, asset: Asset, place: places.Place) -> None:
    """The stretches of a street initiative with what they cover, in the same transaction."""
    for position, snapped in enumerate(place.stretches):
        stretch = Stretch(
            asset_id=asset.id,
            street_id=snapped.street_id,
            position=position,
            whole_street=snapped.drawn is None,
            drawn=None if snapped.drawn is None else from_shape(snapped.drawn, srid=place.srid),
            geom=from_shape(snapped.geom, srid=place.srid),
            length_m=snapped.length_m,
        )
        session.add(stretch)
        session.flush()
        links.link(session, stretch, snapped.covered)
    if place.stretches:
        links.keep_initiative_geometry(session, [asset.id])
        session.expire(asset, ["geom", "area_id"])


def told(draft: AssetDraft) -> dict[str, Any]:
    """What the history keeps of a draft, and the mark by which an import knows a row as unchanged.

    Of a person's place only what everyone is shown: how general it is, and the area when one was named.
    """
    values = draft.model_dump(mode="json", exclude_defaults=True)
    if draft.kind == AssetKind.person:
        values["place"] = {"show": draft.place.show.value}
        if draft.place.show != Placement.none and draft.place.area is not None:
            values["place"]["area"] = draft.place.area
    return values
