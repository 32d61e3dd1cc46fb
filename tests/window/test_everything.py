"""Rules for every page of the window: no axe finding, no sideways scrolling, all of it by keyboard."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served
from tests.window.conftest import OF_COLOURS, UNTIL_AT_REST, find_barriers, opening_pages, scrolls_sideways
from tests.window.registry import PAGES

SPARE_STEPS = 5  # that a browser may add, as for a part that scrolls
# Whatever takes the keyboard, as the browser counts; of radio buttons with one name only one does.
REACHABLE = """
() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter((one) => {
  const radio = one.type === 'radio' && !one.checked && document.querySelector(`input[type="radio"][name="${one.name}"]:checked`)
  return one.tabIndex >= 0 && !one.disabled && !radio && one.checkVisibility({visibilityProperty: true})
}).map((one, index) => (one.dataset.stop = index))
"""
# What has the keyboard after each key: a question per key would take longer than the key.
WATCH_FOCUS = """
() => {
  const shows = (element) => {
    const style = getComputedStyle(element)
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  }
  const look = () => {
    const one = document.activeElement
    if (!one || one === document.body) return null
    const box = one.getBoundingClientRect()
    const where = one.matches('input[type=radio], input[type=checkbox]') ? one.nextElementSibling ?? one : one
    return {
      stop: one.dataset.stop ?? null, shown: shows(one) || shows(where), tag: one.outerHTML.slice(0, 120),
      inside: box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    }
  }
  window.focused = []
  addEventListener('keyup', () => focused.push(look()), true)
}
"""
TWO_FRAMES = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
# A page may have taken the keyboard to its own beginning.
FROM_THE_TOP = "focused.length = 0; document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')"


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


@pytest.fixture(scope="module")
def page(browser: Browser, server: Served) -> Iterator[Page]:
    """One page of the browser, in which all of them are shown: loading it takes as long as a check."""
    with opening_pages(browser, server) as open_page:
        page = open_page()
        page.evaluate(WATCH_FOCUS)
        yield page


def resize(page: Page, width: int) -> None:
    """Change the width; the styles follow at once, and what watches sizes in the next frame."""
    page.set_viewport_size({"width": width, "height": 760})
    page.evaluate(TWO_FRAMES)


def test_registry_is_read():
    assert "overview" in PAGES


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_accessible(page, name, long):
    page.evaluate(f"location.hash = {name!r}")
    page.evaluate(UNTIL_AT_REST)
    check_headings(page)
    for width in (1360, 1120, 900, 720, 480):
        resize(page, width)
        if width in {1120, 720}:
            left, unseen = walk(page)
            if None in left:  # the page has changed meanwhile, as a list does for which there is room now
                left, unseen = walk(page)
            assert (width, left, unseen) == (width, [], [])
        if long or width in {1360, 480}:
            assert (width, find_barriers(page)) == (width, [])
        assert not [(width, size) for size in ("200%", "100%") if scrolls_sideways(page, size)]
    page.emulate_media(color_scheme="dark")  # nothing but colours is another
    page.evaluate(TWO_FRAMES)
    assert find_barriers(page, OF_COLOURS) == []
    page.emulate_media(color_scheme="light")


def check_headings(page: Page) -> None:
    """Check that there is one first heading, and that no level is left out."""
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => +heading.tagName[1])")
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def walk(page: Page) -> tuple[list[str | None], list[str]]:
    """Go through the page with Tab: what should be reached and was not, and where the focus could not be seen."""
    page.evaluate(FROM_THE_TOP)
    expected = {str(stop) for stop in page.evaluate(REACHABLE)}
    for _ in range(len(expected) + SPARE_STEPS):
        page.keyboard.press("Tab")
    reached, unseen = set[str](), list[str]()
    for focused in page.evaluate("focused"):
        if focused is None or focused["stop"] in reached:
            break
        reached.add(focused["stop"])
        if not focused["shown"] or not focused["inside"]:
            unseen.append(focused["tag"])
    show = "(stop) => document.querySelector(`[data-stop='${stop}']`)?.outerHTML.slice(0, 120)"
    return [page.evaluate(show, stop) for stop in expected - reached], unseen
