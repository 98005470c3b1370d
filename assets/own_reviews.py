"""What somebody put on the map themselves and may look at again: entries not heard of for a while, and persons to ask.

"Their own" is what stands under their name, since their account was made, in a community where they hold the pen.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.accounts import Account
from assets.vocabulary import AssetKind

#: Entries told one by one.
MOST = 20
#: Days before the end of a consent from which its person is counted.
ENDING_DAYS = 30

#: Their own entries: `a` are those, in communities where they are builder or steward.
OWN = (
    "asset AS a JOIN membership AS m ON m.community_id = a.community_id AND m.account_id = :account"
    " AND m.role IN ('builder', 'steward') AND a.state = 'published' AND a.created_by = :name"
    " AND a.created_at >= :joined"
)
AGEING = text(
    f"""
    SELECT a.id, a.title, a.kind FROM {OWN}
    WHERE a.kind <> 'person' AND NOT a.fresh_on @> CAST(:today AS date) AND a.active_on @> CAST(:today AS date)
        AND (CAST(:since AS date) IS NULL OR CAST(:since AS date) >= CAST(:today AS date)
            OR a.created_at > (SELECT max(b.made_at) FROM bundled_mail AS b
                WHERE b.account_id = :account AND b.what = 'review' AND b.day = :since)
            OR a.fresh_on && daterange(CAST(:since AS date), CAST(:today AS date)))
    ORDER BY a.id
    """  # noqa: S608 - our own words
)
PERSONS = text(
    f"""
    SELECT count(*) AS persons, count(*) FILTER (WHERE p.since >= COALESCE(CAST(:since AS date), '-infinity')) AS new
    FROM (
        SELECT c.expires_on - :ending AS since FROM {OWN}
        JOIN consent AS c ON c.asset_id = a.id AND c.withdrawn_at IS NULL
            AND c.given_on <= CAST(:today AS date) AND c.expires_on > CAST(:today AS date)
        WHERE a.kind = 'person' AND c.expires_on - :ending <= CAST(:today AS date)
        UNION ALL
        SELECT CAST(a.created_at AS date) FROM {OWN}
        WHERE a.kind = 'person' AND NOT EXISTS (SELECT FROM consent AS c WHERE c.asset_id = a.id)
    ) AS p
    """  # noqa: S608 - our own words
)


@dataclass(frozen=True)
class Ageing:
    """An entry of which nothing was heard for a while; no person."""

    id: int
    title: str
    kind: AssetKind


@dataclass(frozen=True)
class Review:
    """What there is to look at again.

    Attributes:
        entries: those that were fresh or not there yet on the day of the turn before; the first so many.
        more: how many others there are.
        persons: whose consent ends within 30 days, or whom nobody asked; a number and no names.
        new_persons: how many of these came since the turn before.
    """

    entries: tuple[Ageing, ...]
    more: int
    persons: int
    new_persons: int

    def __bool__(self) -> bool:
        return bool(self.entries or self.new_persons)


def of(session: Session, account: Account, *, since: date | None, today: date, most: int = MOST) -> Review:
    """What this account may look at again on `today`, as far as it was not told on `since`; all of it when None."""
    binds = {
        "account": account.id, "name": account.name, "joined": account.created_at, "since": since, "today": today,
    }  # fmt: skip
    found = [Ageing(row.id, row.title, AssetKind(row.kind)) for row in session.execute(AGEING, binds)]
    persons = session.execute(PERSONS, {**binds, "ending": ENDING_DAYS}).one()
    return Review(tuple(found[:most]), max(0, len(found) - most), persons.persons, persons.new)
