import re

import pytest
from playwright.sync_api import expect

from tests.server.tunnel.tunnels import until
from tests.window.conftest import find_barriers, scrolls_sideways


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_overview_page_is_accessible(open_page, server, look, width):
    server.make_client("reader")
    server.call("GET", "/apps/list")
    server.call("GET", "/gmail/messages/none")
    page = open_page(look=look, width=width)
    expect(page.get_by_role("listitem").filter(has_text="reader").first).to_be_visible()
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]


def test_overview_shows_state_and_address(open_page, server):
    page = open_page()
    expect(page.get_by_role("heading", name="Deskhand is running")).to_be_visible()
    expect(page.get_by_text(server.public)).to_be_visible()
    expect(page.get_by_text("Demo", exact=True)).to_be_visible()
    for title in ("Apps", "Gmail"):
        expect(page.locator("main").get_by_role("listitem").filter(has_text=title)).to_be_visible()


def test_overview_has_no_tick_for_what_is_not_set_up(open_page, server):
    parts = open_page("overview").get_by_role("region", name="Integrations")
    expect(parts.get_by_role("link", name="OMI").locator("svg.unused")).to_be_visible()
    expect(parts.get_by_role("link", name="Gmail").locator("svg.unused, svg.wrong")).to_have_count(0)


def test_overview_updates_live(open_page, server):
    page = open_page()
    expect(page.get_by_text("No clients yet")).to_be_visible()
    server.make_client("reader")
    expect(page.get_by_text("1 client", exact=True)).to_be_visible()
    server.call("GET", "/apps/list")
    expect(page.get_by_role("listitem").filter(has_text="reader")).to_have_count(1)


def test_pause_and_resume_by_keyboard(open_page, server):
    page = open_page()
    page.get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="For 15 minutes")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Deskhand is paused")).to_be_visible()
    assert server.person("GET", "/api/overview").json()["paused_until"]
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.get_by_role("heading", name="Deskhand is running")).to_be_visible()


def test_theme_is_chosen_and_stored(open_page, server):
    page = open_page()
    for theme in ("light", "dark", "system"):
        page.get_by_role("button", name=re.compile("^Theme: ")).click()
        if theme == "system":
            expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))
        else:
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
        if theme == "dark":
            expect(open_page().locator("html")).to_have_attribute("data-theme", "dark")


def test_token_is_removed_from_the_address_and_another_page_is_refused(open_page, server):
    page = open_page()
    assert "token" not in page.url
    other = page.context.new_page()  # has the cookie, and not the token
    other.goto(server.local)
    expect(other.get_by_text("Open the window from Deskhand.")).to_be_visible()
    expect(other.get_by_text(server.public)).to_have_count(0)


def test_tunnel_is_opened_and_its_address_shown(open_page, server):
    page = open_page()
    page.get_by_role("switch", name="Tunnel").press("Space")
    address = until(server, "open")["address"]
    expect(page.get_by_text(address)).to_be_visible()
    expect(page.get_by_role("heading", name="local only")).to_be_visible()  # the demo's tunnel leads nowhere else
    page.get_by_role("switch", name="Tunnel").press("Space")
    expect(page.get_by_text(address)).to_have_count(0)


@pytest.mark.parametrize("address", ["%", "access/%zz", "constructor", "__proto__"])
def test_unknown_route_shows_the_overview(open_page, address):
    page = open_page()
    page.evaluate("location.hash = 'settings'")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    page.evaluate(f"location.hash = {address!r}")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
