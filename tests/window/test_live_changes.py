"""Typed text, choices and the focus while a page is refreshed, and when a request fails."""

import re

import pytest
from playwright.sync_api import expect

from tests.window.chat_history import begin
from tests.window.conftest import UNTIL_AT_REST, hold, refuse
from tests.window.queueing import queueing


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with queueing(tmp_path_factory.mktemp("changes") / "data", openai="quiet") as server:
        yield server


def rest(page):
    page.evaluate(UNTIL_AT_REST)


def test_half_filled_client_stays_while_settings_change(open_page, server):
    page = open_page("access")
    page.get_by_role("button", name="New client").first.click()
    dialog = page.get_by_role("dialog", name="New client")
    dialog.get_by_label("Name").fill("Notes")
    with page.expect_event("requestfinished", lambda request: request.url.endswith("/api/presets")):
        server.person("PUT", "/api/settings/retention", json={"activity_days": 60})
    rest(page)
    expect(dialog.get_by_label("Name")).to_have_value("Notes")


def test_search_of_the_queue_keeps_what_is_typed(open_page, server):
    server.submit("Foo bar")
    page = open_page("queue")
    search = page.get_by_role("searchbox", name="Search prompts and answers")
    with page.expect_event("requestfinished", lambda request: "q=foo" in request.url):
        search.press_sequentially("foo ")
    rest(page)
    search.press_sequentially("bar")
    expect(search).to_have_value("foo bar")


def test_prompt_stays_in_its_field_when_it_is_sent_meanwhile(open_page, server):
    prompt_id = server.submit("Draft me", priority=99)
    page = open_page(f"queue/{prompt_id}")
    page.get_by_role("button", name="Edit").click()
    field = page.get_by_role("textbox", name="Prompt text")
    field.fill("Draft me, but better")
    server.begin()
    expect(page.get_by_role("region", name="Answer so far")).to_be_visible()
    expect(field).to_have_value("Draft me, but better")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    page.get_by_role("button", name="Cancel", exact=True).last.press("Enter")
    expect(page.get_by_role("region", name="Prompt", exact=True)).to_be_focused()


def test_item_that_is_gone_is_not_shown(open_page, server):
    prompt_id = server.submit("Soon gone")
    page = open_page(f"queue/{prompt_id}")
    expect(page.get_by_role("button", name="Edit")).to_be_visible()
    refuse(page, f"**/api/queue/prompts/{prompt_id}", "GET", status=404, detail="There is no such prompt.")
    server.submit("Another")
    expect(page.get_by_text("There is no such prompt.")).to_be_visible()
    expect(page.get_by_role("button", name="Edit")).to_have_count(0)


def test_refused_setting_says_why_and_is_shown_as_it_is(open_page, server):
    page = open_page("queue/settings")
    refuse(page, "**/api/queue/settings", "PUT")
    mode = page.get_by_role("combobox", name="If ChatGPT does not offer a response type")
    mode.click()
    page.get_by_role("option", name="Fail").click()
    expect(page.get_by_role("alert")).to_have_text("Not now. Try again later.")
    expect(mode).to_contain_text("Use ChatGPT")


def test_rule_that_changes_elsewhere_is_not_reverted(open_page, server):
    page = open_page("queue/settings")
    page.get_by_label("Prompts a day").fill("7")
    server.person("PUT", "/api/queue/settings", json={"pause_seconds": 12})
    expect(page.get_by_label("Pause between prompts")).to_have_value("12")
    expect(page.get_by_label("Prompts a day")).to_have_value("7")


def test_enter_twice_creates_one_project(open_page, server):
    page = open_page("conversations/settings")
    page.get_by_role("button", name="New project").click()
    name = page.get_by_role("textbox", name="Name")
    name.fill("Cooking")
    held = hold(page, "**/api/chat-projects", "POST")
    with page.expect_request("**/api/chat-projects"):
        name.press("Enter")
    name.press("Enter")
    rest(page)
    assert len(held) == 1
    held.pop().continue_()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="Cooking")).to_have_count(1)


