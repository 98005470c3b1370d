"""The feed of an area as Atom (RFC 4287) with GeoRSS, written by the library feedgen.

Every text that people wrote is of type `text` and carries its own language; feedgen writes neither, so a small
extension of it does. Feed readers forget nothing: a person stands in a feed without a point.
"""

import re
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from app import i18n, words
from assets.feeds import AreaFeed, FeedEntry
from assets.vocabulary import AssetKind, Placement

MEDIA_TYPE = "application/atom+xml"
#: Signs that no XML document can hold.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ATOM = "http://www.w3.org/2005/Atom"


def written(found: AreaFeed, *, on: date, language: i18n.Language, base: str, address: str) -> bytes:
    """The feed as XML.

    Args:
        found: what is new.
        on: today, for a feed in which nothing ever changed.
        language: of the words around what people wrote.
        base: scheme and host of this service.
        address: where this feed was asked for.
    """
    from feedgen.feed import FeedGenerator

    speaker = i18n.translator(language)
    say = speaker.gettext
    page = f"{base}/areas/{quote(found.code, safe='')}"
    feed = FeedGenerator()
    feed.load_extension("geo", rss=False)
    feed.register_extension("own", *_own_extension())
    feed.id(_identity(f"area-{found.code}"))
    feed.title(_plain(say("New in %(area)s") % {"area": found.name}))
    feed.subtitle(say("What came on the map here, and what changed."))
    feed.updated(found.changed_at or datetime.combine(on, time.min, UTC))
    feed.author(name="Vuurtoren", uri=base)
    feed.generator("Vuurtoren", uri=f"{base}/about")
    feed.language(language)
    feed.link([{"href": address, "rel": "self", "type": MEDIA_TYPE}, {"href": page, "rel": "alternate"}])
    for one in found.entries:
        entry = feed.add_entry(order="append")
        entry.id(_identity(f"asset-{one.id}-{one.created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"))
        entry.title(_plain(one.title) or say(words.KIND[one.kind]))
        entry.updated(one.changed_at)
        entry.published(one.created_at)
        entry.link(href=f"{base}/assets/{one.id}", rel="alternate")
        entry.category(
            [
                {"term": word.value, "label": say(label)}
                for word, label in ((one.kind, words.KIND[one.kind]), *((it, words.THEME[it]) for it in one.themes))
            ]
        )
        entry.summary(_plain(facts(one, speaker)), type="text")
        if own := _plain(one.description):
            entry.content(own, type="text")
        if one.point is not None:
            longitude, latitude = one.point
            entry.geo.point(f"{latitude:.6f} {longitude:.6f}")
        entry.own.language = one.language
    body: bytes = feed.atom_str(pretty=False)
    return body


def facts(entry: FeedEntry, speaker: i18n.Translator) -> str:
    """What an entry is, where, when and for whom, in one line."""
    say = speaker.gettext
    parts = [say(words.KIND[entry.kind]), *(say(words.THEME[theme]) for theme in entry.themes)]
    if (place := place_words(entry, speaker)) is not None:
        parts.append(place)
    if entry.rhythm:
        parts.append(entry.rhythm)
    if entry.open_to_newcomers and entry.kind is not AssetKind.story:
        parts.append(say("newcomers are welcome"))
    return " · ".join(parts)


def place_words(entry: FeedEntry, speaker: i18n.Translator) -> str | None:
    """Where an entry is, in words; None when nothing is known of it."""
    if entry.placement is Placement.none:
        return None
    streets = ", ".join(entry.streets) or entry.street
    if streets and entry.area_name:
        return speaker.gettext("%(street)s in %(area)s") % {"street": streets, "area": entry.area_name}
    return streets or (speaker.gettext("in %(area)s") % {"area": entry.area_name} if entry.area_name else None)


def _identity(name: str) -> str:
    """The same for a thing in every feed, at every address of this service, and after it moved to another host."""
    return uuid5(NAMESPACE_URL, f"vuurtoren:{name}").urn


def _plain(words_of_people: str) -> str:
    return UNWRITABLE.sub("", words_of_people).strip()


@cache
def _own_extension() -> tuple[Any, Any]:
    """What feedgen leaves out: the type of a title, and the language of what somebody wrote."""
    from feedgen.ext.base import BaseEntryExtension, BaseExtension

    class OfFeed(BaseExtension):  # type: ignore[misc]  # the library has no types
        """Says that the texts of the feed are text."""

        def extend_atom(self, feed: Any) -> Any:
            """Mark the texts."""
            for one in feed:
                if one.tag in ("title", "subtitle"):
                    one.set("type", "text")
            return feed

    class OfEntry(BaseEntryExtension):  # type: ignore[misc]  # the library has no types
        """Says that a title is text, and which language it is in."""

        language: str | None = None

        def extend_atom(self, entry: Any) -> Any:
            """Mark the texts."""
            for one in entry:
                if one.tag == "title":
                    one.set("type", "text")
                if one.tag in ("title", "content") and self.language:
                    one.set(LANG, self.language)
            return entry

    return OfFeed, OfEntry
