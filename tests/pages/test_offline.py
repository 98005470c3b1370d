"""The installable app over HTTP: its manifest, its worker and the pages for when there is no network."""

import io
import json
import re

from PIL import Image
from starlette.testclient import TestClient

from app import cookies, csrf
from app.pages import offline
from app.templating import STATIC


def test_the_manifest(sample_client: TestClient) -> None:
    """Name and shortcuts in the language that is asked, and icons that are there, of the size that they say."""
    answer = sample_client.get("/manifest.webmanifest?lang=nl")
    assert "application/manifest+json" in answer.headers["content-type"]
    told = answer.json()
    assert ("/", "/", "standalone", "nl") == tuple(told[name] for name in ("start_url", "scope", "display", "lang"))
    assert ["/pin", "/conversations"] == [one["url"] for one in told["shortcuts"]]
    assert "kaart van de buurt" in told["name"]
    assert "map of the neighbourhood" in sample_client.get("/manifest.webmanifest?lang=en").json()["name"]
    for icon in told["icons"]:
        picture = Image.open(io.BytesIO(sample_client.get(icon["src"]).content))
        assert icon["sizes"] == f"{picture.width}x{picture.height}"
    assert {"any", "maskable"} == {icon["purpose"] for icon in told["icons"]}


def test_the_worker(sample_client: TestClient) -> None:
    """Browsers ask whether it changed at every visit; each file that it imports or keeps is there."""
    answer = sample_client.get("/service-worker.js")
    assert ("no-cache", "/") == (answer.headers["cache-control"], answer.headers["service-worker-allowed"])
    assert "text/javascript" in answer.headers["content-type"]
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    imported = re.findall(r'^import .* from "([^"]+)";', answer.text, re.MULTILINE)
    settings = re.search(r"const \{ SHELL, VERSION \} = (\{.*\});", answer.text)
    assert settings
    kept = json.loads(settings[1])["SHELL"]
    assert len(imported) == 3
    assert set(imported) <= set(kept)
    for address in kept:
        assert 200 == sample_client.get(address).status_code, address


def test_what_the_worker_imports_imports_nothing() -> None:
    """A worker has no import map: the files that it shares with pages name no others."""
    for name in ("waiting-store", "waiting-send"):
        assert not re.search(r"^import ", (STATIC / "js" / f"{name}.js").read_text(encoding="utf-8"), re.MULTILINE)
    assert "SETTINGS" not in offline.worker()


def test_pages_for_later(sample_client: TestClient) -> None:
    """Both say in either language what can be done; every page names the manifest, and its policy allows both."""
    for language, words in (("nl", "Er is nu geen verbinding"), ("en", "There is no connection now")):
        page = sample_client.get(f"/offline?lang={language}")
        assert words in page.text
        assert f'href="/manifest.webmanifest?lang={language}"' in page.text
        assert page.text.count('type="importmap"') == 1
    assert {"worker-src 'self'", "manifest-src 'self'"} <= set(page.headers["content-security-policy"].split("; "))
    assert "Wacht op verzending" in sample_client.get("/waiting?lang=nl").text
    assert sample_client.get("/?lang=nl").text.count('type="importmap"') == 1


def test_who_is_signed_in(sample_client: TestClient) -> None:
    """A script that sends what waited learns whose form it would be."""
    assert {"token", "account"} == set(sample_client.get("/form-token").json())
    assert sample_client.get("/form-token").json()["account"] is None


def test_a_page_that_is_kept_brings_no_cookie_of_forms(sample_client: TestClient) -> None:
    """In the background it would replace that of the form which a new visitor has before them, and refuse it."""
    worker = sample_client.get("/service-worker.js").text
    assert f'"{csrf.KEEPS}": "1"' in worker
    kept = sample_client.get("/pin", headers={csrf.KEEPS: "1"})
    assert (kept.status_code, cookies.FORM in kept.cookies) == (200, False)
    assert cookies.FORM in sample_client.get("/pin").cookies
