"""How an entry leaves the map and comes back: `end` for what stopped, `restore` for what was taken off.

What never should have been there is taken off with `inventory.retire`. What stopped gets an end: its page says since
when, and the timeline still shows it in the years before (docs/decisions/0034).
"""

from datetime import date

from sqlalchemy import func
from sqlalchemy.orm import Session

from assets import communities, energy, freshness, history, inventory, links
from assets.errors import Conflict
from assets.inventory import Asset
from assets.permissions import Permission, Viewer
from assets.vocabulary import AssetKind, AssetState


def end(session: Session, asset_id: int, *, by: Viewer, on: date | None = None, today: date | None = None) -> Asset:
    """The asset with the day from which on it is no longer there.

    One that had ended by then stays as it is; one that had not begun ends on the day it would have.

    Raises:
        NotFound, NotAllowed: nothing is changed.
    """
    now = today or date.today()
    asset = inventory.get(session, asset_id, lock=True)
    day = max(on or now, asset.started_on)
    if asset.ended_on is not None and asset.ended_on <= day and asset.state != AssetState.retired:
        return asset
    draft = inventory.as_draft(session, asset).model_copy(update={"ended_on": day})
    return inventory.change(session, asset_id, draft, by=by, keep_place=True, today=now)


def restore(session: Session, asset_id: int, *, by: Viewer) -> Asset:
    """The asset, back on the map as it was when it was taken off; that is no sign of life.

    Raises:
        NotFound, NotAllowed: nothing is changed.
        Conflict: it is on the map already.
    """
    communities.require_of(session, by, Permission.asset_write, asset_id)
    if inventory.get(session, asset_id).kind == AssetKind.street_initiative:
        links.hold_streets(session)
    asset = inventory.get(session, asset_id, lock=True)
    if asset.state != AssetState.retired:
        raise Conflict("This entry is on the map already.")
    asset.state = AssetState.published
    asset.version += 1
    asset.changed_at = func.now()
    freshness.keep(session, [asset.id])
    energy.keep(session, [asset.id])
    before, after = {"state": AssetState.retired.value}, {"state": asset.state}
    history.note(session, "asset", asset.id, "restored", by=by.name, before=before, after=after)
    return asset
