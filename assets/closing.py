"""Closing one's own account: nobody's leave is needed, but no community and no map is left without its last guard."""

from sqlalchemy.orm import Session

from assets import administration, last_guards
from assets.accounts import Account
from assets.errors import NotAllowed, message
from assets.last_guards import LastGuard
from assets.permissions import Viewer


def close_own(session: Session, *, by: Viewer) -> tuple[Account, str | None]:
    """The account that was closed just now, and the address that it had.

    Raises:
        NotAllowed: nobody is signed in with a browser.
        LastGuard: they are the last steward of a community, or the last operator of this map.
    """
    if not by.signed_in or by.account_id is None:
        raise NotAllowed("Only whoever it is, signed in with a browser, closes their account.")
    last_guards.hold(session)
    account = session.get_one(Account, by.account_id, with_for_update=True, populate_existing=True)
    found = last_guards.last_of(session, account)
    if found.of_map:
        raise LastGuard(
            message("You are the last operator of this map. Make another one first, on the page of accounts.")
        )
    for name in found.communities.values():
        raise LastGuard(
            message(
                "You are the last steward of {community}. Make somebody else steward first, on the page of its people, "
                "or let the community leave."
            ),
            community=name,
        )
    email = account.email
    administration.close_and_note(session, account, by=by)
    return account, email
