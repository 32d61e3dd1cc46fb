import re

import pytest
from playwright.sync_api import expect

from server.sdk.desktop import NoScreen
from tests import loopback
from tests.server.conftest import Served
from tests.window.conftest import UNTIL_AT_REST


class Beside(NoScreen):
    """A desktop that notes that the demo was to be started."""

    def __init__(self):
        self.demos = 0

    def start_demo(self):
        self.demos += 1


@pytest.fixture
def screen():
    return Beside()


@pytest.fixture
def server(serve, screen) -> Served:
    """A Deskhand that was started for the first time."""
    return serve(screen=screen)


def heading(page, name):
    return page.get_by_role("heading", level=1, name=name)


def read(server):
    return server.person("GET", "/api/onboarding").json()


def arrive(open_page, **more):
    """Open the window without asking for a page, as Deskhand does."""
    return open_page("", **more)


def test_welcome_is_shown_in_the_first_window_only(open_page, server):
    page = arrive(open_page)
    expect(heading(page, "Welcome to Deskhand")).to_be_visible()
    expect(page.get_by_role("navigation", name="Pages")).to_have_count(0)
    page.get_by_role("button", name="Explore first").click()
    expect(heading(page, "Overview")).to_be_visible()
    later = arrive(open_page)
    expect(heading(later, "Overview")).to_be_visible()
    expect(heading(later, "Welcome to Deskhand")).to_have_count(0)


def test_wizard_is_completed_by_keyboard(open_page, server):
    page = arrive(open_page)
    page.get_by_role("button", name="Start").press("Enter")
    expect(heading(page, "Choose what ChatGPT can use")).to_be_focused()
    page.get_by_role("textbox", name="Name").fill("Desk Helper")
    page.get_by_role("button", name="Create client").press("Enter")
    expect(heading(page, "Let ChatGPT reach this computer")).to_be_focused()
    page.get_by_role("button", name="Skip").press("Enter")
    expect(heading(page, "Connect a GPT")).to_be_focused()
    key = page.get_by_role("group", name="Key").locator(".value").inner_text()
    answer = loopback.get(f"{server.public}/apps/list", headers={"X-API-Key": key})
    assert answer.status_code == 200
    expect(page.get_by_text("Last request from desk-helper:")).to_be_visible()
    page.get_by_role("button", name="Continue").press("Enter")
    expect(heading(page, "Sign in to Gmail")).to_be_focused()
    page.get_by_role("button", name="Skip").press("Enter")
    expect(heading(page, "Choose your programs")).to_be_focused()
    page.get_by_role("button", name="Finish").press("Enter")
    expect(heading(page, "Overview")).to_be_visible()
    now = read(server)
    assert (now["finished"], now["client"]) == (True, "desk-helper")
    assert now["steps"] == {"use": "done", "tunnel": "skipped", "connect": "done", "gmail": "skipped", "apps": "done"}


def test_welcome_continues_after_an_interruption(open_page, server):
    page = arrive(open_page)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Create client").click()
    expect(heading(page, "Let ChatGPT reach this computer")).to_be_visible()
    again = arrive(open_page)
    expect(again.get_by_role("link", name=re.compile("Choose what ChatGPT can use"))).to_contain_text("Done")
    again.get_by_role("button", name="Continue").click()
    expect(heading(again, "Let ChatGPT reach this computer")).to_be_visible()


def test_choices_can_be_changed_by_going_back(open_page, server):
    page = arrive(open_page)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Create client").click()
    expect(heading(page, "Let ChatGPT reach this computer")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_text("Created my-gpt.")).to_be_visible()
    page.get_by_role("radio", name="Let me choose").check()
    region = page.get_by_role("region", name="Apps")
    region.get_by_role("button", name=re.compile("^Change")).click()
    region.get_by_role("radio", name="Allow", exact=True).check()
    for group in ("Gmail: read", "Gmail: change", "Conversations: read", "Conversations: change"):
        page.get_by_role("combobox", name=f"{group}, all").press("Enter")
        page.get_by_role("option", name="Don\u2019t allow").click()
    page.get_by_role("button", name="Continue").click()
    expect(heading(page, "Let ChatGPT reach this computer")).to_be_visible()
    client = server.person("GET", "/api/clients/my-gpt").json()
    assert sorted(client["scopes"]) == ["control:apps", "read:apps", "read:memories", "write:memories"]
    assert client["operations"]["control_app"] == "allow"


def test_duplicate_client_name_is_reported_without_losing_input(open_page, server):
    page = arrive(open_page)
    page.get_by_role("button", name="Start").click()
    server.make_client("my-gpt")
    page.get_by_role("button", name="Create client").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a client named 'my-gpt' already.")
    expect(heading(page, "Choose what ChatGPT can use")).to_be_visible()


def test_demo_opens_beside_the_welcome(open_page, server, screen):
    page = arrive(open_page)
    page.get_by_role("button", name="Try the demo first").click()
    expect(page.get_by_role("status").filter(has_text="The demo opens in its own window.")).to_be_visible()
    assert screen.demos == 1
    assert not read(server)["finished"]


def test_missing_public_address_is_explained(open_page, server):
    server.person("PUT", "/api/onboarding", json={"finished": False, "client": "my-gpt"})
    server.make_client("my-gpt")
    page = open_page("welcome/connect")
    expect(page.get_by_text(re.compile("ChatGPT can.t reach this computer yet"))).to_be_visible()
    expect(page.get_by_role("group", name="Command")).to_contain_text(f"{server.public}/apps/list")
    page.get_by_role("link", name="The previous step").click()
    expect(heading(page, "Let ChatGPT reach this computer")).to_be_focused()


def test_tunnel_needs_its_program_first(open_page):
    page = open_page("welcome/tunnel")
    page.get_by_role("textbox", name="Authtoken").fill("2abcDEF_not-a-real-token")
    expect(page.get_by_role("button", name="Open the tunnel")).to_be_disabled()
    expect(page.get_by_role("button", name="Download")).to_be_enabled()


def test_unknown_step_shows_the_greeting(open_page):
    page = open_page("welcome/constructor")
    expect(heading(page, "Welcome to Deskhand")).to_be_visible()


def test_next_step_begins_at_its_title(open_page, server):
    page = arrive(open_page, width=1000, height=760)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Create client").click()
    expect(heading(page, "Let ChatGPT reach this computer")).to_be_focused()
    page.evaluate(UNTIL_AT_REST)
    page.get_by_role("button", name="Skip").click()
    expect(heading(page, "Connect a GPT")).to_be_focused()
    page.evaluate(UNTIL_AT_REST)
    assert page.evaluate("scrollY") == 0
