"""Thanks to who suggested something, when they left an address: the mail that tells what was decided."""

from sqlalchemy.orm import Session

from app import mail
from assets import inventory, personal_links, suggestions
from assets.suggestions import Decision
from assets.vocabulary import AssetKind, SuggestionKind, SuggestionState


def send(session: Session, decision: Decision) -> None:
    """Write the mail in the transaction of the decision; from then on the address stands with the mail only."""
    if decision.contact is None:
        return
    accepted = decision.state is SuggestionState.accepted
    public = decision.asset_id is not None and suggestions.is_public(session, decision.asset_id)
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
    )


def _own_page(session: Session, decision: Decision) -> str | None:
    """The personal link of a person who was just put on the map; None for anything else."""
    if decision.kind is not SuggestionKind.new or decision.asset_id is None:
        return None
    asset = inventory.get(session, decision.asset_id)
    if asset.kind != AssetKind.person:
        return None
    return f"/mine/{personal_links.make(session, asset.id, by=personal_links.owner_of(asset))}"
