"""The mails that builders and stewards get by themselves, written when it is their turn."""

from datetime import date, datetime

from sqlalchemy.orm import Session, sessionmaker

from app import i18n, mail
from assets import bundled_mails, own_reviews
from assets.accounts import Account
from assets.bundled_mails import Bundled
from assets.notices import FROM_HOUR
from assets.own_reviews import Review
from assets.recurrence import HOME_ZONE


def hand_in_due(sessions: sessionmaker[Session], moment: datetime) -> int:
    """Hand in a mail for each account whose turn it is and who has something to look at; return how many. By day."""
    local = moment.astimezone(HOME_ZONE)
    if local.hour < FROM_HOUR:
        return 0
    with sessions() as session, session.begin():
        ids = bundled_mails.due(session, Bundled.review, local.date())
    handed = 0
    for account_id in ids:
        with sessions() as session, session.begin():
            handed += hand_in(session, account_id, local.date())
    return handed + _suggestions(sessions, local.date())


def _suggestions(sessions: sessionmaker[Session], day: date) -> int:
    """Tell whoever decides that suggestions wait, at most once a day; how many mails."""
    with sessions() as session, session.begin():
        counts = bundled_mails.suggestions_waiting(session, day)
    handed = 0
    for account_id, count in counts.items():
        with sessions() as session, session.begin():
            turn = bundled_mails.take(session, account_id, Bundled.suggestions, day)
            if turn is None or turn.account.email is None:
                continue
            mail.post(
                session, "suggestions_waiting", to=turn.account.email, count=count,
                language=i18n.known(turn.account.language) or i18n.DEFAULT,
                stop=f"/mails/stop/{bundled_mails.stop_link(session, turn)}",
            )  # fmt: skip
            handed += 1
    return handed


def hand_in(session: Session, account_id: int, day: date) -> bool:
    """Hand in the mail for an account when it is its turn; False when there is nothing to mail."""
    turn = bundled_mails.take(session, account_id, Bundled.review, day)
    if turn is None:
        return False
    found = own_reviews.of(session, turn.account, since=turn.since, today=day)
    email = turn.account.email
    if not found or email is None:
        return False
    mail.post(
        session, "own_review", to=email, language=i18n.known(turn.account.language) or i18n.DEFAULT, review=found,
        stop=f"/mails/stop/{bundled_mails.stop_link(session, turn)}",
        about=[f"asset:{one.id}" for one in found.entries],
    )  # fmt: skip
    return True


def waiting(session: Session, day: date) -> list[tuple[int, Review]]:
    """Who would get a mail on this day, by the number of the account, and about what; nothing is written."""
    found = []
    for account_id in bundled_mails.due(session, Bundled.review, day):
        since = bundled_mails.last_day(session, account_id, Bundled.review)
        review = own_reviews.of(session, session.get_one(Account, account_id), since=since, today=day)
        if review:
            found.append((account_id, review))
    return found
