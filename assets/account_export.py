"""What is kept about an account itself, for whoever it is: one JSON object; no secret is in it, and no words of others.

Changes by name are those since the account was made: a name can belong to one account at a time.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import walls

#: By name in the file, how its rows are found for the account :id with the name :name, made at :made_at.
PARTS: dict[str, str] = {
    "account": "SELECT id, name, email, role, language, municipality, provider, stopped_mails, created_at"
    " FROM account WHERE id = :id",
    "memberships": "SELECT c.slug, c.name, m.role FROM membership AS m JOIN community AS c ON c.id = m.community_id"
    " WHERE m.account_id = :id ORDER BY c.slug",
    "sign_ins": "SELECT browser, created_at, seen_at, expires_at FROM sign_in WHERE account_id = :id ORDER BY id",
    "second_steps": "SELECT kind, name, created_at, used_at FROM second_factor WHERE account_id = :id ORDER BY id",
    "tokens": "SELECT name, scopes, created_at, expires_at, revoked_at, used_at FROM token WHERE account_id = :id"
    " ORDER BY id",
    "invitations_made": "SELECT role, made_at, expires_at, used_at, revoked_at FROM invitation WHERE made_by = :id"
    " ORDER BY id",
    "tables_opened": "SELECT opened_at, ends_at, ended_at, pins FROM table_evening WHERE opened_by = :id ORDER BY id",
    "mails_by_itself": "SELECT what, day FROM bundled_mail WHERE account_id = :id ORDER BY id",
    "done_to_the_account": "SELECT action, changed_at FROM change WHERE subject IN ('account', 'membership')"
    " AND subject_id = :id AND changed_at >= :made_at ORDER BY id",
    "changes": "SELECT subject, subject_id, action, changed_at FROM change WHERE by = :name AND changed_at >= :made_at"
    " ORDER BY id",
}


def everything(session: Session, account_id: int) -> dict[str, Any]:
    """The parts by name, the account itself as one object; the rest as lists of objects, the oldest first."""
    who = session.execute(text("SELECT name, created_at FROM account WHERE id = :id"), {"id": account_id}).one()
    binds = {"id": account_id, "name": who.name, "made_at": who.created_at}
    with walls.everywhere(session):  # their own, also of communities that they are in no more
        told: dict[str, Any] = {
            part: list(session.scalars(text(f"SELECT to_jsonb(t) FROM ({query}) AS t"), binds))  # noqa: S608 - from PARTS
            for part, query in PARTS.items()
        }
    return {**told, "account": told["account"][0]}


def as_json(session: Session, account_id: int) -> bytes:
    """All of it as one JSON object, with when it was made."""
    made = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), **everything(session, account_id)}
    return json.dumps(made, ensure_ascii=False, indent=2).encode()
