"""The mails that ask persons whether their entry is still right: one for each address, written in one transaction."""

from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from app import mail
from assets import reviews
from assets.notices import FROM_HOUR
from assets.recurrence import HOME_ZONE


def hand_in_due(sessions: sessionmaker[Session], moment: datetime, *, key: str) -> int:
    """Hand in a mail for each address that is to be asked; return how many. By day only."""
    local = moment.astimezone(HOME_ZONE)
    if local.hour < FROM_HOUR:
        return 0
    with sessions() as session, session.begin():
        bundles = reviews.due(session, local.date(), key=key)
        for bundle in bundles:
            write(session, bundle)
    return len(bundles)


def write(session: Session, bundle: reviews.Bundle) -> None:
    """Hand in the mail for one address, with a link for each entry."""
    entries = [
        {"title": one.title, "until": one.until, "page": f"/review/{reviews.ask(session, one)}"}
        for one in bundle.entries
    ]
    mail.post(
        session, "review", to=bundle.email, language=bundle.language, entries=entries,
        about=[f"asset:{one.asset_id}" for one in bundle.entries],
    )  # fmt: skip
