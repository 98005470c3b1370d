"""`/about`, `/privacy` and `/accessibility`: what this is, what it keeps, and who can use it, in plain words.

What the privacy page says of cookies and terms is taken from where they are set, so that it stays true.
"""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app import cookies, i18n, templating
from app.database import PublicSession
from app.pages import conversations, reading
from app.problems import base_url
from app.templating import render
from assets import community_profile, notices, retention, sign_ins
from assets.vocabulary import SUGGESTION_DAYS

router = APIRouter()
#: When the draft of the statement on accessibility was made.
STATEMENT_MADE_ON = date(2026, 11, 27)
A_DAY = 24 * 3600


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


#: Every cookie: its name, what it is for, and for how many days it is kept.
COOKIES = (
    (i18n.COOKIE, _("remembers the language, once you chose one."), templating.COOKIE_SECONDS // A_DAY),
    (
        cookies.FORM,
        _("is set by pages with a form, so that no other site can send that form in your name."),
        cookies.FORM_SECONDS // A_DAY,
    ),
    (cookies.SIGN_IN, _("keeps you signed in, if you have an account."), cookies.SIGN_IN_SECONDS // A_DAY),
    (
        cookies.ROLE,
        _("remembers which pages your menu shows, if you have an account."),
        cookies.SIGN_IN_SECONDS // A_DAY,
    ),
    (
        cookies.TABLE,
        _("remembers at whose table you sit, once you opened its address; until four in the morning."),
        cookies.TABLE_SECONDS // A_DAY,
    ),
    (
        conversations.COOKIE,
        _("remembers which area a builder works in."),
        conversations.COOKIE_SECONDS // A_DAY,
    ),
)
#: Those that carry a mark in front of their names over https (app/cookies.py).
OWN = (cookies.FORM, cookies.SIGN_IN, cookies.ROLE, cookies.TABLE)


@router.get("/about")
def about(request: Request, session: PublicSession) -> HTMLResponse:
    """What Vuurtoren is, how to take part, and where the data is from."""
    made_by = [one for one in community_profile.listed(session) if not one.is_sample]
    context = {"communities": made_by, **_contact(request)}
    return render(request, "about.html", context | reading.frame(session))


@router.get("/privacy")
def privacy(request: Request, session: PublicSession) -> HTMLResponse:
    """What is kept about people, for how long, and what is not."""
    host = "__Host-" if cookies.is_secure(request) else ""
    context = {
        "cookies": [(f"{host if name in OWN else ''}{name}", *rest) for name, *rest in COOKIES],
        "terms": retention.TERMS,
        "suggestion_days": SUGGESTION_DAYS,
        "confirm_days": notices.CONFIRM_DAYS,
        "idle_days": sign_ins.IDLE.days,
        "signed_in_days": sign_ins.ABSOLUTE.days,
        **_contact(request),
    }
    return render(request, "privacy.html", context | reading.frame(session))


@router.get("/accessibility")
def accessibility(request: Request, session: PublicSession) -> HTMLResponse:
    """The draft of a statement on accessibility, in the form that is usual in the Netherlands."""
    context = {"base": base_url(request), "made_on": STATEMENT_MADE_ON, **_contact(request)}
    return render(request, "accessibility.html", context | reading.frame(session))


def _contact(request: Request) -> dict[str, Any]:
    return {"contact": request.app.state.settings.contact_email}
