"""What stands beside the properties of one asset that is asked for by its id: its connections, streets and photo.

So a panel needs one question to show an asset. Connections stand in the order in which they are shown, those of one
`kind` and `inward` after each other; the words for them are in app/words.py (CONNECTION).
"""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.api.collections import Schema, day, flag, integer, text, words
from app.parameters import today
from assets import connections, photos, relay, whereabouts
from assets.photos import Shown
from assets.vocabulary import AssetKind, ConnectionKind, Freshness

CONNECTION: Schema = {
    "type": "object",
    "required": [
        "id", "kind", "inward", "asset_id", "asset_kind", "title", "language", "freshness", "since",
    ],
    "properties": {
        "id": integer("Number of the connection.", format="int64"),
        "kind": words(ConnectionKind, "What one is to the other."),
        "inward": flag("False: this asset is it to the other; true: the other is it to this one."),
        "asset_id": integer("Number of the other asset.", format="int64"),
        "asset_kind": words(AssetKind, "What the other asset is."),
        "title": text("Its name."),
        "language": text("Language of its name."),
        "freshness": words(Freshness, "How recently it was heard of."),
        "since": day("First day of the connection.", nullable=True),
    },
}  # fmt: skip
#: Members of the Feature of one asset.
SCHEMAS: dict[str, Schema] = {
    "connections": {
        "type": "array",
        "description": "What it is connected to on the day asked; of one item only, not in lists.",
        "items": CONNECTION,
    },
    "streets": {
        "type": "array",
        "description": "The streets that a street initiative cares for, in the order given; of one item only.",
        "items": {
            "type": "object",
            "required": ["name", "whole", "first", "last"],
            "properties": {
                "name": text("Name of the street."),
                "whole": flag("Whether it cares for the whole street, or for a stretch of it."),
                "first": text("The street at one end of the stretch.", nullable=True),
                "last": text("The street at its other end.", nullable=True),
            },
        },
    },
    "photo": {
        "type": "object",
        "nullable": True,
        "description": "Its photo; null when it has none. Of one item only, not in lists.",
        "required": ["url", "width", "height", "thumb", "thumb_width", "thumb_height", "alt", "language"],
        "properties": {
            "url": text("Address on this service, as /photos/..."),
            "width": integer("Pixels.", minimum=1),
            "height": integer("Pixels.", minimum=1),
            "thumb": text("Address of the small one, of at most 400 pixels."),
            "thumb_width": integer("Pixels.", minimum=1),
            "thumb_height": integer("Pixels.", minimum=1),
            "alt": text("What is on it, for who cannot see it."),
            "language": text("Language of these words."),
        },
    },
    "message_url": text(
        "Address of the form with which one joins in or sends a message; null when nobody reads them. Where they go is "
        "told nowhere. Of one item only, not in lists, and of today only.",
        nullable=True,
    ),
}


def of_asset(session: Session, asset_id: int, *, on: date, archive: bool) -> dict[str, Any]:
    """The members of one asset."""
    return {
        "connections": [
            {
                "id": end.id,
                "kind": str(group.tie.kind),
                "inward": group.tie.inward,
                "asset_id": end.asset_id,
                "asset_kind": str(end.kind),
                "title": end.title,
                "language": end.language,
                "freshness": str(end.freshness),
                "since": end.since and end.since.isoformat(),
            }
            for group in connections.of_asset(session, asset_id, on=on, archive=archive)
            for end in group.ends
        ],
        "streets": [
            {"name": one.street, "whole": one.whole, "first": one.first, "last": one.last}
            for one in whereabouts.cared_for(session, asset_id)
        ],
        "photo": _photo(photos.of_asset(session, asset_id, archive=archive)),
        "message_url": f"/assets/{asset_id}/contact" if on == today() and relay.writable(session, asset_id) else None,
    }


def _photo(shown: Shown | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    return {
        "url": shown.url,
        "width": shown.width,
        "height": shown.height,
        "thumb": shown.small_url,
        "thumb_width": shown.small_width,
        "thumb_height": shown.small_height,
        "alt": shown.alt,
        "language": shown.language,
    }
