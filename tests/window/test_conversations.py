"""The Conversations page: list, reading, writing to a model, and the settings of OpenAI and projects."""

import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served
from tests.window.chat_history import LONG, SHORT, begin, import_history
from tests.window.conftest import UNTIL_AT_REST, find_barriers, hold, refuse, scrolls_sideways

TOTAL = SHORT + 2


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One demo with an imported history; OpenAI is the fake one."""
    data = tmp_path_factory.mktemp("conversations")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKHAND_DEMO_OPENAI", "quiet")
        background = BackgroundServer(Program(Options(port=0, data_dir=data / "data", demo=True)))
        ready = background.start()
        server = Served(background, ready.public, ready.local, data / "data")
        server.person("GET", "/api/overview")  # waits until the integrations have loaded
        import_history(server, data / "export")
        yield server
        assert background.stop()


def messages(page: Page):
    return page.get_by_role("log", name="Messages").get_by_role("article")


def test_long_list_has_few_elements_and_is_walked_by_keyboard(open_page, server):
    page = open_page("conversations")
    rows = page.get_by_role("region", name="All conversations").get_by_role("listitem")
    expect(rows.first).to_have_attribute("aria-setsize", re.compile(r"\d{3}"))
    assert rows.count() < 60
    rows.get_by_role("link", name="Measuring an index").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Talk 0 about sourdough")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="A long talk")).to_be_focused()
    expect(page.get_by_role("link", name="A long talk")).to_be_in_viewport()
    assert rows.count() < 60
    page.keyboard.press("Home")
    expect(page.get_by_role("link", name="Measuring an index")).to_be_focused()
    rows.first.hover()
    page.mouse.wheel(0, 100_000)
    expect(page.get_by_role("link", name="A long talk")).to_be_in_viewport()
    expect(page.get_by_role("link", name="Measuring an index")).to_be_focused()  # though it is far away
    page.keyboard.press("Enter")
    expect(messages(page).first).to_be_visible()


def test_keyboard_stays_where_it_is_while_the_list_changes(open_page, server):
    page = open_page("conversations")
    page.get_by_role("link", name="Talk 0 about sourdough").focus()
    new_id = begin(server, "New above")
    new = page.get_by_role("link", name="New above")
    expect(new).to_be_visible()
    expect(page.get_by_role("link", name="Talk 0 about sourdough")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(new).to_be_focused()
    server.person("DELETE", f"/api/chats/{new_id}")
    expect(page.get_by_role("link", name="Measuring an index")).to_be_focused()


def test_list_is_filtered_by_project_year_and_star(open_page, server):
    page = open_page("conversations")
    count = page.get_by_text(re.compile(r"^\d+ conversations?$")).first
    page.get_by_role("combobox", name="Project").click()
    page.get_by_role("option", name="Project 12345678").click()
    expect(count).to_have_text(f"{SHORT // 10} conversations")
    page.get_by_role("combobox", name="Year").click()
    page.get_by_role("option", name="2023").click()
    expect(page.get_by_role("heading", name="No conversations match these filters")).to_be_visible()
    page.get_by_role("button", name="Clear filters").last.click()
    page.get_by_role("link", name="Talk 3 about heating").click()
    page.get_by_role("button", name="Star", exact=True).click()
    page.get_by_role("button", name="Starred only").click()
    expect(count).to_have_text("1 conversation")
    assert find_barriers(page) == []
    page.evaluate("location.hash = 'conversations/settings'")
    page.get_by_role("button", name="Show conversations of Project 12345678").click()
    expect(count).to_have_text(f"{SHORT // 10} conversations")


def test_message_is_shown_as_elements_and_its_html_as_text(open_page, server):
    page = open_page("conversations/rich")
    answer = messages(page).filter(has_text="how to measure")
    expect(answer.get_by_role("columnheader", name="Size")).to_be_visible()
    expect(answer.locator("code span.keyword", has_text="def")).to_be_visible()
    expect(answer.locator("math")).to_have_count(2)
    expect(answer.get_by_text("it costs $5 and $10")).to_be_visible()
    expect(answer.get_by_text('<b onclick="alert(1)">raw</b>')).to_be_visible()
    expect(messages(page).last).to_contain_text("<i>clear</i>")
    assert answer.locator("img").count() == 0  # nothing is fetched from the internet
    assert [link.get_attribute("href") for link in answer.get_by_role("link").all()] == ["https://evil.example/track.png"]
    answer.get_by_role("button", name="Copy code").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("def total")
    assert find_barriers(page) == []


def test_branches_thoughts_and_sources_are_opened(open_page, server):
    page = open_page("conversations/rich")
    answer = messages(page).filter(has_text="how to measure")
    answer.get_by_role("button", name="Source 1").click()
    expect(page.get_by_role("link", name="https://wiki.example/index")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_text("Thoughts").click()
    expect(page.get_by_text("pondering deeply")).to_be_visible()
    answer.get_by_role("button", name="Previous version").click()
    expect(page.get_by_text("A short first answer.")).to_be_visible()
    expect(messages(page)).to_have_count(3)  # what followed the other answer is on its branch


def test_picture_is_fetched_enlarged_and_downloaded(open_page, server):
    page = open_page("conversations/rich")
    picture = page.get_by_role("img", name="index.png")
    expect(picture).to_be_visible()
    assert picture.get_attribute("src").startswith("blob:")
    page.get_by_role("button", name="Enlarge index.png").click()
    assert find_barriers(page) == []
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "index.png"


def test_long_conversation_grows_where_it_is_read(open_page, server):
    page = open_page("conversations/long")
    expect(page.get_by_text("Turn 0 of the long talk.")).to_be_visible()
    assert messages(page).count() < LONG
    page.get_by_role("button", name="Go to the end").click()
    expect(page.get_by_text(f"Turn {LONG - 1} of the long talk.")).to_be_in_viewport()
    expect(page.get_by_text("Turn 0 of the long talk.")).to_have_count(0)


def test_message_is_sent_edited_and_answered_again(open_page, server):
    page = open_page("conversations/new")
    page.get_by_role("textbox", name="Message").fill("What is a proof?")
    page.keyboard.press("Enter")
    expect(messages(page)).to_have_count(2)
    answer = messages(page).last
    expect(answer.get_by_role("button", name="Regenerate", exact=True)).to_be_visible()
    expect(answer).to_contain_text("What is a proof?")  # the fake model quotes the question
    expect(answer).to_contain_text("$")
    answer.get_by_role("button", name="Regenerate", exact=True).click()
    expect(messages(page).last.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    messages(page).first.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Edit message").fill("What is a theorem?")
    messages(page).first.get_by_role("button", name="Send").click()
    expect(messages(page).first.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    expect(messages(page).last).to_contain_text("What is a theorem?")
    expect(page.get_by_role("region", name="All conversations").get_by_role("link", name="What is a proof?")).to_be_visible()


def test_message_that_is_being_written_stays_while_another_page_is_read(open_page, server):
    chat_id = begin(server, "What is a lemma?")
    page = open_page(f"conversations/{chat_id}")
    page.get_by_role("textbox", name="Message").fill("And a corollary?")
    page.get_by_role("link", name="New chat").first.click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    page.go_back()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("And a corollary?")
    held = hold(page, "**/api/chats/*/messages", "POST")
    page.get_by_role("textbox", name="Message").press("Enter")
    page.get_by_role("link", name="New chat").first.click()
    page.go_back()
    page.get_by_role("textbox", name="Message").press("Enter")
    page.evaluate(UNTIL_AT_REST)
    assert len(held) == 1, "it is on its way"
    for route in held:
        route.continue_()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("")
    expect(messages(page).filter(has_text="And a corollary?").first).to_be_visible()


def test_message_is_written_once_the_projects_are_there(open_page, server):
    page = open_page("conversations")
    held = hold(page, "**/api/chat-projects", "GET")
    with page.expect_request("**/api/chat-projects"):
        page.evaluate("(location.hash = 'conversations/new', location.reload())")
    expect(page.get_by_role("heading", name="New chat")).to_be_visible()
    page.evaluate(UNTIL_AT_REST)
    expect(page.get_by_role("textbox", name="Message")).to_have_count(0)
    for route in held:
        route.continue_()
    page.get_by_role("textbox", name="Message").fill("What is a number?")
    page.keyboard.press("Enter")
    expect(messages(page)).to_have_count(2)


def test_new_chat_names_the_service_that_gets_its_messages(open_page, server):
    page = open_page("conversations/new")
    expect(page.get_by_text("Your message goes to OpenAI with your own key.")).to_be_visible()
    server.person("PUT", "/api/openai", json={"base_url": "http://127.0.0.1:9/v1"})
    try:
        page.reload()
        expect(page.get_by_text("Your message goes to 127.0.0.1:9.")).to_be_visible()
    finally:
        server.person("PUT", "/api/openai", json={"base_url": ""})


def test_edited_message_is_shown_when_the_conversation_changes_meanwhile(open_page, server):
    chat_id = begin(server, "What is an axiom?")
    page = open_page(f"conversations/{chat_id}")
    held = []
    holding = True

    def hold_or_pass(route):
        if holding:
            held.append(route)
        else:
            route.continue_()

    messages(page).first.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Edit message").fill("What is a lemma?")
    page.route(f"**/api/chats/{chat_id}", hold_or_pass)
    with page.expect_request(f"**/api/chats/{chat_id}"):
        messages(page).first.get_by_role("button", name="Send").click()
    with page.expect_request(f"**/api/chats/{chat_id}"):
        assert server.person("PUT", f"/api/chats/{chat_id}", json={"title": "Lemmas"}).is_success
    holding = False
    for route in held:
        route.continue_()
    expect(messages(page).first.get_by_role("group", name="Version 2 of 2")).to_be_visible()


def test_message_beyond_the_budget_says_why_and_is_tried_again(open_page, server):
    chat_id = begin(server, "Before the budget")
    assert server.person("PUT", "/api/openai", json={"budget": "0.00"}).status_code == 200
    page = open_page(f"conversations/{chat_id}")
    page.get_by_role("textbox", name="Message").fill("And now?")
    page.keyboard.press("Enter")
    failed = messages(page).last
    expect(failed).to_contain_text(re.compile("No answer.*budget"))
    server.person("PUT", "/api/openai", json={"budget": None})
    failed.get_by_role("button", name="Try again").click()
    expect(messages(page).last.get_by_role("button", name="Regenerate", exact=True)).to_be_visible()


def test_imported_conversation_is_continued_as_a_copy(open_page, server):
    page = open_page("conversations/short-5")
    expect(page.get_by_text("Imported from ChatGPT")).to_be_visible()
    count = server.person("GET", "/api/chats/counts?since=0").json()["total"]
    refuse(page, "**/api/chats/*/messages", "POST")
    page.get_by_role("textbox", name="Message").fill("Go on, please.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Not now. Try again later.")
    page.unroute_all()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Imported from ChatGPT")).to_have_count(0)
    expect(messages(page)).to_have_count(4)
    expect(messages(page).last.get_by_role("button", name="Regenerate", exact=True)).to_be_visible()
    assert server.person("GET", "/api/chats/short-5").json()["chat"]["message_count"] == 2
    assert server.person("GET", "/api/chats/counts?since=0").json()["total"] == count + 1


def test_conversation_is_renamed_deleted_and_restored(open_page, server):
    page = open_page("conversations/short-7")
    more = page.get_by_role("button", name="More about this conversation")
    more.click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Title").fill("Heat pumps")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2, name="Heat pumps")).to_be_visible()
    more.click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    row = page.get_by_role("link", name="Heat pumps")
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()


def test_selection_is_exported(open_page, server, tmp_path):
    page = open_page("conversations")
    page.get_by_role("button", name="Select", exact=True).click()
    page.get_by_role("checkbox", name="Select Measuring an index").check()
    page.get_by_role("button", name="Export…").click()
    assert find_barriers(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Export", exact=True).click()
    download.value.save_as(tmp_path / "export.zip")
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        assert any(name.endswith(".md") for name in archive.namelist())
    page.get_by_role("checkbox", name="Select Measuring an index").press("Escape")
    expect(page.get_by_role("checkbox")).to_have_count(0)


def test_project_is_created_and_used(open_page, server):
    page = open_page("conversations/settings")
    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox", name="Name").fill("Cooking")
    page.get_by_role("textbox", name="Instructions").fill("Answer briefly.")
    page.get_by_role("textbox", name="Budget per month").fill("abc")
    expect(page.get_by_text("Enter an amount such as")).to_be_visible()
    page.get_by_role("textbox", name="Budget per month").fill("5")
    assert find_barriers(page) == []
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("listitem").filter(has_text="Cooking")).to_contain_text("of $5.00 this month")
    page.evaluate("location.hash = 'conversations/new'")
    page.get_by_role("combobox", name="Project").last.click()
    page.get_by_role("option", name="Cooking").click()
    page.get_by_role("textbox", name="Message").fill("Soup?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Messages").get_by_text("Cooking")).to_be_visible()


def test_openai_key_is_tested_before_it_is_stored(open_page, server):
    page = open_page("conversations/settings")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text(re.compile("OpenAI answers"))).to_be_visible()
    page.get_by_role("button", name="Replace…").click()
    page.get_by_label("API key").last.fill("sk-wrong-0123456789")
    page.get_by_role("button", name="Save and test").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).not_to_be_empty()
    page.keyboard.press("Escape")
    assert server.person("POST", "/api/openai/test").json()["ok"]  # the key before it is still there
    page.get_by_text("available models").click()
    expect(page.get_by_role("list", name="Available models").get_by_text("shut down").first).to_be_visible()
    assert find_barriers(page) == []


def test_narrow_window_shows_list_or_reader(open_page, server):
    page = open_page("conversations", look="dark", width=420)
    page.get_by_role("link", name="Measuring an index").click()
    expect(messages(page).first).to_be_visible()
    expect(page.get_by_role("region", name="All conversations")).to_have_count(0)
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
    page.get_by_role("link", name="All conversations").click()
    expect(page.get_by_role("link", name="Measuring an index")).to_be_visible()
