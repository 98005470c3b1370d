"""A map of one area as one file that opens from disk: what the command `vuurtoren map` writes."""

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import i18n
from app.pages import public_map, reading, room, street_question
from app.templating import STATIC, environment
from assets import browse, coverage, features, tiles
from assets.errors import NotFound, TooLarge
from assets.vocabulary import Theme

if TYPE_CHECKING:
    from maps.vector_layer import Look

#: A list of more is no list any more, and a file of it opens on no phone.
MOST_ROWS = 3000


def public_file(session: Session, area: str, *, on: date, language: i18n.Language) -> str:
    """The public map of an area as HTML.

    Raises:
        NotFound: there is no such area.
        TooLarge: more is there than one file can hold.
    """
    session.execute(text("SET LOCAL ROLE vuurtoren_public"))
    speaker = i18n.translator(language)
    place = browse.area(session, area)
    listed = browse.assets(session, on=on, area=area, limit=MOST_ROWS)
    if listed.next_before is not None:
        raise TooLarge("{area} holds more than {most} entries; save a smaller area.", area=place.name, most=MOST_ROWS)
    rows = tuple(reading.row(asset, speaker) for asset in listed.rows)
    filters = features.in_area(session, area) | features.in_period(on, on)
    found = features.page(session, "assets", filters=filters, look=features.Look(), limit=MOST_ROWS, on=on)
    kept = {row.id for row in rows}
    told = {row.id: json.loads(row.feature) for row in found if row.id in kept}
    count = speaker.gettext("%(count)s found") % {"count": speaker.number(len(rows))}
    return whole_file(
        session,
        "public",
        place,
        on,
        language,
        told,
        theme=None,
        heading=place.name,
        found=reading.Found(rows, len(rows), None, None),
        count_words=count,
        script_words=public_map.script_words(speaker)
        | {"found": speaker.gettext("%(count)s found").replace("%(count)s", "{count}")},
    )


def room_file(session: Session, area: str, *, theme: Theme | None, on: date, language: i18n.Language) -> str:
    """The streets map of an area, with the table of all its streets, as HTML; errors as `public_file`."""
    session.execute(text("SET LOCAL ROLE vuurtoren_public"))
    speaker = i18n.translator(language)
    place = browse.area(session, area)
    rows = coverage.street_parts(session, on=on, area=area, theme=theme, by_name=True, limit=MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        raise TooLarge("{area} holds more than {most} streets; save a smaller area.", area=place.name, most=MOST_ROWS)
    totals = coverage.totals(session, on=on, area=area, theme=theme)
    asked = street_question.Question(area, None, theme, on, False, None, "name", False, 1)
    table = room.Table(rows, len(rows), False)
    columns = room.columns(None, asked, table, speaker, place)
    return whole_file(
        session,
        "room",
        place,
        on,
        language,
        {},
        theme=theme,
        heading=street_question.heading(asked, place.name, speaker),
        asked=asked,
        totals=totals,
        bar=room.bar(totals),
        table=table,
        columns=columns,
        shown={column.key for column in columns},
        state_links=None,
        script_words=room.script_words(speaker),
    )


def whole_file(
    session: Session,
    look: "Look",
    place: browse.AreaChoice,
    on: date,
    language: i18n.Language,
    shown_by_id: dict[int, Any],
    *,
    theme: Theme | None,
    script_words: dict[str, Any],
    template: str = "saved_map.html",
    starter: str | None = None,
    styles: tuple[str, ...] | None = None,
    settings: dict[str, Any] | None = None,
    **context: Any,
) -> str:
    """A map of one look as one file.

    Args:
        session: as the public role.
        look: "public", "room" or "energy".
        place: the area.
        on: the day.
        language: of the texts.
        shown_by_id: what the panel of a symbol shows, by number.
        theme: of the initiatives in the tiles; all when None.
        script_words: the words that the scripts put on the page.
        template: of the page.
        starter: module of ours that starts the map; that of the look when None.
        styles: our style sheets; the usual ones when None.
        settings: more for the scripts.
        context: more for the template.
    """
    from maps import legend, standalone

    bounds = browse.bounds(session, place.code)
    if bounds is None:
        raise NotFound("The area {code} has no place on the map.", code=place.code)
    wanted, deepest = standalone.tiles_within(bounds)
    connection: Any = session.connection().connection.driver_connection
    drawn = {
        (z, x, y): tiles.vector_tile(connection, z, x, y, on=on, theme=theme, states=look != "public")
        for z, x, y in wanted
    }
    made = standalone.parts(look, bounds=bounds, deepest=deepest, starter=starter)
    more = {"styles": styles} if styles else {}
    known = {"words": script_words, "bounds": reading.leaflet_bounds(bounds), "area": place.code, "inlined": True}
    return environment(language).get_template(template).render(
        {
            "look": look,
            "language": language,
            "on": on,
            "sprite": legend.sprite(),
            "settings": known | (settings or {}),
            "inlined": standalone.inlined(made, static=STATIC, tiles=drawn, features=shown_by_id, **more),
            "saved": True,
            "sample": browse.sample_loaded(session),
            "attributions": browse.attributions(session),
            **context,
        }
    )  # fmt: skip
