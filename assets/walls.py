"""Which communities a transaction sees: what the database checks once more behind every statement.

    see_as(session, viewer)      in a request, before anything is asked
    see(session, EVERYTHING)     system work: imports, mail, tidying, the operator at the command line
    with everywhere(session):    what belongs to no community: a link in a mail, a count against abuse, an erasure

Policies of the database compare each row with what was said here. A statement that reads a table with a policy in a
transaction that said nothing fails, so that nobody takes a forgotten word for an empty table. What may be done with
what is seen is not decided here but in assets/permissions.py. docs/decisions/0038 says which tables have a policy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from assets.permissions import Viewer
from assets.vocabulary import Role

#: The settings of a transaction that the policies read.
SETTING: Final = "vuurtoren.communities"
HOLDER: Final = "vuurtoren.holder"
#: All communities, and all there is in them.
EVERYTHING: Final = "*"
#: Any community, as whoever runs the map: what waits and who is invited, and of conversations their own.
ANY: Final = "any"
#: Conversations of the communities that share these with the municipality (assets/sharing.py).
SHARED: Final = "shared"
#: Of no community; of conversations their own.
NONE: Final = "none"
#: What a visitor says: any statement that reads a table with a policy fails.
NOTHING: Final = ""

SEE = text(f"SELECT set_config('{SETTING}', :communities, true), set_config('{HOLDER}', :holder, true)")
SAID = text(f"SELECT current_setting('{SETTING}', true)")
SAY = text(f"SELECT set_config('{SETTING}', :communities, true)")


def of(viewer: Viewer) -> str:
    """What this viewer sees: the numbers of communities, or one of the words above."""
    if viewer.role == Role.visitor and viewer.account_id is None:
        return NOTHING
    if viewer.roles is None:
        return SHARED if viewer.role == Role.analyst else ANY
    return ",".join(str(one) for one, role in sorted(viewer.roles.items()) if role is not Role.visitor) or NONE


def see(session: Session, communities: str, *, holder: str | None = None) -> None:
    """Let the rest of this transaction see the rows of these communities, and the conversations of this holder."""
    session.execute(SEE, {"communities": communities, "holder": holder or ""})


def see_as(session: Session, viewer: Viewer) -> None:
    """Let the rest of this transaction see what this viewer does."""
    see(session, of(viewer), holder=viewer.holder)


@contextmanager
def everywhere(session: Session) -> Iterator[None]:
    """Let this block see every community: what it reads and writes is found by a secret, or hangs on no community.

    Rows that are to be written are flushed inside the block.
    """
    said = session.scalar(SAID) or NOTHING
    session.execute(SAY, {"communities": EVERYTHING})
    try:
        yield
    except DBAPIError:
        raise  # the transaction is lost, and what it said with it
    except BaseException:
        session.execute(SAY, {"communities": said})
        raise
    session.execute(SAY, {"communities": said})
