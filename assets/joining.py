"""Coming to belong to a community by an invitation: at one press for who is signed in, by a mailed link for others.

Nothing is used up, and no account is made, until the address was shown to be theirs: by opening a link that is mailed
to it, in the browser that asked. Whether an address is known is not even looked up before that, so the answer cannot
tell. Name and address wait sealed, for the quarter of an hour that the link holds.

An invitation that was mailed shows it too, for a newcomer with that address (docs/decisions/0046): its link carries a
proof that only the mail to that address holds, and of which nothing is kept. A mail can be handed on, so this sign-in
opens nothing by which the owner of the address could be kept out.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assets import accounts, invitations, memberships, names, sealing, sign_in_links, sign_ins
from assets.accounts import RANK, STRONG, UNBOUND, Account
from assets.errors import Conflict, Fault, Invalid, NotFound, message
from assets.invitations import Open
from assets.sealing import hashed
from assets.sign_in_links import LINK_MINUTES, SignInLink
from assets.sign_ins import Opened

PURPOSE = "joining"
GONE = message("This invitation does not work, or not any more.")
TAKEN = message("Somebody here has this name already. Choose a name by which your neighbours tell you apart.")


class NameTaken(Conflict):
    """Somebody has this name already; told only to who showed that the address is theirs."""


@dataclass(frozen=True)
class Waiting:
    """A link that was opened and not used up yet: to what it leads, and the name that was filled in."""

    invitation: Open
    name: str
    email: str
    link: SignInLink


@dataclass(frozen=True)
class Joined:
    """What became of it.

    Attributes:
        account: who it is.
        community: the name of the community.
        changed: whether something changed; else they were that already.
        signs_in_again: whether they were signed out everywhere, for a role that needs a second step.
        tokens_ended: how many of their tokens ended by it, to be told to them.
    """

    account: Account
    community: str
    changed: bool = False
    signs_in_again: bool = False
    tokens_ended: int = 0


def belongs(session: Session, account_id: int, invitation: Open) -> bool:
    """Whether this account is as much in that community already as it is invited for."""
    account = session.get_one(Account, account_id)
    if account.role in UNBOUND:
        return True
    role = memberships.role_in(session, account_id, invitation.community_id)
    return role is not None and RANK.index(role) >= RANK.index(invitation.role)


def accept(session: Session, token: str, account_id: int, *, now: datetime | None = None) -> Joined:
    """What became of it for someone who is signed in.

    Raises:
        NotFound: the invitation does not hold (any more).
    """
    invitation = invitations.holding(session, token, now=now)
    if invitation is None:
        raise NotFound(GONE)
    return _join(session, session.get_one(Account, account_id), invitation, now=now)


def ask(
    session: Session,
    invitation: Open,
    *,
    name: str,
    email: str,
    browser: str,
    network: str,
    key: str,
) -> str | None:
    """The secret of a link to be mailed to this address, known or not; None when too many were asked for.

    Args:
        session: the transaction; the mail goes out when it is committed.
        invitation: what is accepted.
        name: of a new account, as typed.
        email: as typed.
        browser: the secret of the browser that asks: only there the link will work.
        network: where the request comes from; kept for an hour as a keyed hash.
        key: the service's own secret.

    Raises:
        Invalid: a name or an address that cannot be, each with its field.
    """
    faults: list[Fault] = []
    for read, words in ((names.checked, name), (accounts.folded_email, email)):
        try:
            read(words)
        except Invalid as refused:
            faults += refused.faults
    if faults:
        raise Invalid("Something is not filled in right.", faults=faults)
    counted = sign_in_links.counted(session, accounts.folded_email(email), network=network, secret=key)
    if counted is None:
        return None
    token = secrets.token_urlsafe(32)
    told = json.dumps({"name": names.checked(name), "email": accounts.folded_email(email)})
    session.add(
        SignInLink(
            token_hash=hashed(token),
            browser_hash=hashed(browser),
            email_hash=counted.email_hash,
            network_hash=counted.network_hash,
            invitation_id=invitation.id,
            sealed=sealing.seal(told, key, purpose=PURPOSE),
            expires_at=datetime.now(UTC) + timedelta(minutes=LINK_MINUTES),
        )
    )
    session.flush()
    return token


def proof_of(token: str, email: str, *, key: str) -> str:
    """What the link of an invitation carries in the mail to this address, and in no other: 43 letters and signs."""
    words = f"invited:{token}:{accounts.folded_email(email)}"
    made = hmac.new(key.encode(), words.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def accept_mailed(
    session: Session,
    token: str,
    proof: str,
    *,
    name: str,
    email: str,
    network: str,
    key: str,
    language: str,
    described: str = "",
) -> tuple[Opened, Account] | None:
    """The sign-in of a newcomer who opened the mail with the invitation, and their account.

    None when the address has still to be shown to be theirs (`ask`): the invitation was not mailed to it, it is for a
    role that needs a second step, too much was tried, or the address has an account. An account that is there, and a
    first second step, are for who opens a link in the browser that asks, for an invitation can be handed on. For the
    same reason the sign-in does not count as one of lately: whoever wants a second step or a token signs in again.

    Args:
        session: the transaction, in which a try stays counted whatever is raised.
        token: of the invitation.
        proof: what else stood in the link.
        name: of the new account, as typed.
        email: as typed.
        network: where the request comes from, by which links are counted.
        key: the service's own secret.
        language: of mails to them.
        described: the browser in a few words, for the list of sign-ins.

    Raises:
        NotFound: the invitation does not hold (any more).
        NameTaken: somebody has this name.
        Invalid: a name or an address that cannot be.
    """
    if not hmac.compare_digest(proof_of(token, email, key=key).encode(), proof.encode("utf-8", "replace")):
        return None
    address = accounts.folded_email(email)
    counted = sign_in_links.counted(session, address, network=network, secret=key)
    if counted is None:
        return None
    invitation = invitations.holding(session, token)
    if invitation is None:
        raise NotFound(GONE)
    if invitation.role in STRONG or _known(session, address) is not None:
        return None
    called = names.checked(name)
    sign_in_links.count(session, counted)  # outside of what a name that is taken undoes: else names could be tried
    with session.begin_nested():
        account = _new(session, invitation, email=address, name=called, language=language)
    opened = sign_ins.opened(session, account, next_path=page_of(invitation), described=described, lately=False)
    return opened, account


def look(session: Session, secret: str, *, browser: str, key: str) -> Waiting | None:
    """The link of this secret; None when it is unknown, used, too old, or of another browser.

    Raises:
        NotFound: the link is right, but the invitation does not hold any more: somebody else was first.
    """
    link = session.scalar(
        select(SignInLink)
        .where(
            SignInLink.token_hash == hashed(secret),
            SignInLink.invitation_id.is_not(None),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > datetime.now(UTC),
            SignInLink.browser_hash == hashed(browser),
        )
        .with_for_update()
    )
    told = None if link is None else sealing.unseal(link.sealed or "", key, purpose=PURPOSE)
    if link is None or told is None:
        return None
    invitation = invitations.get(session, link.invitation_id or 0)
    if invitation is None:
        raise NotFound(GONE)
    said = json.loads(told)
    return Waiting(invitation, said["name"], said["email"], link)


def open_link(
    session: Session, secret: str, *, browser: str, key: str, name: str = "", language: str, described: str = ""
) -> tuple[Opened, Joined] | None:
    """Use up the link and the invitation, and sign in; None when the link does not work here.

    Args:
        session: the transaction.
        secret: what stands in the link.
        browser: the secret of the browser that opens it.
        key: the service's own secret.
        name: another name than the one that was filled in before.
        language: of mails to a new account.
        described: the browser in a few words, for the list of sign-ins.

    Raises:
        NotFound: the invitation does not hold any more.
        NameTaken: somebody has this name; the link can be opened again with another one.
        Invalid: a name that cannot be.
    """
    waiting = look(session, secret, browser=browser, key=key)
    if waiting is None:
        return None
    invitation = waiting.invitation
    account = _known(session, waiting.email)
    if account is None:
        called = names.checked(name or waiting.name)
        account = _new(session, invitation, email=waiting.email, name=called, language=language)
        joined = Joined(account, invitation.community, changed=True)
    else:
        joined = _join(session, account, invitation)
    waiting.link.used_at = datetime.now(UTC)
    waiting.link.sealed = None
    session.flush()
    return sign_ins.opened(session, account, next_path=page_of(invitation), described=described), joined


def page_of(invitation: Open) -> str:
    """The page to come to afterwards; it greets who just came."""
    return f"/communities/{invitation.slug}?welcome=yes"


def _known(session: Session, email: str) -> Account | None:
    """The account with this address, held; of two invitations to it opened at once the second finds the first's."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"joins:{email}", 0))))
    return session.scalar(select(Account).where(Account.email == email, Account.closed_at.is_(None)).with_for_update())


