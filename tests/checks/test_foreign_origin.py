"""A page of another origin in a real browser, with every key in its hands: it can change nothing, on neither surface."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from server.lifecycle import runtime_file
from tests.checks.conftest import Process
from tests.window.conftest import running_browser

ATTACK = (Path(__file__).parent / "foreign_page.js").read_text(encoding="utf-8")
MAIL = {"to": "eve@example.com", "subject": "Taken", "body": "by another page"}
CLIENT = {"name": "eve"}


# Chromium itself keeps a page of the internet from this computer; others do not, so it is told not to.
HELPFUL = ("--host-resolver-rules=MAP *.test 127.0.0.1", "--disable-features=LocalNetworkAccessChecks")


class Elsewhere(BaseHTTPRequestHandler):
    """A page of somebody else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>You have won</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    """The port of somebody else's site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site.server_port
        site.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser in which names of somebody else's lead to this computer, as their owner can have it."""
    with running_browser(*HELPFUL) as browser:
        yield browser


@pytest.fixture
def server(start, signed_in) -> Process:
    return start("--demo", data=signed_in.data, DESKHAND_DEMO_GOOGLE="own").load()


@pytest.fixture
def key(server: Process) -> str:
    """A key that opens the public surface, and with which nobody has to be asked."""
    return server.make_client("victim", allow=["send_mail"])


@pytest.fixture
def page(browser: Browser, server: Process) -> Iterator[Page]:
    """A page in a browser in which the window is open too, so the cookie is there."""
    context = browser.new_context()
    window = context.new_page()
    entry = server.person("POST", "/api/entries").json()
    window.goto(f"{entry['address']}?key={entry['key']}")
    assert context.cookies(server.local)
    yield context.new_page()
    context.close()


def attack(page: Page, server: Process, key: str, name: str = "127.0.0.1") -> dict[str, dict[str, str]]:
    """Try everything on both surfaces, with keys that open them, and tell how each way went."""
    running = runtime_file.read(server.data)
    assert running
    surfaces = {"public": (server.own, "/gmail/send", MAIL, key), "local": (server.local, "/api/clients", CLIENT, running.key)}
    orders = {
        surface: {
            "base": base.replace("127.0.0.1", name),
            "path": path,
            "body": json.dumps(body),
            "headers": {"Authorization": f"Bearer {opens}"},
        }
        for surface, (base, path, body, opens) in surfaces.items()
    }
    return {surface: page.evaluate(ATTACK, order) for surface, order in orders.items()}


def assert_nothing_happened(server: Process, signed_in, outcomes: dict[str, dict[str, str]]) -> None:
    for surface, ways in outcomes.items():
        assert len(ways) > 15
        assert {way: how for way, how in ways.items() if how not in {"refused", "unseen"}} == {}, surface
    assert "Taken" not in signed_in.sent_subjects()
    assert [client["name"] for client in server.person("GET", "/api/clients").json()] == ["victim"]
    assert server.person("GET", "/api/activity").json() == [], "somebody came as far as the guard"


def test_page_of_another_origin_changes_nothing(page, server, key, signed_in, elsewhere) -> None:
    answers = []
    page.on("response", lambda answer: answers.append((answer.request.method, answer.status, answer.url)))
    origins = (f"http://127.0.0.1:{elsewhere}", f"http://localhost:{elsewhere}", f"http://evil.test:{elsewhere}", "null")
    for origin in origins:
        page.goto("data:text/html,<title>Nobody</title>" if origin == "null" else origin)
        assert page.evaluate("origin") == origin
        assert_nothing_happened(server, signed_in, attack(page, server, key))
    changing = {status for method, status, url in answers if method != "GET" and not url.endswith("/enter")}
    assert changing == {403}, "each is refused for its origin, whatever else would have refused it"


def test_dns_rebinding_changes_nothing(page, server, key, signed_in) -> None:
    for own in ("public", "local"):
        base = (server.own if own == "public" else server.local).replace("127.0.0.1", "rebound.test")
        page.route(f"{base}/won", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.goto(f"{base}/won")
        outcomes = attack(page, server, key, "rebound.test")
        readable = {how for how in outcomes[own].values() if how.isdecimal()}
        assert readable == {"421"}, "the page may read what is of its own origin, and this is what it reads"
        outcomes[own] = {way: "refused" if how == "421" else how for way, how in outcomes[own].items()}
        assert_nothing_happened(server, signed_in, outcomes)


def test_framing_is_refused(page, server, elsewhere) -> None:
    page.goto(f"http://127.0.0.1:{elsewhere}")
    for base in (server.own + "/docs", server.local):
        page.evaluate("(src) => document.body.append(Object.assign(document.createElement('iframe'), {src}))", base)
    page.wait_for_function("window.frames.length === 2")
    page.wait_for_load_state("networkidle")
    shown = [frame.content() for frame in page.frames[1:]]
    assert len(shown) == 2
    assert not [html for html in shown if "Deskhand" in html]


def test_page_of_a_listed_origin_is_allowed(page, server, key, signed_in, elsewhere) -> None:
    origin = f"http://evil.test:{elsewhere}"
    assert server.person("PUT", "/api/origins", json={"allowed": [origin]}).status_code == 200
    page.goto(origin)
    outcomes = attack(page, server, key)
    assert outcomes["public"]["fetch of JSON"] == outcomes["public"]["XMLHttpRequest"] == "200"
    assert "Taken" in signed_in.sent_subjects()
    assert set(outcomes["local"].values()) <= {"refused", "unseen"}
    assert [client["name"] for client in server.person("GET", "/api/clients").json()] == ["victim"]
