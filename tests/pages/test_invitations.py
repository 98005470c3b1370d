"""Being invited, from the link to belonging: what uses it up, what it betrays, and who gets in by it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import (
    accounts,
    administration,
    communities,
    invitations,
    joining,
    mails,
    memberships,
    sign_in_links,
    tokens,
)
from assets.accounts import Account
from assets.errors import Conflict, NotFound
from assets.mails import Mail
from assets.permissions import OPERATOR, Viewer
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

#: Where one comes after accepting.
HOME = "/communities/neighbours?welcome=yes"
GONE = "Deze uitnodiging werkt niet, of niet meer."


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update({"accept": "text/html", "accept-language": "nl"})
        yield client


@pytest.fixture
def visitor(app_client: TestClient) -> TestClient:
    """A browser that was never here."""
    app_client.cookies.clear()
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        for table in ("sign_in_link", "account", "invitation", "mail", "change"):
            session.execute(text(f"DELETE FROM {table}"))
    engine.dispose()


def made(rows: Session, role: Role = Role.builder, by: Viewer = OPERATOR) -> str:
    """The secret of an invitation to the first community."""
    return invitations.make(rows, communities.default_id(rows), role=role, by=by).token


def filled_in(client: TestClient, token: str, email: str, name: str = "Truus") -> str:
    """The page after filling in name and address, without what differs in every answer."""
    form = {"form_token": form_token(client), "name": name, "email": email}
    answer = client.post(f"/invitations/{token}", data=form)
    assert 200 == answer.status_code
    return re.sub(r'nonce="[^"]*"|nonce-[^\']*', "", answer.text).replace(email, "").replace(token, "")


def mailed(rows: Session, email: str) -> Mail:
    """The newest mail to this address."""
    rows.expire_all()
    found = [one for one in rows.query(Mail).order_by(Mail.id) if one.recipient == email]
    assert found, "no mail"
    return found[-1]


def link_in(mail: Mail) -> str:
    """The path of ours in a mail."""
    found = re.search(r"https?://[^/\s]+(/invitations/\S+)", mail.body)
    assert found is not None
    return found[1]


def press(client: TestClient, path: str, **more: str) -> "tuple[int, str]":
    """Status and page, or place to go to, after pressing the button of a page."""
    answer = client.post(path, data={"form_token": form_token(client), **more})
    return answer.status_code, answer.headers.get("location") or answer.text


def test_the_whole_way_of_who_is_new(visitor: TestClient, rows: Session) -> None:
    """Looking, filling in, the mail, the button: then there is an account with that role, and it is signed in."""
    token = made(rows)
    page = visitor.get(f"/invitations/{token}")
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert "buurtbouwer" in page.text
    assert "wie deze kaart" not in page.text
    filled_in(visitor, token, "truus@example.org")
    assert rows.query(Account).count() == 0, "the address is not proven yet"
    mail = mailed(rows, "truus@example.org")
    link = link_in(mail)
    for _ in range(2):
        assert 200 == visitor.get(link).status_code

    assert (303, HOME) == press(visitor, link)
    account = accounts.named(rows, "truus@example.org")
    assert ("Truus", "builder") == (account.name, account.role)
    assert "Truus" in visitor.get("/me").text
    assert "Welkom, Truus. U hoort erbij." in visitor.get(HOME).text
    again = visitor.get(f"/invitations/{token}")
    assert (303, "/communities/neighbours") == (again.status_code, again.headers["location"])
    assert 400 == press(visitor, link)[0], "a link works once"


def test_looking_uses_nothing_up(visitor: TestClient, rows: Session) -> None:
    """Scanners that follow the link, and the mailed one, ten times leave both as they were."""
    token = made(rows)
    filled_in(visitor, token, "truus@example.org")
    link = link_in(mailed(rows, "truus@example.org"))
    for path in (f"/invitations/{token}", link) * 10:
        assert visitor.get(path).status_code == visitor.head(path).status_code == 200
    assert 303 == press(visitor, link)[0]


def test_who_has_an_account_accepts_with_one_press(visitor: TestClient, url: str, rows: Session) -> None:
    """The role is added, the menu follows, and nobody is signed out."""
    signed_in(visitor, url, Role.member, name="Truus")
    token = made(rows)
    assert "Ja, ik doe mee" in visitor.get(f"/invitations/{token}").text
    assert (303, HOME) == press(visitor, f"/invitations/{token}", accept="yes")
    assert "builder" in [one.value for one in visitor.cookies.jar if one.name == cookies.ROLE]
    assert "buurtbouwer" in visitor.get("/me").text
    assert 404 == press(visitor, f"/invitations/{token}", accept="yes")[0]


def test_a_form_without_the_button_accepts_nothing(visitor: TestClient, url: str, rows: Session) -> None:
    """A page that was open before signing in, or a role that is sent along, gives nothing."""
    signed_in(visitor, url, Role.member, name="Truus")
    token = made(rows, Role.member)
    status, page = press(visitor, f"/invitations/{token}", name="x", email="x@example.org", role="admin")
    assert 200 == status
    assert "hoort er al bij" in page
    filled = press(visitor, f"/invitations/{token}", accept="yes", role="steward")
    assert 303 == filled[0]
    assert accounts.named(rows, "Truus").role == "member"


def test_a_role_cannot_be_typed(visitor: TestClient, rows: Session) -> None:
    """Who fills in `role=admin` beside their name comes in as what they were invited for."""
    token = made(rows, Role.member)
    form = {
        "form_token": form_token(visitor),
        "name": "Eva",
        "email": "eva@example.org",
        "role": "admin",
        "community": "x",
    }
    assert 200 == visitor.post(f"/invitations/{token}", data=form).status_code
    press(visitor, link_in(mailed(rows, "eva@example.org")), role="admin")
    eva = accounts.named(rows, "eva@example.org")
    assert eva.role == "member"
    assert memberships.role_in(rows, eva.id, communities.default_id(rows)) == Role.member


def test_of_who_is_known_the_role_is_added(visitor: TestClient, rows: Session) -> None:
    """Whoever has an account with that address gets no second one, whatever name was filled in."""
    other = communities.add(rows, "elders", "Buren van elders")
    known = accounts.add(rows, "Truus", role=Role.member, email="truus@example.org", community_id=other.id)
    filled_in(visitor, made(rows), "Truus@Example.org", name="Iemand anders")
    mail = rows.query(Mail).one()
    assert (303, HOME) == press(visitor, link_in(mail))
    rows.expire_all()
    assert rows.query(Account).count() == 1
    assert ("Truus", "builder") == (known.name, known.role)
    rows.execute(text("DELETE FROM community WHERE slug = 'elders'"))


def test_the_answer_does_not_tell_who_is_known(visitor: TestClient, rows: Session) -> None:
    """Page, mail, rows and throttle are the same for an address with an account and one without."""
    accounts.add(rows, "Samira", role=Role.builder, email="known@example.org")
    told = {}
    for email in ("known@example.org", "nobody@example.org"):
        pages = {filled_in(visitor, made(rows), email, "Samira") for _ in range(sign_in_links.MOST_PER_ADDRESS + 2)}
        sent = [one for one in rows.query(Mail) if one.recipient == email]
        told[email] = (pages, len(sent), re.sub(r"/invitations/open/\S+", "", sent[0].body), sent[0].subject)
    assert told["known@example.org"] == told["nobody@example.org"]
    assert told["known@example.org"][1] == sign_in_links.MOST_PER_ADDRESS
    assert 0 == rows.execute(text("SELECT count(account_id) FROM sign_in_link")).scalar_one()


def test_the_database_tells_nothing_before_it_is_opened(visitor: TestClient, rows: Session) -> None:
    """Neither the link, nor name and address of who asked, can be read from what waits; and no secret of a link."""
    token = made(rows)
    filled_in(visitor, token, "truus@example.org", "Truus de Vries")
    secret = link_in(mailed(rows, "truus@example.org")).rpartition("/")[2]
    stored = str([rows.execute(text(f"SELECT * FROM {name}")).all() for name in ("sign_in_link", "invitation")])
    for mark in (token, secret, "truus@example.org", "Truus"):
        assert mark not in stored


def test_another_browser_opens_the_mail(visitor: TestClient, rows: Session) -> None:
    """The mailed link signs nobody in elsewhere and uses nothing up: neither who was tricked nor who reads along."""
    token = made(rows)
    filled_in(visitor, token, "truus@example.org")
    link = link_in(mailed(rows, "truus@example.org"))
    mine = dict(visitor.cookies)
    visitor.cookies.clear()
    assert 400 == press(visitor, link)[0]
    assert cookies.SIGN_IN not in visitor.cookies
    assert rows.query(Account).count() == 0
    visitor.cookies.clear()
    visitor.cookies.update(mine)
    assert 303 == press(visitor, link)[0]


def test_two_with_one_link(visitor: TestClient, rows: Session) -> None:
    """The first who opens the mail belongs to it; the second is told kindly, and gets no account."""
    token = made(rows)
    filled_in(visitor, token, "truus@example.org", "Truus")
    filled_in(visitor, token, "piet@example.org", "Piet")
    first, second = (link_in(mailed(rows, f"{name}@example.org")) for name in ("truus", "piet"))
    assert 303 == press(visitor, first)[0]
    visitor.cookies.delete(cookies.SIGN_IN)
    status, page = press(visitor, second)
    assert 404 == status
    assert GONE in page
    assert "U deed niets verkeerd" in page
    assert ["Truus"] == [one.name for one in rows.query(Account)]


def test_a_name_that_is_taken_is_asked_again(visitor: TestClient, rows: Session) -> None:
    """Not before the address was proven; then with words, and the same link works with another name."""
    accounts.add(rows, "Truus", role=Role.builder)
    token = made(rows)
    page = filled_in(visitor, token, "truus@example.org", "TRUUS ")
    assert "heeft deze naam" not in page
    link = link_in(mailed(rows, "truus@example.org"))
    status, page = press(visitor, link)
    assert 409 == status
    assert "heeft deze naam hier al" in page
    assert 409 == press(visitor, link, name=" truus")[0]
    assert 409 == press(visitor, link, name="\u202etruus")[0]
    assert (303, HOME) == press(visitor, link, name="Truus van de hoek")
    assert accounts.named(rows, "truus@example.org").name == "Truus van de hoek"


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [("", "a@example.org", "name"), ("x" * 101, "a@example.org", "name"), ("a\x07b", "a@example.org", "name"),
     ("Truus", "", "email"), ("Truus", "truus", "email"), ("Truus", "a@example.org\r\nBcc: b@example.org", "email")],
)  # fmt: skip
def test_what_cannot_be(visitor: TestClient, rows: Session, name: str, email: str, field: str) -> None:
    """It is told beside the field, what was typed is still there, and no mail goes."""
    form = {"form_token": form_token(visitor), "name": name, "email": email}
    answer = visitor.post(f"/invitations/{made(rows)}", data=form)
    assert 400 == answer.status_code
    assert f'id="{field}-fault"' in answer.text
    assert rows.query(Mail).count() == rows.execute(text("SELECT count(*) FROM sign_in_link")).scalar_one() == 0


def test_one_page_for_whatever_does_not_hold(visitor: TestClient, rows: Session) -> None:
    """Unknown, too old, taken back, used, and of a steward who is none any more: one page, which tells none apart."""
    gerda = accounts.add(rows, "Gerda", role=Role.steward)
    here = communities.default_id(rows)
    viewer = Viewer("Gerda", Role.steward, account_id=gerda.id, roles={here: Role.steward})
    old, back, used, of_gerda = (made(rows, by=viewer) for _ in range(4))
    hashes = {word: invitations.hashed(word) for word in (old, back, used)}
    rows.execute(text("UPDATE invitation SET expires_at = now() WHERE token_hash = :h"), {"h": hashes[old]})
    rows.execute(text("UPDATE invitation SET revoked_at = now() WHERE token_hash = :h"), {"h": hashes[back]})
    rows.execute(
        text("UPDATE invitation SET used_at = now(), used_by = :id WHERE token_hash = :h"),
        {"h": hashes[used], "id": gerda.id},
    )
    rows.execute(text("UPDATE membership SET role = 'builder' WHERE account_id = :id"), {"id": gerda.id})
    said = set()
    for word in (old, back, used, of_gerda, "x" * 43, "x", "%00", "A" * 3000):
        answers = (visitor.get(f"/invitations/{word}"), visitor.post(
            f"/invitations/{word}", data={"form_token": form_token(visitor), "name": "T", "email": "t@example.org"}
        ))  # fmt: skip
        for answer in answers:
            assert 404 == answer.status_code
            assert answer.headers["cache-control"] == "no-store"
            main = answer.text.partition("<main")[2].partition("</main")[0]
            said.add(re.sub(r'nonce="[^"]*"', "", main))
    assert 1 == len(said)
    assert rows.query(Mail).count() == 0


def test_it_ends_between_the_form_and_the_mail(visitor: TestClient, rows: Session) -> None:
    """When it is taken back after the form was sent, the mail is not sent any more and its link opens nothing."""
    token = made(rows)
    filled_in(visitor, token, "truus@example.org")
    link = link_in(mailed(rows, "truus@example.org"))
    number = rows.execute(text("SELECT id FROM invitation")).scalar_one()
    invitations.revoke(rows, communities.default_id(rows), number, by=OPERATOR)
    assert rows.query(mails.Mail).count() == 0
    assert 404 == press(visitor, link)[0]
    assert rows.query(Account).count() == 0


def test_a_steward_shows_a_second_step(visitor: TestClient, url: str, rows: Session) -> None:
    """Who comes as steward is asked for a second step before anything opens; who was signed in signs in again."""
    filled_in(visitor, made(rows, Role.steward), "truus@example.org")
    assert (303, "/sign-in/second") == press(visitor, link_in(mailed(rows, "truus@example.org")))
    assert 303 == visitor.get("/communities/neighbours/people").status_code

    visitor.cookies.clear()
    signed_in(visitor, url, Role.builder, name="Bo")
    old = visitor.cookies.get(cookies.SIGN_IN)
    token = made(rows, Role.steward)
    assert (303, "/sign-in?next=%2Fcommunities%2Fneighbours%3Fwelcome%3Dyes") == press(
        visitor, f"/invitations/{token}", accept="yes"
    )
    visitor.cookies.set(cookies.SIGN_IN, old or "")
    assert 303 == visitor.get("/me").status_code, "the sign-in of before has ended"


def test_guessing(visitor: TestClient, rows: Session) -> None:
    """A link has 256 random bits; one sign off is none, and there is no way from a number or a hash to it."""
    token = made(rows)
    assert len(token) == 43
    assert 404 == visitor.get(f"/invitations/{token[:-2]}").status_code
    assert 404 == visitor.get(f"/invitations/{token}x").status_code
    assert 404 == visitor.get(f"/invitations/{invitations.hashed(token)}").status_code
    assert 404 == visitor.get("/invitations/1").status_code


def test_the_mailed_link_is_no_sign_in_link(visitor: TestClient, rows: Session) -> None:
    """It opens nothing at the other doors for links."""
    filled_in(visitor, made(rows), "truus@example.org")
    secret = link_in(mailed(rows, "truus@example.org")).rpartition("/")[2]
    assert 400 == press(visitor, f"/sign-in/{secret}")[0]
    assert 400 == visitor.get("/sign-in/oidc/callback", params={"state": secret, "code": "x"}).status_code
    assert 303 == press(visitor, f"/invitations/open/{secret}")[0]


def test_at_the_same_moment(visitor: TestClient, url: str, rows: Session) -> None:
    """Of eight who press at once with one invitation one belongs to it; of four stewards and four admins one stays."""
    token = made(rows)
    for name in (f"buur{number}" for number in range(8)):
        filled_in(visitor, token, f"{name}@example.org", name)
    browser = visitor.cookies.get(cookies.FORM) or ""
    secrets = [link_in(mail).rpartition("/")[2] for mail in rows.query(Mail)]
    engine = create_engine(url, pool_size=8)
    key = visitor.app.state.form_key  # type: ignore[attr-defined]

    def press_it(secret: str) -> bool:
        try:
            with Session(engine) as session, session.begin():
                return joining.open_link(session, secret, browser=browser, key=key, language="nl") is not None
        except NotFound:
            return False

    def leave(number: int) -> bool:
        try:
            with Session(engine) as session, session.begin():
                memberships.take_out(session, here, number, by=OPERATOR)
            return True
        except Conflict:
            return False

    def stop(number: int, turn: int) -> bool:
        try:
            with Session(engine) as session, session.begin():
                if turn % 2:
                    administration.close(session, number, by=OPERATOR)
                else:
                    administration.set_role(session, number, Role.member, community_id=here, by=OPERATOR)
            return True
        except Conflict:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert 1 == sum(pool.map(press_it, secrets))
        assert 1 == rows.query(Account).count()
        here = communities.default_id(rows)
        stewards = [accounts.add(rows, f"Beheerder {number}", role=Role.steward).id for number in range(4)]
        assert 3 == sum(pool.map(leave, stewards))
        admins = [accounts.add(rows, f"Ada {number}", role=Role.admin).id for number in range(4)]
        assert 3 == sum(pool.map(stop, admins, range(4)))
    engine.dispose()


def mailed_invitation(client: TestClient, url: str, rows: Session, role: Role, address: str) -> str:
    """The link in the mail that a steward sends to this address; the browser is nobody's afterwards."""
    signed_in(client, url, Role.steward, name="Gerda")
    here = "/communities/neighbours"
    assert (303, f"{here}/people?done=mailed") == press(client, f"{here}/invitations", role=role, email=address)
    client.cookies.clear()
    return link_in(mailed(rows, address))


