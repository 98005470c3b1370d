"""Consent: nothing about a person is shown to others without a record of what they agreed to.

    record(...)                  an answer; what was answered before no longer holds
    change_audience(...)         the same words, somebody else may see it
    withdraw(...)                nobody sees it any more, at once; the history keeps that it happened

One answer holds at a time. Before anybody was asked an entry is for builders; after someone withdrew, or two years
after they answered, it is for nobody but themselves (`is_closed`): docs/decisions/0040.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import history, names, relay, walls
from assets.base import Base, one_of
from assets.errors import Conflict, Invalid, NotFound
from assets.sql import statement
from assets.vocabulary import CONSENT_YEARS, Audience

#: Stands in the history, and as who recorded a consent, for whoever used the personal link of their own entry.
THEMSELVES = names.THEMSELVES
#: The version of the words of whoever was never asked and does not want to be seen.
NOT_ASKED = "not asked"


class Consent(Base):
    """What a person agreed to: for whom, shown which words, when, recorded by whom, until when.

    `withdrawn_at` is when it stopped to hold: they withdrew it, or gave another answer.
    """

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint(one_of("audience", Audience), name="audience"),
        CheckConstraint("expires_on > given_on", name="dates"),
        Index("ix_consent_asset_id", "asset_id"),
        Index("uq_consent_holding", "asset_id", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    audience: Mapped[str] = mapped_column(Text)
    wording_version: Mapped[str] = mapped_column(Text)
    wording: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    given_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date] = mapped_column(Date)
    recorded_by: Mapped[str] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def years_later(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def record(
    session: Session,
    asset_id: int,
    *,
    audience: Audience,
    wording_version: str,
    wording: str,
    language: str,
    given_on: date,
    by: str,
    expires_on: date | None = None,
) -> Consent:
    """The consent just recorded; it holds for two years unless an earlier end is given. Only one holds at a time."""
    last = years_later(given_on, CONSENT_YEARS)
    if expires_on is not None and not given_on < expires_on <= last:
        raise Invalid.at("/expires_on", "A consent ends after it was given and within two years.")
    _end(session, asset_id)
    consent = Consent(
        asset_id=asset_id,
        audience=audience,
        wording_version=wording_version,
        wording=wording,
        language=language,
        given_on=given_on,
        expires_on=expires_on or last,
        recorded_by=by,
    )
    session.add(consent)
    session.flush()
    said = {"audience": Audience(audience).value}
    history.note(session, "consent", consent.id, "recorded", by=by, after=said, about=[asset_id])
    return consent


def holding(session: Session, asset_id: int) -> Consent | None:
    """The consent that holds today; None when there is none (any more)."""
    open_one = (Consent.asset_id == asset_id) & Consent.withdrawn_at.is_(None)
    today = func.current_date()
    return session.scalar(select(Consent).where(open_one, Consent.given_on <= today, Consent.expires_on > today))


def latest(session: Session, asset_id: int) -> Consent | None:
    """The last answer, whether it holds or not; None when nobody was asked."""
    return session.scalar(select(Consent).where(Consent.asset_id == asset_id).order_by(Consent.id.desc()).limit(1))


def of(session: Session, asset_id: int) -> list[Consent]:
    """Every answer that a person gave, oldest first."""
    return list(session.scalars(select(Consent).where(Consent.asset_id == asset_id).order_by(Consent.id)))


def is_closed(session: Session, asset_id: int) -> bool:
    """Whether someone withdrew or their consent ran out: then nobody but they themselves sees the entry."""
    return bool(session.scalar(select(func.is_closed(asset_id))))


def require_open(session: Session, asset_id: int) -> None:
    """Raise NotFound for an entry that its person keeps to themselves, as for one that is not there."""
    if is_closed(session, asset_id):
        raise NotFound("There is no asset with the number {id}.", id=asset_id)


def change_audience(session: Session, asset_id: int, audience: Audience, *, by: str) -> Consent:
    """The consent for another audience; words and end stay those of the one that holds.

    Raises:
        Conflict: no consent holds, so they must be asked again.
    """
    held = holding(session, asset_id)
    if held is None:
        raise Conflict("No consent holds any more; ask again.")
    if held.audience == audience:
        return held
    return record(
        session, asset_id, audience=audience, wording_version=held.wording_version, wording=held.wording,
        language=held.language, given_on=held.given_on, expires_on=held.expires_on, by=by,
    )  # fmt: skip


def withdraw(session: Session, asset_id: int, *, by: str, today: date | None = None) -> None:
    """From now on nobody but the person sees the entry; the history keeps that it happened, and not what it said.

    Every page, tile, export and feed asks for a consent that holds, and this raises the data version, so it is gone
    everywhere at once. What others suggested about the entry is deleted, and the answers kept for a second send are
    emptied: they hold the same words. Nobody can write to them any more, so the address for messages is forgotten.
    """
    if latest(session, asset_id) is None:
        day = today or date.today()
        session.add(
            Consent(
                asset_id=asset_id, audience=Audience.builders, wording_version=NOT_ASKED, wording="", language="nl",
                given_on=day, expires_on=years_later(day, CONSENT_YEARS), recorded_by=by,
            )
        )  # fmt: skip
        session.flush()
    _end(session, asset_id)
    history.forget_words(session, "asset", asset_id)
    session.execute(statement("erase_answers"), {"asset_id": asset_id})
    with walls.everywhere(session):  # also by the person, who is of no community
        session.execute(text("DELETE FROM suggestion WHERE asset_id = :id"), {"id": asset_id})
    last = latest(session, asset_id)
    relay.stop(session, asset_id, by=by)
    history.note(session, "consent", 0 if last is None else last.id, "withdrawn", by=by, about=[asset_id])
    session.flush()


def _end(session: Session, asset_id: int) -> None:
    """Let what was answered before hold no longer."""
    open_ones = (Consent.asset_id == asset_id) & Consent.withdrawn_at.is_(None)
    session.execute(update(Consent).where(open_ones).values(withdrawn_at=func.now()))


#: The words that are read aloud before a person's answer is recorded, by version and language. A version that anyone
#: agreed to is never changed: a better text is a new version, and the last one is read aloud from then on.
WORDINGS: dict[str, dict[str, str]] = {
    "2026-11": {
        "nl": (
            "We zetten op de buurtkaart wat u graag doet of goed kunt. Uw adres bewaren we niet: u kiest of anderen uw"
            " buurt zien, uw straat, of geen plek. Uw telefoonnummer en e-mailadres staan er nooit bij."
            " U kiest wie het mag zien: alleen de buurtbouwers, ook de leden van de buurtgemeenschap, of iedereen."
            " Uw toestemming geldt twee jaar. U kunt op elk moment stoppen of iets veranderen."
            " Dan is het meteen overal weg. Vindt u dat goed, en wie mag het zien?"
        ),
        "en": (
            "We put on the map of the neighbourhood what you like to do or are good at. We do not keep your address:"
            " you choose whether others see your neighbourhood, your street, or no place. Your telephone number and"
            " e-mail address are never shown. You choose who may see it: only the neighbourhood builders, also the"
            " members of the community, or everyone. Your consent holds for two years. You can stop or change something"
            " at any moment. Then it is gone everywhere at once. Is that all right with you, and who may see it?"
        ),
    }
}


@dataclass(frozen=True)
class Wording:
    """The text that a person hears before they answer."""

    version: str
    language: str
    text: str


def wording(language: str, version: str | None = None) -> Wording:
    """The text in this language (Dutch where there is none), of this version or the newest one.

    Raises:
        Invalid: there is no such version.
    """
    wanted = version or max(WORDINGS)
    if wanted not in WORDINGS:
        raise Invalid.at("/wording_version", "There is no text of this version.")
    texts = WORDINGS[wanted]
    spoken = language if language in texts else "nl"
    return Wording(wanted, spoken, texts[spoken])
