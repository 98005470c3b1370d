"""Who sends something without an account: a mark that tells visitors apart for one day, and not who they are.

The mark is made of the network address, the day and the service's secret. It serves a limit to how many may be sent,
is stored beside what was sent, and is taken out a day later (assets/suggestions.py).
"""

import hashlib
import hmac
import ipaddress

from fastapi import Request

from app.parameters import today

#: Bits of an IPv6 address that belong to one household.
HOUSEHOLD = 64


def sender_of(request: Request) -> str:
    """The mark of whoever sends this request today; of tomorrow's mark nothing can be said."""
    key: str = request.app.state.form_key
    of_today = hmac.digest(key.encode(), f"senders of {today()}".encode(), "sha256")
    return hmac.new(of_today, household(request).encode(), hashlib.sha256).hexdigest()[:32]


def network_of(request: Request, purpose: str) -> str:
    """The mark of a sender's network for one purpose; it stays the same, and says nothing without our secret."""
    key: str = request.app.state.form_key
    return hmac.new(key.encode(), f"{purpose}:{household(request)}".encode(), hashlib.sha256).hexdigest()[:32]


def household(request: Request) -> str:
    """The network address of the visitor; of IPv6 the part that a household shares."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/{HOUSEHOLD}", strict=False))
