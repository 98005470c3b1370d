"""A community that leaves, with the mail to its stewards: for the page and for the command."""

from datetime import date

from sqlalchemy.orm import Session

from app import mail
from assets import community_leave
from assets.community_leave import Left
from assets.permissions import Viewer


def leave(session: Session, community_id: int, *, by: Viewer, today: date) -> Left:
    """What went; every steward who has an address is mailed who did it, once it is committed.

    That mail is the last that is kept of them, and no longer than it takes to deliver it.
    """
    left = community_leave.leave(session, community_id, by=by, today=today)
    for steward in left.stewards:
        mail.post(
            session, "community_left", to=steward.email, language=steward.language, by=by.name, community=left.name
        )
    return left
