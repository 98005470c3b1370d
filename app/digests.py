"""Notices of what is new in an area: whose turn it is, and the words, written at the moment of sending.

Everything in a notice is read through the published views, as the public role. Who withdrew while a mail was waiting
is not in it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app import database, feed, i18n, mail, words
from assets import feeds, mails, notices, rhythms
from assets.errors import NotFound, TooLarge
from assets.feeds import FeedEntry
from assets.mails import Mail
from assets.notices import Rhythm
from assets.recurrence import HOME_ZONE
from assets.rhythms import Occurrence

#: Entries told one by one, and times that something happens.
MOST_TOLD, MOST_COMING = 12, 12


def hand_in_due(sessions: sessionmaker[Session], moment: datetime) -> int:
    """Hand in a mail for each notice whose day or Monday has come; return how many. Each in its own transaction."""
    with sessions() as session, session.begin():
        notices.clear(session)
        ids = notices.due(session, moment)
    handed = 0
    for notice_id in ids:
        with sessions() as session, session.begin():
            turn = notices.take(session, notice_id, moment)
            if turn is not None:
                waiting = Mail(
                    recipient="", language="", subject="", body="", created_at=turn.until, notice_id=notice_id,
                    since=turn.since,
                )  # fmt: skip
                mails.hand_in(session, waiting)
                handed += 1
    return handed


@dataclass(frozen=True)
class Told:
    """One entry in a notice: its title, what, where and when in one line, and its page."""

    title: str
    facts: str
    path: str


@dataclass(frozen=True)
class News:
    """What there is to tell about an area.

    Attributes:
        more: how many new and changed entries are not told one by one.
    """

    area: str
    path: str
    new: tuple[Told, ...]
    changed: tuple[Told, ...]
    more: int
    coming: tuple[Occurrence, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.coming)


def news(session: Session, code: str, *, since: datetime, until: datetime, rhythm: Rhythm, language: str) -> News:
    """What is new, changed and coming in an area; NotFound when it is not there any more.

    Args:
        session: reading as the public role.
        code: of the area.
        since: what changed after this moment,
        until: and not after this one.
        rhythm: what is coming is told for today, or for seven days.
        language: of the words around what people wrote.
    """
    speaker = i18n.translator(i18n.known(language) or i18n.DEFAULT)
    day = until.astimezone(HOME_ZONE).date()
    found = feeds.of_area(session, code, on=day)
    entries = [one for one in found.entries if since < one.changed_at <= until]
    told = [
        (one.created_at > since, Told(one.title, _facts(one, found.name, speaker), f"/assets/{one.id}"))
        for one in entries[:MOST_TOLD]
    ]
    last = day if rhythm is Rhythm.daily else day + timedelta(days=6)
    try:
        coming = tuple(rhythms.occurrences(session, area=code, first=day, last=last, limit=MOST_COMING))
    except TooLarge:
        coming = ()
    return News(
        area=found.name,
        path=f"/areas/{quote(code, safe='')}",
        new=tuple(one for is_new, one in told if is_new),
        changed=tuple(one for is_new, one in told if not is_new),
        more=len(entries) - len(told),
        coming=coming,
    )


def _facts(entry: FeedEntry, area: str, speaker: i18n.Translator) -> str:
    """What an entry is, where when that says more than the area of the notice, and when."""
    inside = entry.area_name == area and not entry.streets and not entry.street
    parts = (
        speaker.gettext(words.KIND[entry.kind]),
        None if inside else feed.place_words(entry, speaker),
        entry.rhythm,
    )
    return " · ".join(part for part in parts if part)


def write(sessions: sessionmaker[Session], waiting: Mail) -> bool:
    """Put address and words of a notice into a mail that is about to be sent; False when there is nothing to send."""
    if waiting.notice_id is None or waiting.since is None:
        raise ValueError("this mail is no notice")
    with sessions() as session, session.begin():
        to = notices.recipient(session, waiting.notice_id)
        if to is None:
            return False  # stopped meanwhile
        session.execute(text(f"SET LOCAL ROLE {database.PUBLIC_ROLE}"))
        try:
            found = news(
                session, to.area_code, since=waiting.since, until=waiting.created_at, rhythm=to.rhythm,
                language=to.language,
            )  # fmt: skip
        except NotFound:
            return False
        session.execute(text("RESET ROLE"))
        if not found:
            return False
        base_url = session.info[database.ADDRESS]
        stop = f"/notices/stop/{notices.stop_link(session, waiting.notice_id)}"
        spoken = i18n.known(to.language) or i18n.DEFAULT
        subject, body = mail.compose(
            "notice", base_url=base_url, language=spoken, stop=stop, news=found, rhythm=to.rhythm.value,
            since=waiting.since.astimezone(HOME_ZONE),
        )  # fmt: skip
    waiting.recipient, waiting.language, waiting.subject, waiting.body = to.email, spoken, subject, body
    waiting.stop_url = mail.full_address(base_url, stop)
    return True
