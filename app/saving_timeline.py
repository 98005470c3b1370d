"""The timeline of one area as one file, with its player: what `vuurtoren map timeline` writes."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import i18n, saving
from app.pages import timeline as page
from assets import browse, energy, energy_classes, timeline
from assets.errors import TooLarge
from assets.vocabulary import Theme
from maps.timeline import STARTER

#: Our style sheets of the file, after those of the map.
STYLES = ("theme.css", "vuurtoren.css", "pages/energy.css", "pages/timeline.css")


def timeline_file(
    session: Session, area: str, *, theme: Theme | None, first: date | None, on: date, language: i18n.Language
) -> str:
    """The timeline of an area as HTML, from a month (None: what is known) to a day, with every month in it.

    Raises:
        NotFound: there is no such area.
        Invalid: the months are turned round, or more than ten years.
        TooLarge: more is there than one file can hold.
    """
    session.execute(text("SET LOCAL ROLE vuurtoren_public"))
    speaker = i18n.translator(language)
    place = browse.area(session, area)
    told = page.tell(session, area, theme=theme, first=first, last=on)
    if told.too_many:
        most = timeline.MOST_ASSETS
        raise TooLarge("{area} holds more than {most} entries; save a smaller area.", area=place.name, most=most)
    days = told.days
    entries = timeline.assets(session, area, first=days[0], last=days[-1], theme=theme)
    lit = energy.streets_on_days(session, days=days, area=area)
    settings = page.settings(told, area, None, speaker)
    settings["moments"][-1] = speaker.day(on)  # a file is read on other days as well
    return saving.whole_file(
        session,
        "energy",
        place,
        on,
        language,
        {},
        theme=theme,
        script_words=settings.pop("words"),
        template="saved_timeline.html",
        starter=STARTER,
        styles=STYLES,
        settings=settings
        | {
            "today": on.isoformat(),
            "inlinedTimeline": {
                "assets": [timeline.asset_record(one) for one in entries],
                "energy": {
                    str(key): [round(one, energy_classes.DECIMALS) for one in series] for key, series in lit.items()
                },
            },
        },
        heading=page.heading(place.name, theme, speaker),
        downloads=None,
        profile=None,
        player=True,
        **page.shown(told, speaker),
    )
