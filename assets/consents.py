"""Consent: nothing about a person is public without a record of what they agreed to."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, one_of
from assets.errors import Invalid
from assets.vocabulary import CONSENT_YEARS, Audience


class Consent(Base):
    """What a person agreed to: for whom, shown which words, when, recorded by whom, until when."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint(one_of("audience", Audience), name="audience"),
        CheckConstraint("expires_on > given_on", name="dates"),
        Index("ix_consent_asset_id", "asset_id"),
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
    """The consent just recorded; it holds for two years unless an earlier end is given."""
    last = years_later(given_on, CONSENT_YEARS)
    if expires_on is not None and not given_on < expires_on <= last:
        raise Invalid.at("/expires_on", "A consent ends after it was given and within two years.")
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
    return consent


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
