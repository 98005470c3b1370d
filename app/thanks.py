"""Thanks to who suggested something, when they left an address: the mail that tells what was decided."""

from sqlalchemy.orm import Session

from app import mail
from assets.suggestions import Decision
from assets.vocabulary import SuggestionState


def send(session: Session, decision: Decision) -> None:
    """Write the mail in the transaction of the decision; from then on the address stands with the mail only."""
    if decision.contact is None:
        return
    accepted = decision.state is SuggestionState.accepted
    mail.post(
        session,
        "suggestion_accepted" if accepted else "suggestion_refused",
        to=decision.contact,
        language=decision.language,
        kind=decision.kind,
        title=decision.title,
        page=None if decision.asset_id is None else f"/assets/{decision.asset_id}",
        answer=decision.answer,
    )
