"""Photos: one of an entry, as it was drawn anew (assets/pictures.py), with words for who cannot see it.

Of a person there is none: a face is known to more people than a name. A photo that a visitor hands in waits with the
suggestion and is deleted with it, unless it is accepted. What is taken away or replaced is out of sight at once, can be
brought back for KEPT_DAYS (assets/undo.py), and is then gone for good: the history tells that there was one, of how
many pixels, and what its words were, and not what was on it.

It stands in the database: what is stored in one transaction with its entry is in one backup, and is erased with it
(docs/decisions/0031). Visitors see it through published_photo, as long as the entry is public.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, deferred, mapped_column

from assets import communities, history, walls
from assets.base import Base, now
from assets.errors import Conflict, Invalid, NotFound
from assets.inventory import Asset
from assets.permissions import Permission, Viewer
from assets.pictures import Picture
from assets.plain_text import unturned
from assets.sql import chosen
from assets.suggested import Suggestion
from assets.vocabulary import AssetKind, AssetState, SuggestionState

SUBJECT = "photo"
#: Days for which a photo that was taken away or replaced can be brought back.
KEPT_DAYS = 14
#: Characters of the words that tell what is on a photo.
MOST_WORDS = 300
MEDIA_TYPE = "image/jpeg"


class Photo(Base):
    """The photo of an asset, or of a suggestion that waits; `key` is its secret name in addresses."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("num_nonnulls(asset_id, suggestion_id, was_of) = 1", name="of_one"),
        CheckConstraint("(was_of IS NULL) = (put_away_at IS NULL)", name="put_away"),
        CheckConstraint(f"length(alt) BETWEEN 1 AND {MOST_WORDS}", name="alt"),
        CheckConstraint("least(width, height, small_width, small_height) > 0", name="size"),
        Index("uq_photo_key", "key", unique=True),
        Index("uq_photo_asset_id", "asset_id", unique=True),
        Index("uq_photo_suggestion_id", "suggestion_id", unique=True),
        Index("ix_photo_was_of", "was_of"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    suggestion_id: Mapped[int | None] = mapped_column(ForeignKey("suggestion.id", ondelete="CASCADE"))
    #: The asset that it was of until `put_away_at`: nobody sees it, and it can be brought back.
    was_of: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    put_away_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    alt: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    small_width: Mapped[int] = mapped_column(Integer)
    small_height: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(Text)
    large: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    small: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = now()


@dataclass(frozen=True)
class Shown:
    """What a page needs to show a photo: its name in addresses, its size in pixels, and words in their language."""

    key: str
    alt: str
    language: str
    width: int
    height: int
    small_width: int
    small_height: int

    @property
    def url(self) -> str:
        """Its address, large."""
        return f"/photos/{self.key}"

    @property
    def small_url(self) -> str:
        """Its address, small."""
        return f"/photos/{self.key}/small"


@dataclass(frozen=True)
class File:
    """A photo as it is sent: a mark of its content, and the file itself unless the mark was enough."""

    digest: str
    data: bytes | None


# --- writing ---


def words(alt: str, *, pointer: str = "/alt") -> str:
    """The words of a photo as they are kept; Invalid when they cannot be."""
    found = " ".join(unturned(alt).split())
    if not found:
        raise Invalid.at(pointer, "Tell in a few words what is on the photo, for who cannot see it.")
    if len(found) > MOST_WORDS:
        raise Invalid.at(pointer, "This is too long: at most {most} characters.", most=MOST_WORDS)
    if any(sign < " " or "\x7f" <= sign <= "\x9f" or "\ud800" <= sign <= "\udfff" for sign in found):
        raise Invalid.at(pointer, "The text holds control characters; remove them.")
    return found


def decider_of(session: Session, key: str) -> int | None:
    """The community that decides on the suggestion that a photo waits with; None for one of an entry, or none."""
    query = select(Suggestion.community_id).join(Photo, Photo.suggestion_id == Suggestion.id).where(Photo.key == key)
    with walls.everywhere(session):  # who decides on it is asked before it is shown
        return session.scalar(query)


def owner_of(session: Session, key: str) -> int | None:
    """The entry that a photo is or was of, or that a waiting one is suggested for; None for one of a new entry."""
    query = (
        select(
            func.coalesce(Photo.asset_id, Photo.was_of).label("asset_id"), Suggestion.asset_id.label("suggested_for")
        )
        .outerjoin(Suggestion, Suggestion.id == Photo.suggestion_id)
        .where(Photo.key == key)
    )
    with walls.everywhere(session):  # the entry is asked for before the photo is shown
        found = session.execute(query).first()
    return None if found is None else found.asset_id or found.suggested_for


def put(session: Session, asset_id: int, picture: Picture, *, alt: str, language: str, by: Viewer) -> Photo:
    """The photo that an asset has from now on; the one before it is put away.

    Raises:
        NotAllowed: the role may not write.
        NotFound: there is no such asset, or it was retired.
        Invalid: the asset is a person, or the words cannot be used.
    """
    communities.require_of(session, by, Permission.asset_write, asset_id)
    _may_have_one(_the(session, asset_id).kind)
    said = words(alt)
    before = _taken(session, asset_id)
    made = _kept(picture, alt=said, language=language, by=by)
    made.asset_id = asset_id
    session.add(made)
    session.flush()
    action = "added" if before is None else "replaced"
    history.note(session, SUBJECT, made.id, action, by=by.name, before=before, after=_told(made), about=[asset_id])
    return made


def describe(session: Session, asset_id: int, *, alt: str, language: str, by: Viewer) -> Photo:
    """The photo of an asset with other words."""
    communities.require_of(session, by, Permission.asset_write, asset_id)
    _the(session, asset_id)
    found = session.scalar(select(Photo).where(Photo.asset_id == asset_id).with_for_update())
    if found is None:
        raise NotFound("This has no photo.")
    said = words(alt)
    if (said, language) != (found.alt, found.language):
        before = _told(found)
        found.alt, found.language = said, language
        session.flush()
        history.note(
            session, SUBJECT, found.id, "described", by=by.name, before=before, after=_told(found), about=[asset_id]
        )
    return found


def remove(session: Session, asset_id: int, *, by: Viewer) -> None:
    """Take the photo of an asset away; nothing happens when there is none."""
    communities.require_of(session, by, Permission.asset_write, asset_id)
    _the(session, asset_id)
    number = session.scalar(select(Photo.id).where(Photo.asset_id == asset_id))
    before = _taken(session, asset_id)
    if before is not None and number is not None:
        history.note(session, SUBJECT, number, "removed", by=by.name, before=before, about=[asset_id])


def suggest(session: Session, suggestion_id: int, picture: Picture, *, alt: str, language: str, by: Viewer) -> Photo:
    """The photo that waits with a suggestion; anyone may hand one in, with the suggestion itself.

    Raises:
        NotFound: there is no such suggestion, or it was decided on.
        Invalid: it is about a person, or the words cannot be used.
    """
    with walls.everywhere(session):  # with the form of the suggestion, whoever sends it
        found = session.get(Suggestion, suggestion_id)
    if found is None or found.state != SuggestionState.open:
        raise NotFound("There is no suggestion with this number: it was withdrawn, or it is long ago.")
    kind = found.draft["kind"] if found.draft else None
    if kind is None and found.asset_id is not None:
        kind = session.scalar(select(Asset.kind).where(Asset.id == found.asset_id))
    _may_have_one(str(kind))
    session.execute(delete(Photo).where(Photo.suggestion_id == suggestion_id))
    made = _kept(picture, alt=words(alt), language=language, by=by)
    made.suggestion_id = suggestion_id
    session.add(made)
    session.flush()
    return made


def adopt(session: Session, suggestion_id: int, asset_id: int, *, by: Viewer) -> Photo | None:
    """The photo that waited with a suggestion, now that of the asset it was about; None when there was none."""
    communities.require_of(session, by, Permission.asset_write, asset_id)
    found = session.scalar(select(Photo).where(Photo.suggestion_id == suggestion_id).with_for_update())
    if found is None:
        return None
    if not may_have_one(AssetKind(_the(session, asset_id).kind)):
        forget(session, suggestion_id)  # whoever decided made a person of it
        return None
    before = _taken(session, asset_id)
    found.suggestion_id, found.asset_id = None, asset_id
    session.flush()
    action = "added" if before is None else "replaced"
    history.note(session, SUBJECT, found.id, action, by=by.name, before=before, after=_told(found), about=[asset_id])
    return found


def forget(session: Session, suggestion_id: int) -> None:
    """Delete the photo that waits with a suggestion, when there is one."""
    session.execute(delete(Photo).where(Photo.suggestion_id == suggestion_id))


def may_have_one(kind: AssetKind) -> bool:
    """Whether something of this kind may have a photo: anything but a person."""
    return kind is not AssetKind.person


def _may_have_one(kind: str) -> None:
    if not may_have_one(AssetKind(kind)):
        raise Invalid.at("/photo", "Of a person there is no photo on the map.")


def _the(session: Session, asset_id: int) -> Asset:
    """The asset, held so that two who bring a photo wait for each other."""
    found = session.scalar(select(Asset).where(Asset.id == asset_id).with_for_update(key_share=True))
    if found is None or found.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    return found


def _kept(picture: Picture, *, alt: str, language: str, by: Viewer) -> Photo:
    return Photo(
        key=secrets.token_urlsafe(18),
        alt=alt,
        language=language,
        width=picture.large.width,
        height=picture.large.height,
        small_width=picture.small.width,
        small_height=picture.small.height,
        digest=picture.digest,
        large=picture.large.data,
        small=picture.small.data,
        created_by=by.name,
    )


def _taken(session: Session, asset_id: int) -> dict[str, Any] | None:
    """Put the photo of an asset away; what the history keeps of it, None when there was none."""
    found = session.scalar(select(Photo).where(Photo.asset_id == asset_id).with_for_update())
    if found is None:
        return None
    before = _told(found)
    found.asset_id, found.was_of, found.put_away_at = None, asset_id, datetime.now(UTC)
    session.flush()
    return before


def bring_back(session: Session, asset_id: int, photo_id: int, *, by: Viewer) -> None:
    """Give an asset the photo again that was taken away or replaced; the one it has now is put away instead.

    Raises:
        Conflict: it is gone for good.
    """
    communities.require_of(session, by, Permission.asset_write, asset_id)
    _may_have_one(_the(session, asset_id).kind)
    found = session.scalar(select(Photo).where(Photo.id == photo_id, Photo.was_of == asset_id).with_for_update())
    if found is None:
        raise Conflict("This photo was taken away too long ago: it is gone for good.")
    before = _taken(session, asset_id)
    found.asset_id, found.was_of, found.put_away_at = asset_id, None, None
    session.flush()
    action = "added" if before is None else "replaced"
    history.note(session, SUBJECT, found.id, action, by=by.name, before=before, after=_told(found), about=[asset_id])


def tidy(session: Session) -> int:
    """How many photos were deleted that were put away more than KEPT_DAYS ago."""
    old = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    return len(session.execute(delete(Photo).where(Photo.put_away_at < old).returning(Photo.id)).all())


def _told(photo: Photo) -> dict[str, Any]:
    return {
        "photo_id": photo.id, "asset_id": photo.asset_id, "width": photo.width, "height": photo.height,
        "alt": photo.alt, "language": photo.language,
    }  # fmt: skip


# --- reading ---


def of_asset(session: Session, asset_id: int, *, archive: bool = False) -> Shown | None:
    """The photo of an asset; None when it has none or it may not be seen.

    Args:
        session: as the public role, unless `archive`.
        asset_id: which asset.
        archive: also of an asset that is not public; for builders only.
    """
    row = session.execute(_statement(archive, "of_asset", "told"), {"id": asset_id}).one_or_none()
    return None if row is None else _shown(row)


def number_of(session: Session, asset_id: int) -> int | None:
    """The number of the photo that an asset has, by which the history knows it."""
    return session.scalar(select(Photo.id).where(Photo.asset_id == asset_id))


def of_suggestion(session: Session, suggestion_id: int) -> Shown | None:
    """The photo that waits with a suggestion, for who decides on it."""
    found = session.scalar(select(Photo).where(Photo.suggestion_id == suggestion_id))
    return None if found is None else _shown(found)


def file(
    session: Session, key: str, *, small: bool, known: frozenset[str] = frozenset(), archive: bool = False
) -> File:
    """A photo as it is sent, by its name; without the file itself when its mark is `known`.

    Args:
        session: as the public role, unless `archive`.
        key: its name.
        small: whether the small one is wanted.
        known: marks of what the visitor has already.
        archive: also what is not public, and what waits with a suggestion; for builders only.

    Raises:
        NotFound: there is no such photo, or it may not be seen (any more).
    """
    row = session.execute(_statement(archive, "of_key", "told"), {"key": key}).one_or_none()
    if row is None:
        raise NotFound("There is no photo at this address.")
    mark = f"{row.digest[:32]}-{'small' if small else 'large'}"
    if mark in known:
        return File(mark, None)
    data = session.scalar(_statement(archive, "of_key", "small" if small else "large"), {"key": key})
    if data is None:
        raise NotFound("There is no photo at this address.")
    return File(mark, bytes(data))


def _statement(archive: bool, *switches: str) -> Any:
    return chosen("photo", frozenset({"archive" if archive else "published", *switches}))


def _shown(row: Any) -> Shown:
    return Shown(row.key, row.alt, row.language, row.width, row.height, row.small_width, row.small_height)


def bytes_kept(session: Session) -> int:
    """How many bytes all photos take, for who looks after the disk."""
    return int(session.execute(text("SELECT COALESCE(sum(length(large) + length(small)), 0) FROM photo")).scalar_one())
