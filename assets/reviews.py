"""Asking a person whether their entry is still right, before their consent ends: three times, with one click to answer.

    due(session, today, key=secret)      who is to be asked, by address: one mail for all entries of one address
    ask(session, entry)                  the token of a link, good for one entry; noted, so that it is asked once
    asset_of(session, token)             NotFound once the consent it asks about no longer holds

Who left no address for messages gets no mail: builders see on `/me/people` until when each consent holds.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import inventory, personal_links, relay, sealing, walls
from assets.base import Base, now
from assets.errors import NotFound
from assets.inventory import Asset
from assets.sealing import hashed

#: Days before the end of a consent on which its person is asked: the first, the second and the last time.
DAYS_BEFORE = (30, 7, 1)


class Review(Base):
    """That a person was asked for the first, second or third time about one consent; of the link a hash is kept."""

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("consent_id", "step", name="uq_review_consent_id_step"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), index=True)
    consent_id: Mapped[int] = mapped_column(ForeignKey("consent.id", ondelete="CASCADE"))
    step: Mapped[int] = mapped_column(SmallInteger)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    asked_at: Mapped[datetime] = now()


@dataclass(frozen=True)
class Due:
    """An entry whose person is to be asked: for which time (1 to 3), and on which day the consent ends."""

    asset_id: int
    consent_id: int
    step: int
    title: str
    until: date


@dataclass(frozen=True)
class Bundle:
    """Everything that one address is asked about."""

    email: str
    language: str
    entries: tuple[Due, ...]


DUE = text(
    """
    SELECT f.asset_id, f.consent_id, f.step, f.title, f.until, f.sealed, f.language
    FROM (
        SELECT a.id AS asset_id, c.id AS consent_id, a.title, c.expires_on AS until, r.sealed, r.language,
            (SELECT count(*) FROM unnest(CAST(:days AS int[])) AS d
                WHERE c.expires_on - CAST(:today AS date) <= d) AS step
        FROM consent AS c
        JOIN relay_address AS r ON r.asset_id = c.asset_id AND r.confirmed_at IS NOT NULL
        JOIN asset AS a ON a.id = c.asset_id AND a.state = 'published'
        WHERE c.withdrawn_at IS NULL AND c.expires_on > CAST(:today AS date)
    ) AS f
    WHERE f.step > 0 AND NOT EXISTS (SELECT 1 FROM review AS v WHERE v.consent_id = f.consent_id AND v.step >= f.step)
    ORDER BY f.asset_id
    """
)


def due(session: Session, today: date, *, key: str) -> list[Bundle]:
    """Whom to ask today; `key` is the service's own secret. A turn that passed while nobody looked is not made up."""
    found: dict[str, list[Due]] = {}
    languages: dict[str, str] = {}
    for row in session.execute(DUE, {"today": today, "days": list(DAYS_BEFORE)}):
        email = sealing.unseal(row.sealed, key, purpose=relay.PURPOSE)
        if email is not None:
            found.setdefault(email, []).append(Due(row.asset_id, row.consent_id, row.step, row.title, row.until))
            languages.setdefault(email, row.language)
    return [Bundle(email, languages[email], tuple(entries)) for email, entries in found.items()]


def ask(session: Session, entry: Due) -> str:
    """The token of the link with which this person answers, which is not kept."""
    token = secrets.token_urlsafe(32)
    session.add(Review(asset_id=entry.asset_id, consent_id=entry.consent_id, step=entry.step, token_hash=hashed(token)))
    session.flush()
    return token


def asset_of(session: Session, token: str) -> Asset:
    """The entry that a link asks about, as long as the consent that it asks about was not answered or withdrawn.

    From here on the transaction sees the community of the entry, as with its personal link.
    """
    found = session.scalar(
        text(
            "SELECT v.asset_id FROM review AS v JOIN consent AS c ON c.id = v.consent_id AND c.withdrawn_at IS NULL"
            " WHERE v.token_hash = :hash"
        ),
        {"hash": hashed(token)},
    )
    if found is None:
        raise NotFound("This link does not work any more.")
    asset = inventory.get(session, int(found))
    walls.see_as(session, personal_links.owner_of(asset))
    return asset
