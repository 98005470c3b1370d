"""Freshness: how recently an entry was heard of, kept as date ranges so that any date can be asked."""

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from assets.sql import statement
from assets.vocabulary import FRESH_MONTHS, AssetKind, Freshness


def keep(session: Session, asset_ids: Sequence[int] | None) -> int:
    """How many assets got other dates of being fresh and active; None recomputes every asset.

    The kept links of street initiatives learn the same dates, and their themes.

    Rule: domain, Freshness. The clock runs from the start, each confirmation, recorded activity or change by the
    owner; fresh within the window of its kind, active within twice the window, and never outside start and end.
    """
    session.flush()
    done = session.execute(
        statement("keep_freshness"),
        {"ids": None if asset_ids is None else list(asset_ids), "windows": json.dumps(FRESH_MONTHS)},
    )
    if asset_ids is None or _may_have_links(session, asset_ids):
        session.execute(statement("keep_counting"), {"ids": None if asset_ids is None else list(asset_ids)})
    _forget(session, asset_ids)
    return int(done.rowcount)  # type: ignore[attr-defined]


def _may_have_links(session: Session, asset_ids: Sequence[int]) -> bool:
    """False when the session holds all these assets and none of them is a street initiative."""
    from assets.inventory import Asset

    held = {asset.id: asset.kind for asset in session.identity_map.values() if isinstance(asset, Asset)}
    return any(held.get(asset_id) in (None, AssetKind.street_initiative) for asset_id in asset_ids)


def _forget(session: Session, asset_ids: Sequence[int] | None) -> None:
    """Let the session read the new ranges again when it holds the asset."""
    from assets.inventory import Asset

    for held in session.identity_map.values():
        if isinstance(held, Asset) and (asset_ids is None or held.id in asset_ids):
            session.expire(held, ["active_on", "fresh_on"])


def word(kind_dates: object, active_dates: object, on: date) -> Freshness:
    """Fresh, ageing or faded on a date, from an asset's `fresh_on` and `active_on` ranges."""
    if any(on in part for part in kind_dates):  # type: ignore[attr-defined]
        return Freshness.fresh
    return Freshness.ageing if any(on in part for part in active_dates) else Freshness.faded  # type: ignore[attr-defined]
