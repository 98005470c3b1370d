"""Thanks to who suggested something, when they left an address: the mail that tells what was decided.

Who wants to get the messages for it, too, finds the link that begins them in the same mail (assets/join_in.py).
"""

from fastapi import Request
from sqlalchemy.orm import Session

from app import mail
from assets import inventory, join_in, personal_links, suggestions
from assets.permissions import Viewer
from assets.suggestions import Decision
from assets.vocabulary import AssetKind, SuggestionKind, SuggestionState


def send(request: Request, session: Session, decision: Decision, *, by: Viewer) -> None:
    """Write the mail in the transaction of the decision; from then on the address stands with the mail only.

    Args:
        request: in which it was decided.
        session: of the decision.
        decision: what was decided.
        by: who decided.
    """
    if decision.contact is None:
        return
    accepted = decision.state is SuggestionState.accepted
    public = decision.asset_id is not None and suggestions.is_public(session, decision.asset_id)
    token = None
    if accepted and public and decision.takes_messages and decision.asset_id is not None:
        token = join_in.accept(
            session, decision.asset_id, decision.contact, language=decision.language,
            key=request.app.state.form_key, by=by.name,
        )  # fmt: skip
    mail.post(
        session,
        "suggestion_accepted" if accepted else "suggestion_refused",
        to=decision.contact,
        language=decision.language,
        about=[f"suggestion:{decision.id}", *([] if decision.asset_id is None else [f"asset:{decision.asset_id}"])],
        kind=decision.kind,
        title=decision.title,
        page=f"/assets/{decision.asset_id}" if public else None,
        own=_own_page(session, decision) if accepted else None,
        answer=decision.answer,
        messages=None if token is None else f"/relay/{token}",
    )


def _own_page(session: Session, decision: Decision) -> str | None:
    """The personal link of a person who was just put on the map; None for anything else."""
    if decision.kind is not SuggestionKind.new or decision.asset_id is None:
        return None
    asset = inventory.get(session, decision.asset_id)
    if asset.kind != AssetKind.person:
        return None
    return f"/mine/{personal_links.make(session, asset.id, by=personal_links.owner_of(asset))}"
