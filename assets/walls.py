"""Which communities a transaction sees: what the database checks once more behind every statement.

    see(session, of(viewer))     in a request, before anything is asked
    see(session, EVERYTHING)     system work: imports, mail, tidying, the operator at the command line

A policy of the database compares each row's community with what was said here. Nothing said is nothing seen, so a
statement that forgets to ask for a community finds no row of another one. What may be done with what is seen is not
decided here but in assets/permissions.py. docs/decisions/0038 says which tables have a policy.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.permissions import Viewer
from assets.vocabulary import Role

#: The setting of a transaction that the policies read.
SETTING: Final = "vuurtoren.communities"
#: All communities.
EVERYTHING: Final = "*"
#: Those that share with the municipality what the row is (assets/sharing.py).
SHARED: Final = "shared"
NOTHING: Final = ""

SEE = text(f"SELECT set_config('{SETTING}', :communities, true)")


def of(viewer: Viewer) -> str:
    """What this viewer sees: the numbers of communities, `SHARED`, `EVERYTHING`, or `NOTHING` for a visitor."""
    if viewer.role == Role.visitor:
        return NOTHING
    if viewer.roles is None:
        return SHARED if viewer.role == Role.analyst else EVERYTHING
    return ",".join(str(number) for number, role in sorted(viewer.roles.items()) if role is not Role.visitor)


def see(session: Session, communities: str) -> None:
    """Let the rest of this transaction see the rows of these communities."""
    session.execute(SEE, {"communities": communities})