def test_who_opens_the_mail_shows_the_address(visitor: TestClient, url: str, rows: Session) -> None:
    """A newcomer with the address that it was mailed to is in at once, once; the address hears of it."""
    address = "Truus@example.org"
    link = mailed_invitation(visitor, url, rows, Role.builder, address)
    assert "Dan doet u meteen mee" in visitor.get(link).text
    status, page = press(visitor, link, name="GERDA", email=address)
    assert (409, True) == (status, 'id="name-fault"' in page)
    assert (303, HOME) == press(visitor, link, name="Truus", email=address.upper())
    account = accounts.named(rows, address)
    assert ("Truus", "builder") == (account.name, account.role)
    assert "is aangenomen" in mailed(rows, address.lower()).body
    assert 200 == visitor.get("/me").status_code
    visitor.cookies.clear()
    status, page = press(visitor, link, name="Nog iemand", email=address)
    assert (404, True) == (status, GONE in page)


def test_who_was_handed_the_mail_locks_nobody_out(visitor: TestClient, url: str, rows: Session) -> None:
    """They make no second step or token without a link by mail; its owner signs in by one and closes the account."""
    address = "ann@example.org"
    link = mailed_invitation(visitor, url, rows, Role.builder, address)
    assert (303, HOME) == press(visitor, link, name="Ann", email=address)
    first = visitor.get("/me/second-step")
    assert (303, "/sign-in?next=%2Fme%2Fsecond-step") == (first.status_code, first.headers["location"])
    for path in ("/me/second-step", "/me/second-step/passkey/options", "/me/paper-codes", "/me/tokens", "/me/close"):
        status, place = press(visitor, path, code="123456", name="x", scope="read", sure="yes")
        assert (303, True) == (status, place.startswith("/sign-in?")), path
    assert 0 == rows.execute(text("SELECT count(*) FROM second_factor")).scalar_one()

    visitor.cookies.clear()
    assert 200 == press(visitor, "/sign-in", email=address)[0]
    found = re.search(r"/sign-in/[A-Za-z0-9_-]{43}", mailed(rows, address).body)
    assert found is not None
    assert 303 == press(visitor, found[0])[0]
    assert 200 == visitor.get("/me/second-step").status_code
    assert 200 == press(visitor, "/me/close", sure="yes")[0]
    assert [] == [one.name for one in rows.query(Account) if one.name == "Ann" and one.closed_at is None]


