"""Where an asset is, for its page: in words that a neighbour would use, and as a small picture."""

from threading import Lock
from typing import Any

from cachetools import LRUCache
from markupsafe import Markup
from sqlalchemy.orm import Session

from app import i18n
from assets import browse, whereabouts
from assets.whereabouts import CaredFor
from maps import still

_pictures: LRUCache[Any, Markup | None] = LRUCache(512)
_keeping = Lock()


def lines(session: Session, asset_id: int, asset: dict[str, Any], speaker: i18n.Translator) -> list[str]:
    """Where it is, a line for each street that is cared for; empty when nothing is known."""
    say = speaker.gettext
    if asset["placement"] == "none":
        return [say("without a place on the map")]
    area, street = asset["area_name"], asset["street"]
    streets = [stretch_words(one, speaker) for one in whereabouts.cared_for(session, asset_id)]
    if streets:
        return [*streets, *([say("in %(area)s") % {"area": area}] if area else [])]
    if not street and (near := whereabouts.street_near(session, asset_id)) is not None:
        return [say("by %(street)s in %(area)s") % {"street": near, "area": area}] if area else [near]
    if street and area:
        return [say("%(street)s in %(area)s") % {"street": street, "area": area}]
    return [say("in %(area)s") % {"area": area}] if area else []


def stretch_words(one: CaredFor, speaker: i18n.Translator) -> str:
    """A street that is cared for: the whole of it, or the part between two others."""
    say = speaker.gettext
    if one.whole:
        return say("%(street)s, the whole street") % {"street": one.street}
    if one.first and one.last and one.first != one.last:
        names = {"street": one.street, "first": one.first, "last": one.last}
        return say("%(street)s between %(first)s and %(last)s") % names
    if corner := one.first or one.last:
        return say("%(street)s, a stretch from %(corner)s") % {"street": one.street, "corner": corner}
    return say("%(street)s, a stretch of it") % {"street": one.street}


def picture(session: Session, asset_id: int) -> Markup | None:
    """A small still map, kept as long as the data does not change; None for persons and without a place."""
    key = (session.get_bind().engine.url, browse.data_version(session), asset_id)
    with _keeping:
        if key in _pictures:
            return _pictures[key]
    found = whereabouts.surroundings(session, asset_id, aspect=still.WIDTH / still.HEIGHT)
    made = None if found is None else still.picture(found.kind, found.shape, found.lines, found.window)
    with _keeping:
        _pictures[key] = made
    return made
