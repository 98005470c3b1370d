"""Passkeys: what the browser is asked, and what it answers (WebAuthn, by py_webauthn).

A passkey belongs to the host name under which visitors reach the service. The authenticator must check that it is
its owner (user verification), so that a found telephone is no second factor.
"""

import json
from typing import Any
from urllib.parse import urlsplit

import webauthn
from fastapi import Request
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.problems import base_url
from assets import second_factors
from assets.accounts import Account
from assets.errors import Invalid
from assets.sign_ins import SignIn
from assets.vocabulary import SecondFactorKind

NOT_RIGHT = "This passkey could not be used. Try again, or choose another way."


def _host(request: Request) -> str:
    return urlsplit(base_url(request)).hostname or "localhost"


def _known(session: Session, account: Account) -> list[PublicKeyCredentialDescriptor]:
    kept = second_factors.of_account(session, account.id, SecondFactorKind.passkey)
    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in kept if one.credential_id is not None]


def to_add(request: Request, session: Session, sign_in: SignIn, account: Account) -> str:
    """What the browser needs to make a passkey for this account, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=_host(request),
        rp_name="Vuurtoren",
        user_id=f"account {account.id}".encode(),
        user_name=account.name,
        exclude_credentials=_known(session, account),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    sign_in.challenge = bytes_to_base64url(options.challenge)
    session.flush()
    return webauthn.options_to_json(options)


def to_use(request: Request, session: Session, sign_in: SignIn, account: Account) -> str:
    """What the browser needs to use a passkey of this account, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=_host(request),
        allow_credentials=_known(session, account),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    sign_in.challenge = bytes_to_base64url(options.challenge)
    session.flush()
    return webauthn.options_to_json(options)


def add(request: Request, session: Session, sign_in: SignIn, account: Account, answer: str) -> None:
    """Keep the passkey that the browser made; Invalid when its answer does not fit what was asked."""
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=_challenge(sign_in),
            expected_rp_id=_host(request),
            expected_origin=base_url(request),
            require_user_verification=True,
        )
    except WebAuthnException:
        raise Invalid(NOT_RIGHT) from None
    second_factors.add_passkey(
        session, account.id, credential_id=made.credential_id, public_key=made.credential_public_key,
        counter=made.sign_count,
    )  # fmt: skip


def use(request: Request, session: Session, sign_in: SignIn, account: Account, answer: str) -> bool:
    """Whether the browser showed a passkey of this account."""
    try:
        credential = _read(answer)
        identity = base64url_to_bytes(str(credential.get("rawId", "")))
        factor = second_factors.passkey(session, account.id, identity)
        if factor is None:
            return False
        shown = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=_challenge(sign_in),
            expected_rp_id=_host(request),
            expected_origin=base_url(request),
            credential_public_key=factor.secret,
            credential_current_sign_count=factor.used_step,
            require_user_verification=True,
        )
    except (WebAuthnException, Invalid, ValueError):
        return False
    second_factors.used_passkey(session, factor, shown.new_sign_count)
    return True


def _challenge(sign_in: SignIn) -> bytes:
    """The challenge that was given out, once."""
    kept, sign_in.challenge = sign_in.challenge, None
    if kept is None:
        raise Invalid(NOT_RIGHT)
    return base64url_to_bytes(kept)


def _read(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer)
    except ValueError:
        raise Invalid(NOT_RIGHT) from None
    if not isinstance(found, dict):
        raise Invalid(NOT_RIGHT)
    return found
