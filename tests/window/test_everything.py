"""Rules for every page of the window: no axe finding, no sideways scrolling, all of it by keyboard."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served
from tests.window.conftest import UNTIL_AT_REST, find_barriers, scrolls_sideways
from tests.window.registry import PAGES

MOST_STEPS = 150
# Whatever takes the keyboard, as the browser counts; of radio buttons with one name only one does.
REACHABLE = """
() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter((one) => {
  const radio = one.type === 'radio' && !one.checked && document.querySelector(`input[type="radio"][name="${one.name}"]:checked`)
  return one.tabIndex >= 0 && !one.disabled && !radio && one.checkVisibility({visibilityProperty: true})
}).map((one, index) => (one.dataset.stop = index))
"""
FOCUSED = """
() => {
  const one = document.activeElement
  if (!one || one === document.body) return null
  const shows = (element) => {
    const style = getComputedStyle(element)
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  }
  const box = one.getBoundingClientRect()
  const where = one.matches('input[type=radio], input[type=checkbox]') ? one.nextElementSibling ?? one : one
  return {
    stop: one.dataset.stop ?? null, shown: shows(one) || shows(where), tag: one.outerHTML.slice(0, 120),
    inside: box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  }
}
"""
# A page may have taken the keyboard to its own beginning.
FROM_THE_TOP = "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One demo for all pages, in which something has happened."""
    data = tmp_path_factory.mktemp("everything")
    background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True)))
    ready = background.start()
    server = Served(background, ready.public, ready.local, data)
    server.make_client("my-gpt", allow=["control_app"])
    server.make_client("morning-script", scopes=["read:mail"])
    for path in ("/apps/list", "/gmail/messages?max_results=2", "/gmail/messages/none"):
        server.call("GET", path)
    server.call("POST", "/apps/control", json={"app_name": "photo-editor", "action": "start"})
    yield server
    assert background.stop()


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 760})
    scrolls_sideways(page, "100%")  # letters are as they were
    settle(page)


def settle(page: Page) -> Page:
    page.evaluate(UNTIL_AT_REST)
    return page


def test_registry_is_read(open_page):
    assert "overview" in PAGES


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(open_page, name, long):
    page = settle(open_page(name))
    check_headings(page)
    for width in (1360, 900, 720, 480):
        resize(page, width)
        if long or width in {1360, 480}:
            assert (width, find_barriers(page)) == (width, [])
        assert not [(width, size) for size in ("100%", "200%") if scrolls_sideways(page, size)]
    for width in (1120, 720):
        resize(page, width)
        expected, reached, unseen = walk(page)
        show = "(stop) => document.querySelector(`[data-stop='${stop}']`)?.outerHTML.slice(0, 120)"
        left = [page.evaluate(show, stop) for stop in expected - reached]
        assert (width, left, unseen) == (width, [], [])
    page.emulate_media(color_scheme="dark")  # nothing but colours is another
    assert find_barriers(settle(page)) == []


def check_headings(page: Page) -> None:
    """Check that there is one first heading, and that no level is left out."""
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => +heading.tagName[1])")
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def walk(page: Page) -> tuple[set[str], set[str], list[str]]:
    """Go through the page with Tab: what should be reached, what was, and where the focus could not be seen."""
    page.evaluate(FROM_THE_TOP)
    expected = {str(stop) for stop in page.evaluate(REACHABLE)}
    reached, unseen = set[str](), list[str]()
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or focused["stop"] in reached:
            break
        reached.add(focused["stop"])
        if not focused["shown"] or not focused["inside"]:
            unseen.append(focused["tag"])
    return expected, reached, unseen
