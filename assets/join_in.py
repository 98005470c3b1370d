"""Joining in: where messages go that are meant for a club, a place or a street, of which nobody sees the address.

    token = ask(session, asset_id, email, language="nl", key=key, by=builder)     mailed to that address
    stop(session, asset_id, by=builder)

Builders of the community give an address and take it away; whoever reads it ends it from every mail that they get. How
it is kept, confirmed and written to is the same as of a person (assets/relay.py), who alone gives theirs.
"""

from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assets import communities, inventory, relay
from assets.errors import Conflict, NotFound, TooMany
from assets.inventory import Asset
from assets.permissions import Permission, Viewer
from assets.relay import RelayAddress
from assets.vocabulary import AssetKind, AssetState

#: Addresses that one builder has mailed in a day, in one community: nobody else's mailbox is flooded.
BY_ONE_A_DAY = 20
#: What one joins; to anything else one sends a message.
JOINED = frozenset({AssetKind.club, AssetKind.street_initiative})


class Given(StrEnum):
    """Whether there is an address: none, one that waits for its owner to confirm it, or one that messages go to."""

    none = "none"
    waiting = "waiting"
    confirmed = "confirmed"


def joins(kind: str, open_to_newcomers: bool | None) -> bool:
    """Whether writing to such an entry is joining in; who takes no newcomers gets a message like any other."""
    return kind in JOINED and open_to_newcomers is not False


def ask(session: Session, asset_id: int, email: str, *, language: str, key: str, by: Viewer) -> str:
    """The token to mail to an address at which messages for an entry will be read.

    Raises:
        NotAllowed, NotFound: not this viewer, no such entry.
        Conflict: it is a person, who gives their own address.
        Invalid: it is no e-mail address.
        TooMany: it was asked too often today, for this entry or by this builder.
    """
    _of_a_thing(session, asset_id, by)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:by, 1))"), {"by": by.name})
    asked = text(
        "SELECT count(*) FROM change WHERE subject = 'relay' AND action = 'asked' AND by = :by"
        " AND changed_at > now() - interval '1 day'"
        " AND community_id = (SELECT community_id FROM asset WHERE id = :id)"
    )
    if int(session.scalar(asked, {"by": by.name, "id": asset_id}) or 0) >= BY_ONE_A_DAY:
        raise TooMany("You gave {number} addresses today. Try again tomorrow.", number=BY_ONE_A_DAY, seconds=3600)
    return relay.ask(session, asset_id, email, language=language, key=key, by=by.name)


def accept(session: Session, asset_id: int, email: str, *, language: str, key: str, by: str) -> str | None:
    """The token for whoever suggested an entry and wants its messages; None when that cannot be.

    So it is of a person, and where there is an address, also one that waits or that of an entry that has ended: a
    suggestion takes messages from nobody.
    """
    asset = inventory.get(session, asset_id)
    session.execute(select(RelayAddress.id).where(RelayAddress.asset_id == asset_id).with_for_update())
    there = given(session, asset_id) is not Given.none
    if asset.kind == AssetKind.person or asset.state == AssetState.retired or there:
        return None
    try:
        return relay.ask(session, asset_id, email, language=language, key=key, by=by)
    except TooMany:
        return None


def stop(session: Session, asset_id: int, *, by: Viewer) -> None:
    """Forget the address of an entry; raises as `ask` does."""
    _of_a_thing(session, asset_id, by)
    relay.stop(session, asset_id, by=by.name)


def given(session: Session, asset_id: int) -> Given:
    """Whether an entry has an address for messages; never which."""
    found = session.execute(
        select(RelayAddress.confirmed_at).where(RelayAddress.asset_id == asset_id, RelayAddress.sealed.is_not(None))
    ).one_or_none()
    return Given.none if found is None else Given.waiting if found.confirmed_at is None else Given.confirmed


def _of_a_thing(session: Session, asset_id: int, by: Viewer) -> Asset:
    communities.require_of(session, by, Permission.asset_write, asset_id)
    asset = inventory.get(session, asset_id)
    if asset.kind == AssetKind.person:
        raise Conflict("A person gives their own address, on the page of their personal link.")
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    return asset
