"""The second step: who needs one, what it is good for, and that a mail alone lets no steward in."""

import re
import time
from collections.abc import Iterator

import pyotp
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import accounts, second_factors, sign_in_links, sign_ins
from assets.errors import Conflict
from assets.vocabulary import Role, SecondFactorKind
from tests.conftest import SECRET, Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token

STEWARD = "steward@example.org"


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A database of this module."""
    return databases.clone("schema")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        client.headers["accept"] = "text/html"
        client.follow_redirects = False
        yield client


@pytest.fixture
def browser(app_client: TestClient) -> TestClient:
    """A browser that was never here."""
    app_client.cookies.clear()
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session in which every statement is committed at once; accounts are gone afterwards."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        session.execute(text("DELETE FROM sign_in_link"))
        session.execute(text("DELETE FROM account"))
    engine.dispose()


def opened(browser: TestClient, rows: Session, email: str, *, after: str = "/me") -> str:
    """Open a new link in this browser; where it leads."""
    token = form_token(browser)
    kept = browser.cookies.get(cookies.FORM) or ""
    asked = sign_in_links.ask(rows, email, browser=kept, network="x", secret="s" * 20, next_path=after)
    assert asked is not None
    answer = browser.post(f"/sign-in/{asked.token}", data={"form_token": token})
    assert 303 == answer.status_code
    return str(answer.headers["location"])


def with_app(browser: TestClient, rows: Session) -> tuple[str, list[str]]:
    """A new steward who has made an app: its secret, and the codes on paper."""
    accounts.add(rows, "Steward", role=Role.steward, email=STEWARD)
    assert "/sign-in/second" == opened(browser, rows, STEWARD)
    page = browser.get("/sign-in/second").text
    secret = "".join(re.findall(r'vuurtoren-secret">([^<]*)<', page)[0].split())
    code = pyotp.TOTP(secret).now()
    answer = browser.post("/sign-in/second", data={"form_token": form_token(browser), "code": code})
    assert 200 == answer.status_code
    return secret, re.findall(r"<li><code>([^<]*)</code>", answer.text)


def forget_step(rows: Session) -> None:
    """As if the last code had been used a while ago."""
    rows.execute(text("UPDATE second_factor SET used_step = 0"))


def test_mail_alone_is_not_enough(browser: TestClient, rows: Session) -> None:
    """Who must have a second step is nobody before it was taken: neither on pages nor in the API."""
    for role in sorted(accounts.STRONG):
        accounts.add(rows, f"A {role}", role=role, email=f"{role}@example.org")
        assert "/sign-in/second" == opened(browser, rows, f"{role}@example.org")
        assert "/sign-in?next=%2Fme" == browser.get("/me").headers["location"]
        headers = {"X-Form-Token": form_token(browser), "Content-Type": "application/geo+json"}
        assert 401 == browser.post("/api/v1/collections/assets/items", content=b"{}", headers=headers).status_code
        browser.cookies.clear()


def test_builder_needs_none(browser: TestClient, rows: Session) -> None:
    """A builder signs in with the mail alone, until they make a second step themselves."""
    builder = accounts.add(rows, "Builder", role=Role.builder, email="b@example.org")
    assert "/me" == opened(browser, rows, "b@example.org")
    second_factors.add_passkey(rows, builder.id, credential_id=b"1", public_key=b"2", counter=0)
    browser.cookies.clear()
    assert "/sign-in/second" == opened(browser, rows, "b@example.org")


def test_app(browser: TestClient, rows: Session) -> None:
    """A steward makes an app at the first visit, and from then on signs in with its codes."""
    secret, paper = with_app(browser, rows)
    assert second_factors.PAPER_CODES == len(set(paper))
    assert "Steward" in browser.get("/me").text

    browser.cookies.clear()
    assert "/sign-in/second" == opened(browser, rows, STEWARD, after="/streets")
    assert secret not in browser.get("/sign-in/second").text
    forget_step(rows)
    before = browser.cookies.get(cookies.SIGN_IN)
    code = pyotp.TOTP(secret).now()
    answer = browser.post("/sign-in/second", data={"form_token": form_token(browser), "code": f"{code[:3]} {code[3:]}"})
    assert (303, "/streets") == (answer.status_code, answer.headers["location"])
    assert before != browser.cookies.get(cookies.SIGN_IN)
    browser.cookies.clear()
    browser.cookies.set(cookies.SIGN_IN, before or "")
    assert 303 == browser.get("/me").status_code


def test_code_is_good_once(browser: TestClient, rows: Session) -> None:
    """A code that was used, or an older one, is no code: whoever looks over a shoulder gets nowhere."""
    secret, _ = with_app(browser, rows)
    account = accounts.named(rows, STEWARD).id
    forget_step(rows)
    totp = pyotp.TOTP(secret)
    step = int(time.time()) // totp.interval
    assert second_factors.check_app(rows, account, totp.generate_otp(step), key=SECRET)
    for used in (step, step - 1):
        assert not second_factors.check_app(rows, account, totp.generate_otp(used), key=SECRET)
    for wrong in ("", "12345", "abcdef", "１２３４５６", "0" * 60):
        assert not second_factors.check_app(rows, account, wrong, key=SECRET)
    forget_step(rows)
    assert not second_factors.check_app(rows, account, totp.generate_otp(step), key="another secret")


def test_five_tries(browser: TestClient, rows: Session) -> None:
    """After five wrong codes the link is worth nothing any more, and a right code comes too late."""
    secret, paper = with_app(browser, rows)
    browser.cookies.clear()
    opened(browser, rows, STEWARD)
    for _ in range(sign_ins.MOST_ATTEMPTS):
        assert (
            400
            == browser.post("/sign-in/second", data={"form_token": form_token(browser), "code": "000000"}).status_code
        )
    forget_step(rows)
    for right in (pyotp.TOTP(secret).now(), paper[0]):
        answer = browser.post("/sign-in/second", data={"form_token": form_token(browser), "code": right})
        assert answer.headers["location"].startswith("/sign-in?")


def tried(browser: TestClient, code: str) -> int:
    """The status that a code at the second step gets."""
    return browser.post("/sign-in/second", data={"form_token": form_token(browser), "code": code}).status_code


def test_tries_count_for_the_account(browser: TestClient, rows: Session) -> None:
    """Whoever begins again and again, signs out in between, or takes turns with a passkey has twenty tries an hour."""
    secret, paper = with_app(browser, rows)
    account = accounts.named(rows, STEWARD).id
    for number in range(5):
        browser.cookies.clear()
        browser.cookies.set(cookies.SIGN_IN, sign_ins.begin(rows, account, waiting=True))
        if number == 4:
            break
        assert [tried(browser, "000000") for _ in range(3)] == [400] * 3
        headers = {"X-Form-Token": form_token(browser)}
        assert 400 == browser.post("/sign-in/second/passkey", data={"answer": "{}"}, headers=headers).status_code
        assert 400 == tried(browser, "no-code-of-mine")
        browser.post("/sign-out", data={"form_token": form_token(browser)})
    forget_step(rows)
    for right in (pyotp.TOTP(secret).now(), paper[0]):
        assert 429 == tried(browser, right)
    page = browser.get("/sign-in/second", headers={"accept-language": "nl"})
    assert 429 == page.status_code
    assert "kop koffie" in page.text
    rows.execute(text("UPDATE sign_in SET created_at = created_at - interval '61 minutes' WHERE attempts > 0"))
    assert 303 == tried(browser, pyotp.TOTP(secret).now())


def test_tries_of_others_do_not_count(browser: TestClient, rows: Session) -> None:
    """What is tried for one account is nothing to another."""
    secret, _ = with_app(browser, rows)
    other = accounts.add(rows, "Other", role=Role.steward, email="other@example.org")
    for _ in range(5):
        sign_ins.begin(rows, other.id, waiting=True)
    rows.execute(text("UPDATE sign_in SET attempts = 5 WHERE account_id = :id"), {"id": other.id})
    browser.cookies.clear()
    opened(browser, rows, STEWARD)
    forget_step(rows)
    assert 303 == tried(browser, pyotp.TOTP(secret).now())


def test_paper(browser: TestClient, rows: Session) -> None:
    """A code on paper works once, in any way of writing; new ones end the old ones."""
    _, paper = with_app(browser, rows)
    account = accounts.named(rows, STEWARD).id
    assert second_factors.use_paper(rows, account, f" {paper[0].upper().replace('-', ' ')} ")
    assert not second_factors.use_paper(rows, account, paper[0])
    second_factors.new_paper(rows, account)
    assert not second_factors.use_paper(rows, account, paper[1])
    assert not second_factors.use_paper(rows, account, "")


def test_last_one_stays(browser: TestClient, rows: Session) -> None:
    """A steward cannot take the only second step away; a builder can, and the codes on paper go with it."""
    with_app(browser, rows)
    account = accounts.named(rows, STEWARD).id
    only = second_factors.of_account(rows, account)[0]
    with pytest.raises(Conflict):
        second_factors.remove(rows, account, only.id, needed=True)
    answer = browser.post("/me/second-step/remove", data={"form_token": form_token(browser), "factor": str(only.id)})
    assert 409 == answer.status_code
    second_factors.remove(rows, account, only.id, needed=False)
    assert 0 == rows.execute(text("SELECT count(*) FROM second_factor")).scalar_one()


def test_sealed(browser: TestClient, rows: Session) -> None:
    """The database holds neither the secret of an app nor a code on paper."""
    secret, paper = with_app(browser, rows)
    stored = str([tuple(row) for row in rows.execute(text("SELECT * FROM second_factor"))])
    stored += str([tuple(row) for row in rows.execute(text("SELECT * FROM sign_in"))])
    for mark in (secret, *paper):
        assert mark not in stored


def test_strong_ends_sooner(browser: TestClient, rows: Session) -> None:
    """The sign-in of a steward ends after two hours without a visit."""
    with_app(browser, rows)
    assert 200 == browser.get("/me").status_code
    rows.execute(text("UPDATE sign_in SET seen_at = now() - interval '2 hours 1 minute'"))
    assert 303 == browser.get("/me").status_code


def test_passkey_that_is_none(browser: TestClient, rows: Session) -> None:
    """What a browser answers is checked: nonsense, or an answer to nothing, keeps no passkey and lets nobody in."""
    accounts.add(rows, "Steward", role=Role.steward, email=STEWARD)
    opened(browser, rows, STEWARD)
    headers = {"X-Form-Token": form_token(browser)}
    assert 200 == browser.post("/sign-in/second/passkey/options", data={}, headers=headers).status_code
    for answer in ("", "{}", "[]", "null", '{"rawId": "AAAA", "response": {}}', "\x00", '{"rawId": 1}'):
        assert 400 == browser.post("/sign-in/second/passkey", data={"answer": answer}, headers=headers).status_code
    second_factors.add_passkey(
        rows, accounts.named(rows, STEWARD).id, credential_id=b"12345", public_key=b"x", counter=0
    )
    answer = '{"id": "MTIzNDU", "rawId": "MTIzNDU", "type": "public-key", "response": {}}'
    assert 400 == browser.post("/sign-in/second/passkey", data={"answer": answer}, headers=headers).status_code
    assert 303 == browser.get("/me").status_code


def test_an_old_sign_in_changes_no_second_step(browser: TestClient, rows: Session) -> None:
    """Whoever finds a browser signed in cannot lock its owner out; a change is mailed to the owner."""
    with_app(browser, rows)
    token = form_token(browser)
    rows.execute(text("DELETE FROM mail"))
    rows.execute(text("UPDATE sign_in SET created_at = now() - interval '16 minutes'"))
    only = second_factors.of_account(rows, accounts.named(rows, STEWARD).id)[0]
    for path in ("/me/second-step", "/me/paper-codes", "/me/second-step/remove", "/me/second-step/passkey/options"):
        answer = browser.post(path, data={"form_token": token, "code": "123456", "factor": str(only.id)})
        assert "/sign-in?next=%2Fme%3Fagain%3Dyes" == answer.headers["location"], path
    assert 10 == len(second_factors.of_account(rows, only.account_id, SecondFactorKind.paper))
    rows.execute(text("UPDATE sign_in SET created_at = now()"))
    assert 200 == browser.post("/me/paper-codes", data={"form_token": token}).status_code
    assert STEWARD == rows.execute(text("SELECT recipient FROM mail")).scalar_one()
