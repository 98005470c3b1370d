"""Who did what in a community, for its people: newest first, without what stood there before and after.

    of(session, community_id, viewer=viewer)     the changes, with the titles that this viewer may see
    names(session, community_id)                 who did something there

A builder finds the entry that was changed, with the title that it has now; a member only where the entry is on the
public map, or is about a neighbour who lets members see it. Who withdrew is told to nobody. Of what was done with an
entry that a member may not see, they are told neither who did it (it may be the person) nor the minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assets import lookups, memberships
from assets.history import Change
from assets.names import THEMSELVES
from assets.permissions import Permission, Viewer, holds, require
from assets.vocabulary import AssetKind

#: Changes on one page, and names to choose from.
PAGE, MOST_NAMES = 50, 200

#: The titles of entries as a viewer may see them: all but who withdrew for builders (:builds), else what is public or
#: for members. `is_public` tells whether it has a page for everyone.
TITLES = text(
    """
    SELECT a.id, a.title, a.kind, a.language, EXISTS (SELECT FROM published_asset AS p WHERE p.id = a.id) AS is_public
    FROM asset AS a
    LEFT JOIN consent AS c ON c.asset_id = a.id AND c.withdrawn_at IS NULL
        AND c.given_on <= CURRENT_DATE AND c.expires_on > CURRENT_DATE
    WHERE a.id = ANY (CAST(:ids AS bigint[])) AND a.community_id = :community_id AND NOT is_closed(a.id)
        AND (:builds OR EXISTS (SELECT FROM published_asset AS p WHERE p.id = a.id)
            OR :belongs AND a.kind = 'person' AND a.state = 'published' AND c.audience IN ('community', 'public'))
    """
)
#: Each name by one step in ix_change_community_id_by, however many changes there are.
NAMES = text(
    """
    WITH RECURSIVE found (by, number) AS (
        (SELECT by, 1 FROM change WHERE community_id = :id ORDER BY by LIMIT 1)
        UNION ALL
        SELECT next.by, found.number + 1 FROM found CROSS JOIN LATERAL (
            SELECT by FROM change WHERE community_id = :id AND by > found.by ORDER BY by LIMIT 1) AS next
        WHERE found.number < :most
    ) SELECT by FROM found ORDER BY lower(by), by
    """
)
#: What a change was about when that is no entry: the street of a conversation, the name of somebody who takes part.
NAMED = {
    "conversation": text(
        "SELECT c.id, s.name FROM conversation AS c JOIN street AS s ON s.id = c.street_id"
        " WHERE c.id = ANY (CAST(:ids AS bigint[]))"
    ),
    "membership": text("SELECT id, name FROM account WHERE id = ANY (CAST(:ids AS bigint[]))"),
}


@dataclass(frozen=True)
class Entry:
    """An entry as the viewer may see it."""

    id: int
    title: str
    kind: AssetKind
    language: str
    is_public: bool


@dataclass(frozen=True)
class Deed:
    """One change.

    Attributes:
        change: when, by whom and what; its values before and after are for the pages of builders.
        entry: what it was about; None when that is no entry, is gone, or may not be seen by this viewer.
        hidden: whether it was about an entry that this viewer may not see.
        named: the street of a conversation, or the name of somebody who takes part.
    """

    change: Change
    entry: Entry | None
    hidden: bool
    named: str | None

    @property
    def at(self) -> datetime:
        """When."""
        return self.change.changed_at


def of(
    session: Session,
    community_id: int,
    *,
    viewer: Viewer,
    by: str | None = None,
    subject: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> list[Deed]:
    """The changes in a community, newest first.

    Args:
        session: of the owner.
        community_id: the community.
        viewer: somebody of it.
        by: only what somebody of this name did.
        subject: only what was about this: `asset`, `activity`, `conversation` and so on.
        before: only changes with a lower number, for the next page.
        limit: at most so many.

    Raises:
        NotAllowed: somebody who is nothing to this community.
    """
    require(viewer, Permission.community_read, community_id)
    query = select(Change).where(Change.community_id == community_id)
    if by is not None:
        query = query.where(Change.by == by)
    if subject is not None:
        query = query.where(Change.subject == subject)
    if before is not None:
        query = query.where(Change.id < before)
    changes = session.scalars(query.order_by(Change.id.desc()).limit(limit)).all()
    seen = _entries(session, community_id, viewer, [number for one in changes if (number := about(one)) is not None])
    named: dict[tuple[str, int], str] = {}
    for what, query_of in NAMED.items():
        if what == "membership" and not memberships.may_see(viewer, community_id):
            continue
        if ids := [one.subject_id for one in changes if one.subject == what]:
            named |= {(what, row.id): row.name for row in session.execute(query_of, {"ids": ids})}
    return [
        Deed(
            one,
            entry := seen.get(about(one) or 0),
            hidden=about(one) is not None and entry is None,
            named=named.get((one.subject, one.subject_id)),
        )
        for one in changes
    ]


def names(session: Session, community_id: int, *, viewer: Viewer) -> list[str]:
    """Who did something in this community, by name, the first 200; only builders are told that a person did."""
    found = session.scalars(NAMES, {"id": community_id, "most": MOST_NAMES})
    return [one for one in found if one != THEMSELVES or builds(viewer, community_id)]


def about(change: Change) -> int | None:
    """The entry that a change is about; of a connection the one that it goes out from."""
    return change.subject_id if change.subject == "asset" else change.about[0] if change.about else None


def builds(viewer: Viewer, community_id: int) -> bool:
    """Whether the viewer puts entries on this map: an admin, who is of no community, reads what is public."""
    return viewer.roles is not None and holds(viewer, Permission.asset_write, community_id)


def _entries(session: Session, community_id: int, viewer: Viewer, ids: Sequence[int]) -> dict[int, Entry]:
    if not ids:
        return {}
    binds: dict[str, Any] = {
        "ids": sorted(set(ids)),
        "community_id": community_id,
        "builds": builds(viewer, community_id),
        "belongs": viewer.roles is not None,
    }
    rows = session.execute(TITLES, binds).all()
    lookups.mark(session, (row.id for row in rows if row.kind == AssetKind.person), listed=True)
    return {row.id: Entry(row.id, row.title, AssetKind(row.kind), row.language, row.is_public) for row in rows}
