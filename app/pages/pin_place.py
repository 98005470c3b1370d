"""The place of an entry in its plainest form: coordinates, a street, an area. Stands in until the map is there."""

from typing import Any

from sqlalchemy.orm import Session

from app.i18n import Translator
from app.pages import reading
from app.pages.typed import Typed
from assets.drafts import PlaceDraft, StretchDraft
from assets.errors import Fault, Invalid
from assets.vocabulary import AssetKind, Placement


def read(typed: Typed, kind: AssetKind, session: Session) -> PlaceDraft:  # noqa: ARG001 - as the component has it
    """The place that was typed; Invalid at `place` when it cannot be read."""
    if kind == AssetKind.person:
        show = typed.one("show") or "neighbourhood"
        if show not in {"neighbourhood", "street", "none"}:
            raise Invalid("This is not one of the choices.", faults=[Fault("place", "This is not one of the choices.")])
        return PlaceDraft(show=Placement(show), area=typed.one("area") or None, street=typed.one("street") or None)
    if kind == AssetKind.street_initiative:
        street = typed.one("street").strip()[:200]
        if not street:
            raise Invalid.at("place", "Name the street.")
        return PlaceDraft(stretches=[StretchDraft(street=street, whole=True)])
    try:
        point = [float(typed.one(name).replace(",", ".")) for name in ("longitude", "latitude")]
    except ValueError:
        raise Invalid.at("place", "This needs a place: a point or an area on the map.") from None
    return PlaceDraft(geometry={"type": "Point", "coordinates": point})


def context(typed: Typed, session: Session, speaker: Translator) -> dict[str, Any]:  # noqa: ARG001
    """What the template needs."""
    return {"areas": reading.area_options(session, None, speaker)}
