"""The sample neighbourhood: a made-up Dutch quarter that an empty map shows.

The municipality Lichterwaard (GM9999), its quarter Veerkwartier and the neighbourhoods Oude Veer and Zonnehof do not
exist. They are drawn in open water, in the middle of the Markermeer, so that they pretend to be nobody's street plan.
Nobody in them is a real person. What the files hold and how to edit them by hand is in the README beside them.

It comes in by the doors that everybody uses: the importers for areas and streets, the domain functions for entries,
activities, conversations, measurements and consents.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from assets import (
    activities,
    communities,
    connections,
    consents,
    conversations,
    crs,
    history,
    importers,
    inventory,
    measurements,
    names,
    street_search,
)
from assets.areas import Area
from assets.communities import Community
from assets.conversations import Conversation
from assets.drafts import ActivityDraft, AmbitionDraft, AssetDraft, ConversationDraft, MeasurementDraft
from assets.errors import Conflict, Invalid, NotFound
from assets.import_batches import ImportBatch
from assets.inventory import Asset
from assets.links import Stretch
from assets.measurements import Measurement
from assets.permissions import Viewer
from assets.streets import Segment, Street
from assets.vocabulary import Audience, ConnectionKind, Role

FOLDER = Path(__file__).parent
#: What the rows of the sample name as where they come from.
SOURCE = "sample"
MUNICIPALITY = "GM9999"
#: The day that counts as today in the data.
REFERENCE_DAY = date(2026, 11, 23)
#: What stands in the history as the one who did it.
LOADER = Viewer(name=names.SAMPLE, role=Role.admin)

DATES = ("started_on", "ended_on", "confirmed_on", "held_on", "given_on", "expires_on", "measured_on", "since")
WORDING_VERSION = "sample-1"
WORDING = (
    "Mag uw talent op de kaart staan? U kiest wie het ziet. Uw naam, uw adres en uw nummer staan er nooit bij. "
    "U kunt het altijd veranderen of weghalen."
)


@dataclass(frozen=True)
class Removed:
    """What went when the sample went.

    Attributes:
        entries: entries of the sample itself.
        own: titles of entries that others had put on its streets and squares; they went too, for there is no such
            place any more.
    """

    entries: int
    own: tuple[str, ...]


def fits(session: Session) -> bool:
    """Whether this database keeps its geometry in a CRS in which the sample can be drawn."""
    storage = crs.storage(session)
    west, south, east, north = 148_500.0, 504_000.0, 152_000.0, 506_500.0
    corners = shapely.MultiPoint([(west, south), (east, south), (east, north), (west, north)])
    return storage.holds(crs.transform(corners, crs.RD, storage.srid))


def wanted(session: Session) -> bool:
    """Whether the sample belongs in this database: nothing was ever brought into it, and the sample fits its CRS.

    A sample that was removed is not wanted again: the record of its import stays.
    """
    for table in (Area, Asset, ImportBatch):
        if session.scalar(select(table.id).limit(1)) is not None:
            return False
    return fits(session)


def load(session: Session, *, today: date | None = None) -> None:
    """Bring the sample neighbourhood in; the caller commits.

    All dates move by as many whole weeks as lie between the data's reference day and today, so that a sample loaded
    next year is as fresh as one loaded this year and a Saturday stays a Saturday.

    Args:
        session: of the owner of the database.
        today: the day that counts as today.

    Raises:
        Conflict: the sample is there already.
        Invalid: this database keeps its geometry in a CRS whose area of use is somewhere else.
    """
    if communities.sample(session) is not None:
        raise Conflict("The sample neighbourhood is on the map already.")
    if not fits(session):
        raise Invalid("The sample neighbourhood lies in the Netherlands, outside the storage CRS of this database.")
    day = today or date.today()
    community = Community(slug="sample", name="Veerkwartier (voorbeeld)", is_sample=True)
    session.add(community)
    session.flush()
    importers.import_areas(session, FOLDER / "areas.geojson", by=LOADER.name, source=SOURCE)
    importers.import_streets(session, FOLDER / "streets.geojson", by=LOADER.name, source=SOURCE)
    ids: dict[str, int] = {}
    answers: dict[int, dict[str, Any]] = {}
    for entry in _entries("assets.json", day):
        key, consent = entry.pop("key"), entry.pop("consent", None)
        asset = inventory.add(
            session, _draft(entry), by=LOADER, community_id=community.id, source=SOURCE, source_key=key, today=day
        )
        ids[key] = asset.id
        if consent is not None:
            answers[asset.id] = consent
    for entry in _entries("activities.json", day):
        draft = ActivityDraft(asset_id=ids[entry.pop("asset")], **entry)
        activities.add(session, draft, by=LOADER, today=day)
    for entry in _entries("connections.json", day):
        since = date.fromisoformat(entry["since"]) if "since" in entry else None
        kind = ConnectionKind(entry["kind"])
        connections.add(session, ids[entry["from"]], kind, ids[entry["to"]], by=LOADER, since=since)
    for asset_id, consent in answers.items():  # last: nothing is connected to somebody whose consent ran out
        _agree(session, asset_id, consent)
    for entry in _entries("conversations.json", day):
        # by number: another municipality may have a street of this name
        street_id = street_search.the_street(session, name=entry.pop("street"), area=MUNICIPALITY)
        draft_of_talk = ConversationDraft(street_id=street_id, **entry)
        conversations.add(session, draft_of_talk, by=LOADER, community_id=community.id, today=day)
    for entry in _entries("measurements.json", day):
        measured = MeasurementDraft.model_validate({"area": MUNICIPALITY, **entry})
        measurements.add(session, measured, by=LOADER, today=day)
    for entry in _entries("ambitions.json", day):
        measurements.set_ambition(session, entry.pop("area"), AmbitionDraft.model_validate(entry), by=LOADER)
    session.flush()


def remove(session: Session) -> Removed:
    """What was taken away: the sample with its areas, streets and all that stood on them; the caller commits.

    History keeps that it was there; the record of its import stays, so that it does not come back by itself.

    Raises:
        NotFound: the sample is not on the map.
    """
    community = communities.sample(session)
    if community is None:
        raise NotFound("The sample neighbourhood is not on the map.")
    streets = select(Street.id).where(Street.source == SOURCE)
    areas = select(Area.id).where(Area.source == SOURCE)
    sample_entry = Asset.community_id == community.id
    on_its_streets = select(Stretch.asset_id).where(Stretch.street_id.in_(streets))
    there = or_(sample_entry, Asset.id.in_(on_its_streets), Asset.area_id.in_(areas), Asset.street_id.in_(streets))
    found = session.execute(select(Asset.id, Asset.title, Asset.community_id).where(there).order_by(Asset.id)).all()
    others = [row for row in found if row.community_id != community.id]
    for row in others:
        history.note(session, "asset", row.id, "removed", by=LOADER.name)
    session.execute(delete(Asset).where(Asset.id.in_([row.id for row in found])))
    session.execute(delete(Conversation).where(Conversation.street_id.in_(streets)))
    session.execute(delete(Measurement).where(Measurement.street_id.in_(streets)))
    session.execute(delete(Segment).where(Segment.source == SOURCE))
    session.execute(delete(Street).where(Street.source == SOURCE))
    session.execute(delete(Area).where(Area.source == SOURCE))
    session.delete(community)
    session.flush()
    session.expire_all()
    return Removed(len(found) - len(others), tuple(row.title for row in others))


def _entries(name: str, today: date) -> Iterator[dict[str, Any]]:
    """The entries of one file, with every date moved to where it lies as seen from today."""
    moved = timedelta(weeks=(today - REFERENCE_DAY).days // 7)
    for entry in json.loads((FOLDER / name).read_text(encoding="utf-8")):
        yield _moved(entry, moved)


def _moved(entry: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """The entry with its dates moved, also those of the consent inside it."""
    found = dict(entry)
    for name, value in entry.items():
        if name in DATES:
            found[name] = (date.fromisoformat(value) + by).isoformat()
        elif name == "recurrence_start":
            found[name] = (datetime.fromisoformat(value) + by).isoformat(timespec="minutes")
        elif name == "consent":
            found[name] = _moved(value, by)
    return found


def _draft(entry: dict[str, Any]) -> AssetDraft:
    """The draft of an entry: its streets are those of this municipality, and loading it is no sign of life."""
    place = dict(entry["place"])
    if "stretches" in place:
        place["stretches"] = [{"area": MUNICIPALITY, **stretch} for stretch in place["stretches"]]
    return AssetDraft.model_validate({"confirmed_on": entry["started_on"], **entry, "place": place})


def _agree(session: Session, asset_id: int, consent: dict[str, Any]) -> None:
    """Record what a made-up person agreed to."""
    ends = consent.get("expires_on")
    consents.record(
        session,
        asset_id,
        audience=Audience(consent["audience"]),
        wording_version=WORDING_VERSION,
        wording=WORDING,
        language="nl",
        given_on=date.fromisoformat(consent["given_on"]),
        by=LOADER.name,
        expires_on=date.fromisoformat(ends) if ends else None,
    )
