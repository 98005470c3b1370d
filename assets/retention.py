"""How long what is kept: one table, which the daily job carries out, the privacy page shows, and docs/privacy.md tells.

    overdue(session, now=moment)    how many of each have been kept long enough
    tidy(session, now=moment)       the same, and they are gone

What waits longer than its time because nobody came by (a link that was not opened, a key that was sent once) goes here;
what has an end of its own ends at that moment, whatever this job does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from assets import bundled_mails, erasure, names, photos
from assets.errors import message
from assets.permissions import OPERATOR
from assets.vocabulary import CLOSED_DAYS, SUGGESTION_DAYS, UNASKED_DAYS

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
#: Years for which it can be shown that somebody consented, after it ended (docs/decisions/0037).
CONSENT_PROOF_YEARS: Final = 5
#: Mails as files, where no mail server is set: the folder is emptied by app/tidying.py.
OUTBOX: Final = "outbox"
#: What the private database server wrote into postgres.log: cut by app/tidying.py.
SERVER_LOG: Final = "server-log"
#: As whom the daily job stands in the history, where it erases somebody.
JOB: Final = replace(OPERATOR, name=names.JOB)


@dataclass(frozen=True)
class Term:
    """What is kept, how long, and why so long.

    Attributes:
        key: short name, in the report of the job.
        what: in words, for the privacy page.
        kept: how long, from the moment that `overdue` names.
        why: in words.
        table: where it stands; None for what is no table.
        overdue: condition on rows `t` of it that were kept long enough at :now (:kept is the length).
        change: what is done to those rows instead of deleting them.
        function: of the database, that deletes them; for rows that the service itself may not delete.
        erases: whether they are persons, who are erased with all that is kept about them (assets/erasure.py).
    """

    key: str
    what: str
    kept: timedelta
    why: str
    table: str | None
    overdue: str = ""
    change: str | None = None
    function: str | None = None
    erases: bool = False

    @property
    def length(self) -> tuple[int, str]:
        """How long, as a number and its unit: hour, day or year."""
        for unit, one in (("year", YEAR), ("day", DAY)):
            if self.kept >= one and self.kept % one == timedelta():
                return self.kept // one, unit
        return self.kept // HOUR, "hour"

    def __str__(self) -> str:
        number, unit = self.length
        return f"{number} {unit}{'' if number == 1 else 's'}"


#: Of a person: the entry itself, what they did, and their answers.
_OF_A_PERSON = (
    "EXISTS (SELECT FROM asset AS a WHERE a.kind = 'person'"
    " AND ((t.subject = 'asset' AND a.id = t.subject_id) OR a.id = ANY (t.about)))"
)
#: By this row an import knows what it said last, so that it does not undo what was changed by hand since.
_LAST_IMPORTED = (
    "(t.subject = 'asset' AND t.action IN ('added', 'changed')"
    " AND EXISTS (SELECT FROM asset AS a WHERE a.id = t.subject_id AND a.source IS NOT NULL)"
    " AND NOT EXISTS (SELECT FROM change AS later WHERE later.subject = 'asset' AND later.subject_id = t.subject_id"
    " AND later.by = t.by AND later.action IN ('added', 'changed') AND later.id > t.id))"
)

#: Of entries: persons, but for those of the sample neighbourhood, who are nobody.
_A_PERSON = "t.kind = 'person' AND t.source IS DISTINCT FROM 'sample'"
_ANSWER_OF_T = "SELECT FROM consent AS c WHERE c.asset_id = t.id"

TERMS: tuple[Term, ...] = (
    Term(
        "suggestions",
        message("Suggestions, after they came in or were decided on"),
        SUGGESTION_DAYS * DAY,
        message("A builder has time to look, and whoever suggested it can read the answer."),
        "suggestion",
        "COALESCE(t.decided_at, t.created_at) < :now - :kept",
    ),
    Term(
        "senders",
        message("The scrambled mark of who sent a suggestion"),
        DAY,
        message("Nobody can send hundreds of suggestions."),
        "suggestion",
        "t.sender IS NOT NULL AND t.created_at < :now - :kept",
        "sender = NULL",
    ),
    Term(
        "answers",
        message("Copies of answers to what was sent"),
        7 * DAY,
        message("A telephone that sends the same again after a bad connection gets the same answer."),
        "idempotency_key",
        "t.created_at < :now - :kept",
    ),
    Term(
        "links",
        message("Links to sign in, and that somebody asked for one"),
        HOUR,
        message("A mailbox cannot be flooded. A link works for a quarter of an hour."),
        "sign_in_link",
        "t.created_at < :now - :kept AND t.expires_at < :now",
    ),
    Term(
        "sign-ins",
        message("Sign-ins that have ended"),
        DAY,
        message("They open nothing any more."),
        "sign_in",
        "least(t.expires_at, t.seen_at + t.idle) < :now - :kept",
    ),
    Term(
        "requests",
        message("That somebody asked for mail about a neighbourhood"),
        HOUR,
        message("A mailbox cannot be flooded."),
        "notice_request",
        "t.created_at < :now - :kept",
    ),
    Term(
        "mails",
        message("That a mail could not be delivered, without address and words"),
        30 * DAY,
        message("Whoever runs this map sees that mail does not work."),
        "mail",
        "t.given_up_at < :now - :kept",
    ),
    Term(
        OUTBOX,
        message("Mails as files, where this map has no mail server"),
        7 * DAY,
        message("Whoever runs this map hands them over."),
        None,
    ),
    Term(
        SERVER_LOG,
        message("What the database server wrote down of itself: that it started, stopped or failed"),
        30 * DAY,
        message("Whoever runs this map can see why it stood still."),
        None,
    ),
    Term(
        "messages",
        message("That a message was sent to a neighbour, not what it said"),
        30 * DAY,
        message("Whoever got it can report it."),
        "relay_message",
        "t.reported_at IS NULL AND t.created_at < :now - :kept",
    ),
    Term(
        "reports",
        message("That a message was reported, with the scrambled mark of its sender"),
        YEAR,
        message("Its sender stays away."),
        "relay_message",
        "t.reported_at < :now - :kept",
    ),
    Term(
        "addresses",
        message("Addresses for messages that nobody confirmed"),
        7 * DAY,
        message("There is a week to open the link in the mail."),
        "relay_address",
        "t.sealed IS NOT NULL AND t.confirmed_at IS NULL AND t.asked_on < CAST(:now - :kept AS date)",
        "sealed = NULL, token_hash = NULL",
    ),
    Term(
        "addresses-off",
        message("Addresses for messages of what is no longer on the map"),
        30 * DAY,
        message("A mistake can be taken back."),
        "relay_address",
        "t.sealed IS NOT NULL AND EXISTS (SELECT FROM asset AS a WHERE a.id = t.asset_id AND a.kind <> 'person'"
        " AND ((a.state = 'retired' AND a.changed_at < :now - :kept)"
        " OR upper(a.active_on) <= CAST(:now - :kept AS date)))",
        "sealed = NULL, token_hash = NULL, confirmed_at = NULL",
    ),
    Term(
        "photos",
        message("Photos that were taken away or replaced"),
        photos.KEPT_DAYS * DAY,
        message("A mistake can be taken back."),
        "photo",
        "t.put_away_at < :now - :kept",
    ),
    Term(
        "personal-links",
        message("Personal links that were replaced"),
        30 * DAY,
        message("They open nothing any more; only a mark of them is kept."),
        "personal_link",
        "t.replaced_at < :now - :kept",
    ),
    Term(
        "invitations",
        message("Invitations that were used, taken back or too old; only a mark of the link"),
        30 * DAY,
        message("A steward sees what became of them."),
        "invitation",
        "least(t.expires_at, t.used_at, t.revoked_at) < :now - :kept",
    ),
    Term(
        "tables",
        message("Evenings at the table: whose, when, and how many things came in"),
        30 * DAY,
        message("Builders find together what came in that evening."),
        "table_evening",
        "least(t.ends_at, t.ended_at) < :now - :kept",
    ),
    Term(
        "bundles",
        message("On which day a builder had a turn for a mail about what they put on the map"),
        bundled_mails.STOP_DAYS * DAY,
        message("The link in an old mail still stops these mails."),
        "bundled_mail",
        "t.made_at < :now - :kept",
    ),
    Term(
        "accounts",
        message("Closed accounts, without address, and their name with what they did"),
        YEAR,
        message("Who did what can be asked for a year."),
        "account",
        "t.closed_at < :now - :kept",
        function="forget_accounts",
    ),
    Term(
        "tokens",
        message("Tokens of programs that have ended"),
        YEAR,
        message("Who did what can be asked for a year."),
        "token",
        "COALESCE(t.revoked_at, t.expires_at) < :now - :kept",
    ),
    Term(
        "lookups",
        message("Who looked at what beyond the public map"),
        YEAR,
        message("Neighbours can see who looked, and an entry's own person can too."),
        "lookup",
        "t.at < :now - :kept",
        function="forget_lookups",
    ),
    Term(
        "history",
        message("What the history of a person's entry said; that something happened stays"),
        YEAR,
        message("A mistake can be taken back for a year."),
        "change",
        f"(t.before IS NOT NULL OR t.after IS NOT NULL) AND t.changed_at < :now - :kept AND {_OF_A_PERSON}"
        f" AND NOT {_LAST_IMPORTED}",
        "before = NULL, after = NULL",
    ),
    Term(
        "consents",
        message("Consents that were followed by another one"),
        CONSENT_PROOF_YEARS * YEAR,
        message("It can be shown that there was one, as the law asks."),
        "consent",
        "least(t.withdrawn_at, CAST(t.expires_on AS timestamptz)) < :now - :kept"
        " AND EXISTS (SELECT FROM consent AS later WHERE later.asset_id = t.asset_id AND later.id > t.id)",
    ),
    Term(
        "unasked",
        message("Entries of persons whom nobody asked"),
        UNASKED_DAYS * DAY,
        message("A builder has time to ask; until then only builders see them."),
        "asset",
        f"{_A_PERSON} AND t.created_at < :now - :kept AND NOT EXISTS ({_ANSWER_OF_T})",
        erases=True,
    ),
    Term(
        "closed",
        message("Entries of persons who withdrew, or let their consent run out"),
        CLOSED_DAYS * DAY,
        message("They alone can read it, and can come back for a year."),
        "asset",
        f"{_A_PERSON} AND EXISTS ({_ANSWER_OF_T}) AND NOT EXISTS ({_ANSWER_OF_T}"
        " AND least(c.withdrawn_at, CAST(c.expires_on AS timestamptz)) >= :now - :kept)",
        erases=True,
    ),
    Term(
        "erasures",
        message("Of whoever was erased: on which days a consent began and ended, without a name"),
        CONSENT_PROOF_YEARS * YEAR,
        message("It can be shown that there was one, as the law asks."),
        "erasure",
        "t.consents <> '[]' AND t.erased_at < :now - :kept",
        "consents = '[]'",
    ),
)


def overdue(session: Session, *, now: datetime) -> dict[str, int]:
    """How many of each were kept long enough, by the key of the term."""
    return {
        term.key: session.execute(
            _asked(f"SELECT count(*) FROM {term.table} AS t WHERE {term.overdue}"),  # noqa: S608 - words of TERMS
            _binds(term, now),
        ).scalar_one()
        for term in TERMS
        if term.table is not None
    }


def tidy(session: Session, *, now: datetime) -> dict[str, int]:
    """How many of each are gone now."""
    gone = {}
    for term in TERMS:
        if term.table is None:
            continue
        if term.function is not None:
            asked = _asked(f"SELECT {term.function}(:now - :kept)")
            gone[term.key] = session.execute(asked, _binds(term, now)).scalar_one()
            continue
        if term.erases:
            asked = _asked(f"SELECT t.id FROM {term.table} AS t WHERE {term.overdue} ORDER BY t.id")  # noqa: S608 - words of TERMS
            numbers = session.scalars(asked, _binds(term, now)).all()
            for number in numbers:
                erasure.erase(session, number, by=JOB, today=now.date())
            gone[term.key] = len(numbers)
            continue
        does = "UPDATE {table} AS t SET {change}" if term.change else "DELETE FROM {table} AS t"
        does = does.format(table=term.table, change=term.change)
        rows = session.execute(_asked(f"{does} WHERE {term.overdue} RETURNING 1"), _binds(term, now))
        gone[term.key] = len(rows.all())
    return gone


def _asked(words: str) -> TextClause:
    return text(words.replace(":now", "CAST(:now AS timestamptz)").replace(":kept", "CAST(:kept AS interval)"))


def _binds(term: Term, now: datetime) -> Mapping[str, object]:
    return {"now": now, "kept": term.kept}
