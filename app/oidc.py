"""Signing in at the provider of a municipality (OpenID Connect, by authlib and joserfc): code flow with PKCE.

Only with VUURTOREN_OIDC_ISSUER. The provider says who somebody is; whether they have an account here, and as what, is
decided here. At the first time the account is bound to the provider's own number for them, so that an address that is
given to a colleague later opens nothing.
"""

import json
import secrets
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from cachetools import TTLCache, cached
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from assets.errors import NotReady

if TYPE_CHECKING:
    from app.settings import Settings

#: Signatures of a key pair only: neither `none`, nor a secret that is shared.
ALGORITHMS = ["RS256", "ES256", "PS256", "RS384", "ES384", "RS512", "ES512"]
SCOPE = "openid email profile"
PATH = "/sign-in/oidc/callback"
TIMEOUT_S = 5
#: Seconds that clocks may differ.
LEEWAY_S = 60
AWAY = "The sign-in of your organisation does not answer. Try again, or sign in with a link by mail."


@dataclass(frozen=True)
class Person:
    """Who the provider says it is."""

    issuer: str
    subject: str
    email: str
    has_second: bool


@dataclass(frozen=True)
class Asked:
    """What must be known again when somebody comes back."""

    nonce: str
    verifier: str

    def words(self) -> str:
        """As text, to be sealed."""
        return json.dumps([self.nonce, self.verifier])

    @classmethod
    def of(cls, words: str) -> "Asked":
        """From that text."""
        nonce, verifier = json.loads(words)
        return cls(nonce, verifier)


def new_question() -> Asked:
    """A new question, which fits no answer to another."""
    return Asked(secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def address(settings: "Settings", base_url: str, *, state: str, asked: Asked) -> str:
    """Where the browser goes to sign in; NotReady when the provider does not answer."""
    session = _session(settings, base_url)
    found, _ = session.create_authorization_url(
        _provider(settings.oidc_issuer or "")["authorization_endpoint"],
        state=state, nonce=asked.nonce, code_verifier=asked.verifier,
    )  # fmt: skip
    return str(found)


def person(settings: "Settings", base_url: str, *, code: str, asked: Asked) -> Person | None:
    """Who came back with this code; None when the provider's word does not hold. NotReady when it does not answer."""
    issuer = settings.oidc_issuer or ""
    provider = _provider(issuer)
    session = _session(settings, base_url)
    try:
        token = session.fetch_token(
            provider["token_endpoint"], code=code, code_verifier=asked.verifier, timeout=TIMEOUT_S
        )
    except AuthlibBaseError:
        return None
    except (requests.RequestException, ValueError):
        raise NotReady(AWAY) from None
    claims = _claims(str(token.get("id_token", "")), issuer, settings.oidc_client_id or "", asked.nonce)
    email = claims.get("email") if claims else None
    if claims is None or not isinstance(email, str) or claims.get("email_verified") is not True:
        return None
    methods = claims.get("amr")
    more = isinstance(methods, list) and "mfa" in methods
    return Person(issuer, str(claims["sub"]), email, more)


def _claims(token: str, issuer: str, client_id: str, nonce: str) -> dict[str, Any] | None:
    """The claims of an ID token whose signature, issuer, audience, time and nonce are right; None otherwise."""
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    for fresh in (False, True):  # a provider may have changed its keys since we asked
        try:
            decoded = jwt.decode(token, _keys(issuer, fresh=fresh), algorithms=ALGORITHMS)
            rules.validate(decoded.claims)
        except JoseError:
            continue
        except ValueError:
            return None
        several = isinstance(decoded.claims.get("aud"), list) and len(decoded.claims["aud"]) > 1
        return None if several and decoded.claims.get("azp") != client_id else dict(decoded.claims)
    return None


def _session(settings: "Settings", base_url: str) -> OAuth2Session:
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    return OAuth2Session(
        settings.oidc_client_id, secret, scope=SCOPE, redirect_uri=f"{base_url}{PATH}", code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
    )  # fmt: skip


@cached(TTLCache(maxsize=4, ttl=3600), lock=Lock())
def _provider(issuer: str) -> dict[str, str]:
    """The addresses of the provider, all of them as safe as its own."""
    found = _fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != issuer or not all(isinstance(found.get(name), str) for name in names):
        raise NotReady(AWAY)
    if any(urlsplit(found[name]).scheme != urlsplit(issuer).scheme for name in names):
        raise NotReady(AWAY)
    return {name: found[name] for name in names}


_kept_keys: TTLCache[str, KeySet] = TTLCache(maxsize=4, ttl=3600)


def _keys(issuer: str, *, fresh: bool) -> KeySet:
    kept = _kept_keys.get(issuer)
    if kept is None or fresh:
        try:
            kept = KeySet.import_key_set(_fetched(_provider(issuer)["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError):
            raise NotReady(AWAY) from None
        _kept_keys[issuer] = kept
    return kept


def _fetched(where: str) -> dict[str, Any]:
    try:
        answer = requests.get(where, timeout=TIMEOUT_S, allow_redirects=False)
        found = answer.json() if answer.status_code == 200 and len(answer.content) < 200_000 else None
    except (requests.RequestException, ValueError):
        found = None
    if not isinstance(found, dict):
        raise NotReady(AWAY)
    return found