def test_message_that_is_typed_while_another_is_sent_stays(open_page, server):
    chat_id = server.person("POST", "/api/chats", json={"project_id": "1", "text": "First"}).json()["id"]
    page = open_page(f"conversations/{chat_id}")
    expect(page.get_by_role("button", name="Regenerate", exact=True)).to_be_visible()
    held = hold(page, f"**/api/chats/{chat_id}/messages", "POST")
    field = page.get_by_role("textbox", name="Message")
    field.fill("Second")
    with page.expect_request(f"**/api/chats/{chat_id}/messages"):
        field.press("Enter")
    field.press_sequentially(" thoughts")
    page.get_by_role("button", name="Star", exact=True).focus()
    held.pop().continue_()
    expect(field).to_have_value(" thoughts")
    rest(page)
    expect(page.get_by_role("button", name="Star", exact=True)).to_be_focused()


def test_deleted_conversation_comes_back_where_it_is_open(open_page, server):
    page = open_page(f"conversations/{begin(server, 'Come back')}")  # while it is answered it cannot be deleted
    page.clock.install()
    title = page.get_by_role("heading", level=2, name="Come back")
    expect(title).to_be_visible()
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("checkbox", name="Select Come back").check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(title).to_have_count(0)
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    page.clock.fast_forward(20_000)
    expect(undo).to_be_focused()  # it stays while the person is about to press it
    undo.press("Enter")
    expect(title).to_be_visible()
    expect(page.get_by_role("main")).to_be_focused()


def test_versions_and_edits_of_a_message_keep_the_keyboard(open_page, server):
    chat_id = server.person("POST", "/api/chats", json={"project_id": "1", "text": "One"}).json()["id"]
    page = open_page(f"conversations/{chat_id}")
    articles = page.get_by_role("log", name="Messages").get_by_role("article")
    articles.last.get_by_role("button", name="Regenerate", exact=True).click()
    previous = articles.last.get_by_role("button", name="Previous version")
    previous.press("Enter")
    expect(articles.last.get_by_role("group", name="Version 1 of 2")).to_be_visible()
    expect(previous).to_be_focused()
    articles.first.get_by_role("button", name="Edit").press("Enter")
    expect(page.get_by_role("textbox", name="Edit message")).to_be_focused()
    articles.first.get_by_role("button", name="Cancel").press("Enter")
    expect(articles.first).to_be_focused()


def test_star_that_is_refused_says_why(open_page, server):
    chat_id = server.person("POST", "/api/chats", json={"project_id": "1", "text": "A star"}).json()["id"]
    page = open_page(f"conversations/{chat_id}")
    refuse(page, f"**/api/chats/{chat_id}", "PUT")
    page.get_by_role("button", name="Star", exact=True).click()
    expect(page.get_by_text("Not now. Try again later.")).to_be_visible()


def test_call_is_not_lost_to_an_older_page_of_the_activity(open_page, server):
    key = server.make_client("bot", scopes=["read:mail"])
    page = open_page("activity")
    older = server.person("GET", "/api/activity/page?limit=50&kind=reads").json()
    firsts = re.compile("/api/activity/page.*kind=reads")
    held = hold(page, firsts, "GET", times=1)
    with page.expect_request(firsts):
        page.get_by_role("radio", name="Reads").check()
    server.call("GET", "/gmail/search?query=invoice", key)
    rest(page)
    held.pop().fulfill(json=older)
    rest(page)
    expect(page.get_by_role("link", name=re.compile("bot")).first).to_be_visible()


@pytest.mark.parametrize("address", ["openai", "chat-projects"])
def test_new_chat_that_cannot_begin_says_why(open_page, server, address):
    page = open_page("overview")
    refuse(page, f"**/api/{address}", "GET")
    page.evaluate("location.hash = 'conversations/new'")
    expect(page.get_by_text("Not now. Try again later.")).to_be_visible()
