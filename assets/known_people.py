"""The persons whom someone with an account may see though not everyone does: audience `community` and `builders`.

A member sees whoever said so to the members of their community; a builder also who said so to builders, or was not
asked yet. Who withdrew, or let their consent run out, is told to builders as somebody without name or words.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import inventory, lookups
from assets.errors import NotFound
from assets.permissions import Permission, Viewer, holds
from assets.vocabulary import CLOSED_DAYS, UNASKED_DAYS, AssetKind, Audience, Role

#: Persons on one page.
MOST = 500


@dataclass(frozen=True)
class KnownPerson:
    """A person of the viewer's community.

    Attributes:
        title: what neighbours call them; None for who keeps the entry to themselves.
        language: the code of that of their words.
        audience: whom they let see it; None when nobody was asked yet, or no consent holds.
        until: the last day but one of the consent.
        closed: whether they withdrew, or their consent ran out.
        has_link: whether a personal link works.
        may_change: whether the viewer is a builder of this community.
        days_left: days until the entry is erased, because nobody asked or they withdrew; None when it is not.
    """

    id: int
    title: str | None
    description: str
    language: str
    gifts: list[dict[str, Any]]
    area: str | None
    audience: Audience | None
    until: date | None
    closed: bool
    has_link: bool
    created_at: datetime
    may_change: bool
    days_left: int | None


#: Days until an entry `a` is erased by the daily job (assets/retention.py); the coming night counts as one.
DAYS_LEFT = f"""
    CASE WHEN a.source = 'sample' THEN NULL
        WHEN NOT EXISTS (SELECT FROM consent AS d WHERE d.asset_id = a.id)
            THEN greatest(1, CAST(a.created_at AS date) + {UNASKED_DAYS + 1} - CURRENT_DATE)
        WHEN is_closed(a.id) THEN greatest(1, (
            SELECT CAST(max(least(d.withdrawn_at, CAST(d.expires_on AS timestamptz))) AS date)
            FROM consent AS d WHERE d.asset_id = a.id
        ) + {CLOSED_DAYS + 1} - CURRENT_DATE) END"""  # noqa: S608 - words of this file
PEOPLE = text(
    f"""
    SELECT a.id, a.title, a.description, a.language, a.gifts, n.name AS area, c.audience, c.expires_on AS until,
        a.created_at,
        a.community_id = ANY (CAST(:builds AS bigint[])) AS may_change, is_closed(a.id) AS closed,
        EXISTS (SELECT 1 FROM personal_link AS l WHERE l.asset_id = a.id AND l.replaced_at IS NULL) AS has_link,
        {DAYS_LEFT} AS days_left
    FROM asset AS a
    LEFT JOIN area AS n ON n.id = a.area_id
    LEFT JOIN consent AS c ON c.asset_id = a.id AND c.withdrawn_at IS NULL
        AND c.given_on <= CURRENT_DATE AND c.expires_on > CURRENT_DATE
    WHERE a.kind = 'person' AND a.state = 'published'
        AND (a.community_id = ANY (CAST(:builds AS bigint[]))
            OR a.community_id = ANY (CAST(:belongs AS bigint[])) AND c.audience IN ('community', 'public'))
    ORDER BY closed, folded(a.title), a.id
    LIMIT :most
    """  # noqa: S608 - words of this file
)


def seen_by(session: Session, viewer: Viewer) -> list[KnownPerson]:
    """The persons of the communities that the viewer belongs to; whoever belongs to none sees none here."""
    roles = viewer.roles or {}
    builds = [number for number in roles if holds(viewer, Permission.asset_write, number)]
    belongs = [number for number, role in roles.items() if role is not Role.visitor]
    found = session.execute(PEOPLE, {"builds": builds, "belongs": belongs, "most": MOST}).mappings()
    people = [_person(dict(row)) for row in found]
    lookups.mark(session, (one.id for one in people if not one.closed), listed=True)
    return people


def _person(row: dict[str, Any]) -> KnownPerson:
    if row["closed"]:
        row |= {"title": None, "description": "", "gifts": [], "area": None}
    audience = row["audience"]
    return KnownPerson(**{**row, "audience": None if audience is None else Audience(audience)})


def days_left(session: Session, asset_id: int) -> int | None:
    """Days until the entry of this person is erased, because nobody asked or they withdrew; None when it is not."""
    asked = text(f"SELECT {DAYS_LEFT} FROM asset AS a WHERE a.id = :id")  # noqa: S608 - words of this file
    found = session.scalar(asked, {"id": asset_id})
    return None if found is None else int(found)


def require_person(session: Session, asset_id: int) -> None:
    """Raise NotFound for what is no person."""
    if inventory.get(session, asset_id).kind != AssetKind.person:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
