"""The mail that a token was made in somebody's name."""

from sqlalchemy.orm import Session

from app import i18n, mail
from assets.accounts import Account


def tell_owner(session: Session, account: Account, name: str) -> None:
    """Mail whose token it is that one was made; the mail holds no token."""
    if account.email is not None:
        language = i18n.known(account.language) or i18n.DEFAULT
        mail.post(session, "token_made", to=account.email, language=language, name=name)
