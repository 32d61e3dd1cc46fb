import re

import pytest
from playwright.sync_api import expect

from tests.window.conftest import find_barriers, scrolls_sideways
from tests.window.registry import NAMES


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_guides_are_readable_without_a_network(open_page, look, width):
    page = open_page("help", look, width)
    page.get_by_role("link", name="The tunnel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The tunnel")
    expect(page.get_by_role("heading", name="Without a tunnel")).to_be_visible()
    assert find_barriers(page) == []
    assert not scrolls_sideways(page)
    page.get_by_role("link", name="All guides").click()
    expect(page.get_by_role("heading", name="Help", level=1)).to_be_visible()


@pytest.mark.parametrize(("name", "command"), [("tunnel", "tunnel set"), ("first-gpt", "clients create my-gpt")])
def test_commands_of_a_guide_work_as_printed(open_page, monkeypatch, name, command):
    monkeypatch.setenv("DESKHAND_COMMAND", "py ../run.py")
    page = open_page(f"help/{name}")
    expect(page.get_by_text(f"py ../run.py {command}").first).to_be_visible()
    commands = page.locator("article code").all_inner_texts()
    assert not [text for text in commands if re.search(r"python3 run\.py|^deskhand ", text, re.MULTILINE)]


def test_every_page_has_a_help_link_and_shows_the_pause(open_page, server):
    server.person("POST", "/api/pause", json={"minutes": 15})
    page = open_page("overview")
    for name in [name for name in NAMES if name != "help"]:
        page.evaluate(f"location.hash = {name!r}")
        expect(page.get_by_text("paused").first).to_be_visible()
        if name != "welcome":
            link = page.get_by_role("link", name="Help for")
            expect(link).to_have_attribute(
                "href", page.evaluate("/#help(%2F|\\/)?[\\w-]*/.exec(document.querySelector('a.help').href)[0]")
            )
    page.evaluate("location.hash = 'activity'")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Deskhand is paused")).to_have_count(0)
    assert server.person("GET", "/api/overview").json()["paused_until"] is None
