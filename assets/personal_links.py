"""The personal link of a person's entry (`/mine/{token}`): whoever holds it decides about the entry.

    token = make(session, asset_id, by=viewer)     shown once, or mailed; the one before works no longer
    asset = asset_of(session, token)               NotFound for a link that is not there or was replaced
    inventory.change(session, asset.id, draft, by=owner_of(asset))

Of the token only a hash is kept: whoever reads the database can open no entry with it.
"""

import secrets
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, consents, history, inventory, walls
from assets.base import Base, now
from assets.errors import Conflict, NotFound
from assets.inventory import Asset
from assets.permissions import Permission, Viewer
from assets.sealing import hashed
from assets.vocabulary import AssetKind, Role


class PersonalLink(Base):
    """A link that was made for a person; it works until it is replaced."""

    __tablename__ = "personal_link"
    __table_args__ = (
        Index("ix_personal_link_asset_id", "asset_id"),
        Index("uq_personal_link_working", "asset_id", unique=True, postgresql_where=text("replaced_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = now()
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def owner_of(asset: Asset) -> Viewer:
    """The person of this entry, who holds the pen in its community; for work on this one entry only."""
    roles = {asset.community_id: Role.builder}
    return Viewer(consents.THEMSELVES, Role.builder, community_id=asset.community_id, roles=roles)


def make(session: Session, asset_id: int, *, by: Viewer) -> str:
    """The token of a new link, which is not kept; an earlier link of this entry works no longer.

    Raises:
        NotAllowed: this viewer may not change the entry.
        NotFound: there is no such entry.
        Conflict: it is not about a person.
    """
    communities.require_of(session, by, Permission.asset_write, asset_id)
    asset = inventory.get(session, asset_id, lock=True)
    if asset.kind != AssetKind.person:
        raise Conflict("Only the entry of a person has a personal link.")
    working = (PersonalLink.asset_id == asset_id) & PersonalLink.replaced_at.is_(None)
    session.execute(update(PersonalLink).where(working).values(replaced_at=func.now()))
    token = secrets.token_urlsafe(32)
    made = PersonalLink(asset_id=asset_id, token_hash=hashed(token))
    session.add(made)
    session.flush()
    history.note(session, "personal_link", made.id, "made", by=by.name, about=[asset_id])
    return token


def asset_of(session: Session, token: str, *, lock: bool = False) -> Asset:
    """The entry of this link, in any state; NotFound for a link that is not there, or was replaced.

    From here on the transaction sees the community of the entry, and nothing of another one: its person decides.
    """
    working = (PersonalLink.token_hash == hashed(token)) & PersonalLink.replaced_at.is_(None)
    asset_id = session.scalar(select(PersonalLink.asset_id).where(working))
    if asset_id is None:
        raise NotFound("This link does not work (any more): it was replaced by a new one, or the entry was erased.")
    asset = inventory.get(session, asset_id, lock=lock)
    walls.see_as(session, owner_of(asset))
    return asset
