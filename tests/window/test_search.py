"""The search over everything: opened by one key, used by keyboard only, opens at the message."""

import pytest
from playwright.sync_api import Page, expect

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served
from tests.window.chat_history import SHORT, import_history
from tests.window.conftest import find_barriers


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One demo with an imported history."""
    data = tmp_path_factory.mktemp("search")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKHAND_DEMO_OPENAI", "quiet")
        background = BackgroundServer(Program(Options(port=0, data_dir=data / "data", demo=True)))
        ready = background.start()
        server = Served(background, ready.public, ready.local, data / "data")
        server.person("GET", "/api/overview")
        import_history(server, data / "export")
        yield server
        assert background.stop()


def search(page: Page, text: str):
    """Open the search and type; return its options."""
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search conversations")
    expect(field).to_be_focused()
    field.press_sequentially(text)
    return page.get_by_role("option")


def test_search_opens_from_every_page_and_closes(open_page, server):
    page = open_page("settings")
    for key in ("Control+k", "/"):
        page.keyboard.press(key)
        expect(page.get_by_role("combobox", name="Search conversations")).to_be_focused()
        expect(page.get_by_role("heading", name="Search tips")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Search").click()
    page.keyboard.type("/")  # is text in a field
    expect(page.get_by_role("combobox", name="Search conversations")).to_have_value("/")


def test_result_opens_at_its_message_by_keyboard(open_page, server):
    page = open_page("overview")
    options = search(page, '"turn 77"')
    expect(options).to_have_count(1)
    expect(options.first.locator("mark").first).to_have_text("Turn 77")
    assert find_barriers(page) == []
    page.keyboard.press("Enter")
    message = page.get_by_role("article").filter(has_text="Turn 77 of the long talk.")
    expect(message).to_be_in_viewport()
    assert page.evaluate("location.hash").startswith("#conversations/long/")
    search(page, '"turn 12"')  # another message of the same conversation
    page.keyboard.press("Enter")
    expect(page.get_by_text("Turn 12 of the long talk.")).to_be_in_viewport()


def test_results_are_counted_and_more_are_shown(open_page, server):
    page = open_page("overview", look="dark")
    options = search(page, "lisbon")
    expect(page.get_by_role("status").filter(has_text="results")).to_have_count(1)
    more = options.filter(has_text="Show more conversations")
    expect(more).to_have_count(1)
    before = options.count()
    for _ in range(before - 1):
        page.keyboard.press("ArrowDown")
        if more.get_attribute("aria-selected") == "true":
            break
    page.keyboard.press("Enter")
    expect(options.nth(before + 5)).to_be_visible()
    assert find_barriers(page) == []


def test_query_without_results_and_with_odd_signs_is_answered(open_page, server):
    page = open_page("overview")
    options = search(page, 'zzzzqqq "')
    expect(page.get_by_text("No results").last).to_be_visible()
    expect(options).to_have_count(0)
    page.get_by_role("combobox", name="Search conversations").fill(f"title:{SHORT - 2}")
    expect(options.filter(has_text=f"Talk {SHORT - 2}")).to_have_count(1)
    page.get_by_role("combobox", name="Search conversations").fill("")
    page.get_by_text("-draft").click()  # a tip is put into the field
    expect(page.get_by_role("combobox", name="Search conversations")).to_have_value("-draft ")
