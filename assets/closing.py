"""Closing one's own account: nobody's leave is needed, but no community and no map is left without its last guard."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import administration
from assets.accounts import Account
from assets.errors import Conflict, NotAllowed
from assets.permissions import Viewer
from assets.vocabulary import Role

#: The first community, by name, of which somebody is the only steward. The made-up one needs none.
ALONE = text(
    """
    SELECT c.name FROM membership AS m JOIN community AS c ON c.id = m.community_id AND NOT c.is_sample
    WHERE m.account_id = :id AND m.role = 'steward' AND NOT EXISTS (
        SELECT FROM membership AS o JOIN account AS a ON a.id = o.account_id AND a.closed_at IS NULL
        WHERE o.community_id = m.community_id AND o.role = 'steward' AND o.account_id <> m.account_id)
    ORDER BY c.name LIMIT 1
    """
)
#: As memberships.py holds a community: two stewards do not go at the same moment.
HELD = text(
    "SELECT c.id FROM community AS c WHERE EXISTS (SELECT FROM membership AS m WHERE m.community_id = c.id"
    " AND m.account_id = :id AND m.role = 'steward') ORDER BY c.id FOR UPDATE"
)


def close_own(session: Session, *, by: Viewer) -> tuple[Account, str | None]:
    """The account that was closed just now, and the address that it had.

    Raises:
        NotAllowed: nobody is signed in with a browser.
        Conflict: they are the last steward of a community, or the last operator of this map.
    """
    if not by.signed_in or by.account_id is None:
        raise NotAllowed("Only whoever it is, signed in with a browser, closes their account.")
    admins = administration.held_admins(session)
    session.execute(HELD, {"id": by.account_id})
    account = session.get_one(Account, by.account_id, with_for_update=True, populate_existing=True)
    if account.role == Role.admin and admins == [account.id]:
        raise Conflict("You are the last operator of this map. Make another one first, on the page of accounts.")
    alone = session.scalar(ALONE, {"id": account.id})
    if alone is not None:
        raise Conflict(
            "You are the last steward of {community}. Make somebody else steward first, on the page of its people, or "
            "let the community leave.",
            community=alone,
        )
    email = account.email
    administration.close_and_note(session, account, by=by)
    return account, email
