"""Signing in as people do: the mail, the button, the passkey."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from assets import accounts, models, sign_in_links
from assets.vocabulary import Role

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Server


def account(server: "Server", name: str, role: Role, email: str) -> str:
    """A new account, and a link for it that works in any browser."""
    assert models.Base.metadata
    engine = create_engine(server.database_url)
    with Session(engine) as session, session.begin():
        token = sign_in_links.link_for(session, accounts.add(session, name, role=role, email=email))
    engine.dispose()
    return f"/sign-in/{token}"


def virtual_authenticator(page: "Page") -> None:
    """Give the browser a telephone that always says yes."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def no_barriers(page: "Page", axe_script: Path) -> None:
    """Fail when axe finds something on the page that is open."""
    page.evaluate(axe_script.read_text(encoding="utf-8"))
    assert [] == page.evaluate("axe.run().then(found => found.violations.map(one => one.id))")


def test_steward_makes_and_uses_a_passkey(page: "Page", server: "Server", axe_script: Path) -> None:
    """A steward makes a passkey at the first visit, gets codes on paper, and comes back with the passkey."""
    here = server.url.replace("127.0.0.1", "localhost")  # a passkey belongs to a name
    virtual_authenticator(page)
    page.goto(here + account(server, "Fatma", Role.steward, "fatma@example.org"))
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_role("button", name="Maak een passkey")).to_be_visible()
    no_barriers(page, axe_script)
    page.get_by_role("button", name="Maak een passkey").click()
    page.get_by_role("button", name="Maak codes").click()
    expect(page.get_by_role("listitem").filter(has=page.locator("code"))).to_have_count(10)
    no_barriers(page, axe_script)
    page.get_by_role("link", name="Ik heb ze bewaard").click()
    expect(page.get_by_role("heading", name="Fatma")).to_be_visible()
    page.get_by_role("button", name="Afmelden", exact=True).click()
    page.wait_for_url("**/sign-in?out=1")

    engine = create_engine(server.database_url)
    with Session(engine) as session, session.begin():
        token = sign_in_links.link_for(session, accounts.named(session, "Fatma"))
    engine.dispose()
    page.goto(f"{here}/sign-in/{token}")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_role("button", name="Gebruik mijn passkey")).to_be_visible()
    no_barriers(page, axe_script)
    page.get_by_role("button", name="Gebruik mijn passkey").click()
    page.wait_for_url(f"{here}/")
    page.get_by_role("link", name="Mijn pagina").click()
    expect(page.get_by_text("Een passkey, sinds")).to_be_visible()
    no_barriers(page, axe_script)


def test_link_from_the_mail(page: "Page", server: "Server") -> None:
    """A builder asks for a link, finds it in the mail and is in; the mail goes to the folder of the service."""
    account(server, "Joke", Role.builder, "joke@example.org")
    page.goto(server.url + "/sign-in?next=/streets")
    page.get_by_label("Uw e-mailadres").fill("Joke@Example.org")
    page.get_by_role("button", name="Mail mij een link").click()
    page.get_by_role("heading", name="Kijk in uw mail").wait_for()
    mail = mail_to(server, page, "joke@example.org")
    link = re.search(r"http://\S+/sign-in/\S+", mail)
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url("**/streets")


def mail_to(server: "Server", page: "Page", address: str) -> str:
    """The text of the mail that is delivered to an address."""
    import email
    import email.policy

    outbox = server.data_dir / "outbox"
    for _ in range(200):
        for file in sorted(outbox.glob("*.eml")) if outbox.exists() else []:
            message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            if address in str(message["to"]):
                return str(message.get_content())
        page.wait_for_timeout(50)
    raise AssertionError("no mail came")