def test_names_cannot_be_tried_with_a_mailed_invitation(visitor: TestClient, url: str, rows: Session) -> None:
    """A name that is taken counts as a link that is asked for; after a few the answer does not tell any more."""
    address = "truus@example.org"
    link = mailed_invitation(visitor, url, rows, Role.builder, address)
    told = [press(visitor, link, name="Gerda", email=address)[0] for _ in range(sign_in_links.MOST_PER_ADDRESS + 1)]
    assert [409] * sign_in_links.MOST_PER_ADDRESS + [200] == told
    assert 200 == press(visitor, link, name="Truus", email=address)[0]
    assert ["Gerda"] == [one.name for one in rows.query(Account)]


def test_for_a_steward_the_mail_is_not_enough(visitor: TestClient, url: str, rows: Session) -> None:
    """They begin with a second step: it is for who opens a link by mail in the browser that asked."""
    address = "stien@example.org"
    link = mailed_invitation(visitor, url, rows, Role.steward, address)
    assert "Dan doet u meteen mee" not in visitor.get(link).text
    filled_in(visitor, link.removeprefix("/invitations/"), address, "Stien")
    assert visitor.cookies.get(cookies.SIGN_IN) is None
    assert 0 == rows.query(Account).filter(Account.email == address).count()
    link = link_in(mailed(rows, address))
    assert "/invitations/open/" in link
    assert (303, "/sign-in/second") == press(visitor, link)


