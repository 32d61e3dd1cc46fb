"""An integration without a page of its own: a generated page, a step of the welcome, and nothing when it is gone."""

import pytest
from playwright.sync_api import expect

from tests.server.sdk.examples import example

__all__ = ["example"]


@pytest.fixture
def server(example, serve):
    """A Deskhand with the example integration."""
    return serve()


def test_integration_page_has_health_and_settings(open_page, server):
    page = open_page("overview")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Example").click()
    expect(page.get_by_role("heading", level=1, name="Example")).to_be_visible()
    expect(page.get_by_text("Write a first example note.")).to_be_visible()
    expect(page.get_by_label("Longest note")).to_have_value("200")


def test_integration_page_follows_its_events(open_page, server):
    page = open_page("example")
    key = server.make_client("bot", allow=["write_example_note"])
    server.call("POST", "/example/notes", key, json={"name": "first", "text": "Hello"})
    expect(page.get_by_text("1 example notes")).to_be_visible()


def test_integration_step_is_in_the_welcome(open_page, server):
    page = open_page("welcome")
    page.get_by_role("link", name="Write an example note").click()
    expect(page.get_by_role("heading", level=1, name="Write an example note")).to_be_visible()
    page.get_by_role("button", name="Skip").click()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    assert server.person("GET", "/api/onboarding").json()["steps"]["example"] == "skipped"


def test_removed_integration_leaves_no_trace_in_the_window(open_page, server, example, serve):
    assert server.background.stop()
    example()
    server.__dict__.update(serve(data=server.data).__dict__)
    page = open_page("welcome")
    expect(page.get_by_role("link", name="Sign in to Gmail")).to_be_visible()
    expect(page.get_by_text("xample")).to_have_count(0)
    page.evaluate("location.hash = 'example'")
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    expect(page.get_by_role("link", name="Example")).to_have_count(0)