def _new(session: Session, invitation: Open, *, email: str, name: str, language: str) -> Account:
    """A new account for who showed that the address is theirs."""
    # two new ones of the same name at once: the second is asked for another
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"name:{name.lower()}", 0))))
    taken = select(Account.id).where(Account.closed_at.is_(None), func.lower(Account.name) == name.lower())
    if session.scalar(taken) is not None:
        raise NameTaken(TAKEN)
    account = accounts.add(
        session, name, role=invitation.role, email=email, language=language,
        community_id=invitation.community_id,
    )  # fmt: skip
    if not invitations.use(session, invitation.id, account.id):
        raise NotFound(GONE)
    memberships.note(
        session,
        invitation.community_id,
        account.id,
        "joined",
        by=invitation.by or names.OPERATOR,
        after=invitation.role,
    )
    return account


def _join(session: Session, account: Account, invitation: Open, *, now: datetime | None = None) -> Joined:
    if belongs(session, account.id, invitation):
        return Joined(account, invitation.community)  # it can still be handed to somebody else
    if not invitations.use(session, invitation.id, account.id, now=now):
        if belongs(session, account.id, invitation):
            return Joined(account, invitation.community)  # a button that was pressed twice
        raise NotFound(GONE)
    before = memberships.role_in(session, account.id, invitation.community_id)
    memberships.put(session, invitation.community_id, account.id, invitation.role)
    action = "joined" if before is None else "changed"
    memberships.note(
        session, invitation.community_id, account.id, action,
        by=invitation.by or names.OPERATOR, before=before, after=invitation.role,
    )  # fmt: skip
    if invitation.role not in STRONG:
        return Joined(account, invitation.community, changed=True)
    sign_ins.end_all(session, account.id)  # a steward shows a second factor
    ended = accounts.revoke_tokens(session, account.id)
    return Joined(account, invitation.community, changed=True, signs_in_again=True, tokens_ended=ended)