def test_an_invitation_proves_nothing_else(visitor: TestClient, rows: Session) -> None:
    """Another address, another invitation, a link that was shown, an address with an account: a link is mailed."""
    known = accounts.add(rows, "Samira", role=Role.builder, email="known@example.org")
    key = visitor.app.state.form_key  # type: ignore[attr-defined]
    token, other = made(rows), made(rows)
    for link, address in (
        (f"{token}.{joining.proof_of(token, 'truus@example.org', key=key)}", "bo@example.org"),
        (f"{token}.{joining.proof_of(other, 'truus@example.org', key=key)}", "truus@example.org"),
        (f"{token}.{joining.proof_of(token, 'truus@example.org', key='another key')}", "truus@example.org"),
        (token, "truus@example.org"),
        (f"{token}.", "truus@example.org"),
        (f"{token}.%C3%A9%00", "truus@example.org"),
        (f"{token}.{joining.proof_of(token, 'known@example.org', key=key)}", "known@example.org"),
    ):
        filled_in(visitor, link, address)
        assert "/invitations/open/" in link_in(mailed(rows, address))
        assert visitor.cookies.get(cookies.SIGN_IN) is None
        rows.execute(text("DELETE FROM sign_in_link"))
    assert [known.id] == [one.id for one in rows.query(Account)]


def test_who_becomes_steward_hears_that_tokens_ended(visitor: TestClient, url: str, rows: Session) -> None:
    """By the role that a steward gives and by an invitation: a mail says so, and none when there was no token."""
    for number, by_invitation in enumerate((False, True)):
        bo, ans = (
            accounts.add(rows, f"{name} {number}", role=Role.builder, email=f"{name}{number}@example.org")
            for name in ("bo", "ans")
        )
        tokens.add_token(rows, "telprogramma", account=bo, scopes=["read"])
        for account in (bo, ans):
            visitor.cookies.clear()
            if by_invitation:
                signed_in(visitor, url, Role.builder, name=account.name)
                press(visitor, f"/invitations/{made(rows, Role.steward)}", accept="yes")
            else:
                signed_in(visitor, url, Role.steward, name="Gerda")
                press(visitor, f"/communities/neighbours/people/{account.id}/role", role="steward")
        assert [] == tokens.of_account(rows, bo.id)
        assert "tokens" in mailed(rows, f"bo{number}@example.org").subject
        assert not [one for one in rows.query(Mail) if one.recipient == f"ans{number}@example.org"]
