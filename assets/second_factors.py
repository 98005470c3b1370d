"""The second factor: an app that shows codes, a passkey, and codes on paper for when both are lost.

Analysts, stewards and admins need one (OWASP ASVS 5, 6.3); anybody else may have one. Codes of an app follow RFC 6238
(by pyotp): six digits, 30 seconds, one step either side, each good once. Their secret is needed to check them, so it
is kept sealed with the service's own secret; a code on paper is kept as a hash, a passkey as its public key.
"""

import secrets
import time
from datetime import UTC, datetime

import pyotp
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    delete,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import sealing
from assets.base import Base, now, one_of
from assets.errors import Conflict, Invalid, NotFound
from assets.sealing import hashed
from assets.vocabulary import SecondFactorKind

PAPER_CODES = 10
#: Steps of 30 seconds that a clock may be off, either way.
STEPS_OFF = 1
#: Letters that nobody takes for others.
PAPER_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class SecondFactor(Base):
    """One thing with which an account shows a second time who it is.

    `secret` is, by kind: the sealed secret of an app; the public key of a passkey; the hash of a code on paper.
    `used_step` is the last step of an app's code, or the counter of a passkey: neither goes back.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        CheckConstraint(one_of("kind", SecondFactorKind), name="kind"),
        CheckConstraint("length(name) <= 60", name="name"),
        Index("ix_second_factor_account_id", "account_id"),
        Index("uq_second_factor_credential_id", "credential_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    credential_id: Mapped[bytes | None] = mapped_column(LargeBinary)
    used_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[datetime] = now()
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def of_account(session: Session, account_id: int, kind: SecondFactorKind | None = None) -> list[SecondFactor]:
    """The second factors of an account, the oldest first; codes on paper only when asked for."""
    query = select(SecondFactor).where(SecondFactor.account_id == account_id).order_by(SecondFactor.id)
    if kind is None:
        return list(session.scalars(query.where(SecondFactor.kind != SecondFactorKind.paper)))
    return list(session.scalars(query.where(SecondFactor.kind == kind)))


def has_any(session: Session, account_id: int) -> bool:
    """Whether an account has an app or a passkey."""
    return bool(of_account(session, account_id))


def remove(session: Session, account_id: int, factor_id: int, *, needed: bool) -> None:
    """Take a second factor of an account away; Conflict when it is the last one of who needs one."""
    mine = of_account(session, account_id)
    factor = next((one for one in mine if one.id == factor_id), None)
    if factor is None:
        raise NotFound("There is no such second step.")
    if needed and len(mine) == 1:
        raise Conflict("This is your only second step. Add another one first.")
    session.delete(factor)
    session.flush()
    if len(mine) == 1:
        _forget_paper(session, account_id)


def forget(session: Session, account_id: int) -> None:
    """Forget every second factor of an account."""
    session.execute(delete(SecondFactor).where(SecondFactor.account_id == account_id))


# --- an app that shows codes ---


def new_secret() -> str:
    """A new secret for an app: 160 random bits in base 32."""
    return str(pyotp.random_base32())


def app_address(secret: str, *, account: str) -> str:
    """The address that an app reads from a QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Vuurtoren"))


def add_app(session: Session, account_id: int, secret: str, code: str, *, key: str) -> None:
    """Keep an app whose first code was right; Invalid at `code` otherwise. `key` is the service's own secret."""
    step = _step_of(secret, code)
    if step is None:
        raise Invalid.at("code", "This code is not right. Wait for the next one and try again.")
    factor = SecondFactor(
        account_id=account_id, kind=SecondFactorKind.app, secret=seal(secret, key).encode(), used_step=step
    )
    session.add(factor)
    session.flush()


def check_app(session: Session, account_id: int, code: str, *, key: str) -> bool:
    """Whether a code is right now; one that was used, or an older one, is not."""
    for factor in of_account(session, account_id, SecondFactorKind.app):
        session.refresh(factor, with_for_update=True)
        secret = unseal(factor.secret.decode(), key)
        step = _step_of(secret, code) if secret is not None else None
        if step is not None and step > factor.used_step:
            factor.used_step = step
            factor.used_at = datetime.now(UTC)
            session.flush()
            return True
    return False


def _step_of(secret: str, code: str) -> int | None:
    """The step of time that this code belongs to; None when it is not one of now, one before or one after."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    totp = pyotp.TOTP(secret)
    step = int(time.time()) // totp.interval
    near = range(step - STEPS_OFF, step + STEPS_OFF + 1)
    return next((one for one in near if secrets.compare_digest(totp.generate_otp(one), digits)), None)


def seal(words: str, key: str) -> str:
    """Words that only the service can read again."""
    return sealing.seal(words, key, purpose="second factor")


def unseal(sealed: str, key: str) -> str | None:
    """The words that were sealed with this key; None when it was another."""
    return sealing.unseal(sealed, key, purpose="second factor")


# --- passkeys; app/passkeys.py speaks with the browser ---


def add_passkey(
    session: Session, account_id: int, *, credential_id: bytes, public_key: bytes, counter: int, name: str = ""
) -> None:
    """Keep a passkey; Conflict when it is known already."""
    if session.scalar(select(SecondFactor.id).where(SecondFactor.credential_id == credential_id)) is not None:
        raise Conflict("This passkey was added before.")
    session.add(
        SecondFactor(
            account_id=account_id, kind=SecondFactorKind.passkey, name=name[:60], secret=public_key,
            credential_id=credential_id, used_step=counter,
        )
    )  # fmt: skip
    session.flush()


def passkey(session: Session, account_id: int, credential_id: bytes) -> SecondFactor | None:
    """The passkey of this account with this id, held; None when it has none."""
    return session.scalar(
        select(SecondFactor)
        .where(SecondFactor.account_id == account_id, SecondFactor.credential_id == credential_id)
        .with_for_update()
    )


def used_passkey(session: Session, factor: SecondFactor, counter: int) -> None:
    """Note that a passkey was used; its counter was checked before."""
    factor.used_step = counter
    factor.used_at = datetime.now(UTC)
    session.flush()


# --- codes on paper ---


def new_paper(session: Session, account_id: int) -> list[str]:
    """Ten new codes to write down, shown this once; those from before are worth nothing any more."""
    _forget_paper(session, account_id)
    codes = [
        "-".join("".join(secrets.choice(PAPER_LETTERS) for _ in range(5)) for _ in range(3)) for _ in range(PAPER_CODES)
    ]
    for code in codes:
        session.add(SecondFactor(account_id=account_id, kind=SecondFactorKind.paper, secret=hashed(code).encode()))
    session.flush()
    return codes


def use_paper(session: Session, account_id: int, code: str) -> bool:
    """Whether this was a code on paper of this account; it is used up then."""
    plain = "".join(sign for sign in code.lower() if sign in PAPER_LETTERS)
    wanted = hashed("-".join(plain[start : start + 5] for start in range(0, len(plain), 5))).encode()
    used = session.execute(
        text(
            "DELETE FROM second_factor WHERE account_id = :account AND kind = 'paper' AND secret = :secret RETURNING id"
        ),
        {"account": account_id, "secret": wanted},
    ).first()
    return used is not None


def _forget_paper(session: Session, account_id: int) -> None:
    for factor in of_account(session, account_id, SecondFactorKind.paper):
        session.delete(factor)
    session.flush()
