"""Mails to whose account it is: a token was made in their name or ended, or an operator changed something."""

from typing import Any

from sqlalchemy.orm import Session

from app import i18n, mail
from assets.accounts import Account


def tell_token_made(session: Session, account: Account, name: str) -> None:
    """Mail whose token it is that one was made; the mail holds no token."""
    _post(session, account, account.email, "token_made", name=name)


def tell_added(session: Session, account: Account) -> None:
    """Mail somebody that they have an account now, and where to sign in."""
    _post(session, account, account.email, "account_added", name=account.name)


def tell_joined(session: Session, account: Account, community: str) -> None:
    """Mail a newcomer, who accepted the invitation in a mail, as whom they take part."""
    _post(session, account, account.email, "joined", name=account.name, community=community)


def tell_changed(session: Session, account: Account, what: str, *, by: str, email: str | None = None) -> None:
    """Mail whose account it is what an operator did (`role`, `closed`, `link`, `second steps`), or `self`: closed it.

    Args:
        session: the transaction; the mail goes out when it is committed.
        account: as it is now.
        what: the action, as in its history.
        by: the name of the operator.
        email: the address, when the account has forgotten it.
    """
    _post(session, account, email or account.email, "account_changed", what=what, by=by, role=account.role)


def tell_tokens_ended(session: Session, account: Account, number: int, *, community: str) -> None:
    """Mail whose tokens ended, because they are steward of this community now; nothing when none did."""
    if number:
        _post(session, account, account.email, "tokens_ended", number=number, community=community)


def _post(session: Session, account: Account, to: str | None, template: str, **values: Any) -> None:
    if to is not None:
        mail.post(session, template, to=to, language=i18n.known(account.language) or i18n.DEFAULT, **values)
