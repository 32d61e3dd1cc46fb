"""The page of the browser queue."""

import json
import re

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect as open_socket

from server.integrations.queue.models import PromptResult
from tests.server.integrations.queue.test_extension_commands import pair_browser
from tests.window.conftest import find_barriers, hold, scrolls_sideways
from tests.window.queueing import MANY, queueing

VISIBLE_PARTS = """
(about) => {
  const {top, height} = about.getBoundingClientRect()
  const parts = [...about.children]
  return [
    parts.filter((part) => part.getBoundingClientRect().top < top + height / 2).map((part) => part.innerText),
    parts.filter((part) => part.localName === 'bdi').map((part) => part.clientWidth),
  ]
}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with queueing(tmp_path_factory.mktemp("queue") / "data") as server:
        yield server


def rows(page):
    return page.get_by_role("region", name="Prompts").get_by_role("listitem")


def choose(page, group):
    page.get_by_role("combobox", name="Show").click()
    page.get_by_role("option", name=re.compile(f"^{group}")).click()


def test_empty_queue_says_what_to_do_next(open_page, server):
    page = open_page("queue")
    expect(page.get_by_role("heading", name="No prompts yet")).to_be_visible()
    assert find_barriers(page) == []
    page.get_by_role("link", name="Connect your browser").click()
    page.get_by_role("button", name="Show code").press("Enter")
    code = page.get_by_label("Code", exact=True)
    expect(code).to_have_text(re.compile(r"^[A-Z2-9]{8}$"))
    expect(page.get_by_text(re.compile("Works for another"))).to_be_visible()
    assert find_barriers(page) == []


def test_prompt_is_followed_live_until_its_answer(open_page, server):
    page = open_page("queue")
    prompt_id = server.submit("What is a proof?", priority=9)
    row = rows(page).filter(has_text="What is a proof?")
    expect(row).to_contain_text("Waiting")
    row.get_by_role("link").press("Enter")
    lease = server.begin()
    expect(row).to_contain_text("Running")
    server.do(server.queue.progress(prompt_id, lease.token, "A proof is an"))
    expect(page.get_by_role("region", name="Answer so far")).to_contain_text("A proof is an")
    result = PromptResult("A **proof** is an argument.", chat_title="Proofs", notes=("Thinking was not offered.",))
    server.do(server.queue.complete(prompt_id, lease.token, result))
    answer = page.get_by_role("region", name="Answer", exact=True)
    expect(answer.locator("strong")).to_have_text("proof")
    expect(answer).to_contain_text("Thinking was not offered.")
    expect(page.get_by_role("status").get_by_text("Done", exact=True)).to_be_visible()  # announced
    expect(row).to_contain_text("27 characters")
    expect(row).to_contain_text("Proofs")
    assert find_barriers(page) == []


def test_waiting_prompt_is_edited_reordered_and_cancelled(open_page, server):
    for name in ("Alpha", "Beta", "Gamma"):
        server.submit(name)
    page = open_page("queue")
    choose(page, "Waiting")
    expect(rows(page)).to_have_text([re.compile("^Alpha"), re.compile("^Beta"), re.compile("^Gamma")])
    rows(page).nth(2).get_by_role("link").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(rows(page)).to_have_text([re.compile("^Alpha"), re.compile("^Gamma"), re.compile("^Beta")])
    rows(page).filter(has_text="Beta").get_by_role("link").click()
    page.get_by_role("button", name="Move", exact=True).click()
    page.get_by_role("menuitem", name="Move to the front").click()
    expect(rows(page).first).to_contain_text("Beta")
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("textbox", name="Prompt text")).to_be_focused()
    page.get_by_role("textbox", name="Prompt text").fill("Beta, but better")
    page.get_by_role("button", name="Save").click()
    expect(rows(page).first).to_contain_text("Beta, but better")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    expect(rows(page)).to_have_count(2)


def test_uncertain_prompt_is_settled_by_the_person(open_page, server):
    server.lose("Was this sent?")
    page = open_page("queue")
    page.get_by_role("button", name="Check").click()
    rows(page).filter(has_text="Was this sent?").get_by_role("link").click()
    card = page.get_by_role("region", name="Was this prompt sent?")
    expect(card).to_contain_text("never sent again by itself")
    assert find_barriers(page) == []
    card.get_by_role("button", name=re.compile("enter the answer")).click()
    expect(card.get_by_label("Answer")).to_be_focused()
    card.get_by_label("Answer").fill("Yes, and this came back.")
    card.get_by_role("button", name="Save answer").click()
    expect(page.get_by_role("region", name="Answer", exact=True)).to_contain_text("Yes, and this came back.")


def test_answers_are_compared_after_asking_again(open_page, server):
    prompt_id = server.answer("Compare this", "The first answer.", model="GPT-5")
    page = open_page(f"queue/{prompt_id}")
    page.get_by_role("button", name="Ask again").click()
    page.get_by_role("dialog").get_by_label("Model (optional)").fill("GPT-6")
    page.get_by_role("dialog").get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    server.do(server.queue.edit(prompt_id, priority=99))
    lease = server.begin()
    assert lease.prompt.model == "GPT-6"
    server.do(server.queue.complete(prompt_id, lease.token, PromptResult("The second answer.", model="GPT-6")))
    answers = page.get_by_role("region", name="Compare answers").get_by_role("article")
    expect(answers).to_have_count(2)
    expect(answers.nth(0)).to_contain_text("The first answer.")
    expect(answers.nth(1)).to_contain_text("The second answer.")
    assert find_barriers(page) == []


def test_dead_letters_are_retried_together(open_page, server):
    server.fail("Unlucky")
    page = open_page("queue")
    choose(page, "Dead letters")
    expect(rows(page)).to_have_text([re.compile("^Unlucky")])
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Retry all dead letters").click()
    expect(page.get_by_text("No prompts here")).to_be_visible()


def test_queue_is_paused_and_its_rules_changed(open_page, server):
    page = open_page("queue")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("The queue is paused.")).to_be_visible()
    assert server.person("GET", "/api/status").json()["lines"][0].startswith("Browser queue: paused")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The queue is paused.")).to_have_count(0)
    page.get_by_role("link", name="Queue settings").click()
    page.get_by_label("Prompts a day").fill("300")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Rules saved")).to_be_visible()
    assert server.person("GET", "/api/queue/summary").json()["cap"]["most"] == 300


def test_pause_says_that_new_prompts_are_refused_too(open_page, server):
    for order in ("pause", "drain"):
        server.person("POST", f"/api/queue/{order}")
    page = open_page("queue")
    expect(page.get_by_text("The queue is paused, and new prompts are refused until you resume.")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The queue is paused")).to_have_count(0)


def test_history_tells_waiting_from_being_given_to_a_browser(open_page, server):
    page = open_page(f"queue/{server.answer('What is short?', 'I')}")
    page.get_by_text("History", exact=True).click()
    states = page.locator("details", has_text="History").locator("li b")
    expect(states).to_have_text(["Waiting", "Given to the browser", "Running", "Done"])
    expect(rows(page).filter(has_text="What is short?")).to_contain_text("1 character")
    expect(page.get_by_text(re.compile(r"\b1 characters"))).to_have_count(0)


def test_row_names_its_client_and_chat_in_a_narrow_list(open_page, server):
    server.answer("Narrow?", "x" * 100, chat_title="A library of things that move")
    page = open_page("queue", width=420)
    row = rows(page).filter(has_text="Narrow?")
    expect(row).to_be_visible()
    shown, widths = row.locator(".about").evaluate(VISIBLE_PARTS)  # at once: what stands above still arrives and moves them
    assert shown[1] == "report-builder", shown
    assert min(widths) > 60, f"what is shown can be read: {widths}"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_page_fits_a_narrow_window(open_page, server, look):
    prompt_id = server.answer("A narrow " + "question" * 20, "| a | b |\n|---|---|\n| " + "x" * 300 + " | 1 |")
    page = open_page("queue", look=look, width=420)
    expect(rows(page).first).to_be_visible()
    assert not scrolls_sideways(page)
    assert find_barriers(page) == []
    page.evaluate(f"location.hash = 'queue/{prompt_id}'")
    expect(page.get_by_role("region", name="Answer", exact=True)).to_be_visible()
    assert not scrolls_sideways(page)
    assert not scrolls_sideways(page, "200%")
    assert find_barriers(page) == []


def test_long_queue_has_few_elements_and_its_end_is_one_key_away(open_page, server):
    server.submit_many(MANY)
    page = open_page("queue")
    choose(page, "Waiting")
    expect(rows(page).first).to_have_attribute("aria-setsize", re.compile(r"1\d{4}"))
    rows(page).first.get_by_role("link").press("End")  # focus and key in one: the list is still growing
    last = page.get_by_role("link", name=f"Prompt number {MANY - 1}")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()
    assert rows(page).count() < 60
    page.keyboard.press("PageUp")
    expect(last).not_to_be_focused()
    page.get_by_role("searchbox", name="Search prompts and answers").fill("number 4711")
    expect(rows(page)).to_have_count(1)


def test_last_row_keeps_the_keyboard_when_the_list_is_fetched_again(open_page, server):
    server.submit("The very first", priority=9)
    server.submit_many(150)
    server.submit("Last of them")
    page = open_page("queue")
    choose(page, "Waiting")
    expect(page.get_by_role("link", name="The very first")).to_be_visible()
    firsts = re.compile("group=waiting.*offset=0&")
    held = hold(page, firsts, "GET", times=1)
    with page.expect_request(firsts):
        server.submit("One more")
    rows(page).first.get_by_role("link").press("End")
    last = page.get_by_role("link", name="Last of them")
    expect(last).to_be_focused()
    with page.expect_event("requestfinished", lambda request: firsts.search(request.url)):
        held.pop().continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(last).to_be_focused()


def test_row_that_leaves_the_list_hands_the_keyboard_to_the_next(open_page, server):
    leaving, _ = (server.submit(f"Leaving {number}") for number in ("one", "two"))
    page = open_page("queue")
    choose(page, "Waiting")
    page.get_by_role("searchbox", name="Search prompts and answers").fill("leaving")
    expect(rows(page)).to_have_text([re.compile("^Leaving one"), re.compile("^Leaving two")])
    page.get_by_role("link", name="Leaving one").focus()
    server.person("POST", f"/api/queue/prompts/{leaving}/cancel")
    expect(page.get_by_role("link", name="Leaving two")).to_be_focused()


def test_import_of_the_history_is_followed_paused_and_stopped(open_page, server):
    hello = {"type": "hello", "protocol": 1, "key": pair_browser(server, "Laptop"), "version": "1.0.0"}
    with open_socket(f"ws://127.0.0.1:{server.port}/ws/extension/", proxy=None) as socket:

        def send(**message):
            socket.send(json.dumps(message))

        def expect_message(kind):
            while json.loads(socket.recv(timeout=30))["type"] != kind:  # the prompts of the other tests come too
                pass

        send(**hello)
        page = open_page("queue/settings")
        page.get_by_role("button", name="Import history").click()
        expect_message("import_history")
        send(type="import_progress", count=12, total=230, seconds_left=2176, skipped=1)
        part = page.get_by_role("region", name="Import of the ChatGPT history")
        expect(part).to_contain_text(
            "12 of 230 conversations imported · about 36 min 16 s left · 1 left out because of their size"
        )
        expect(page.get_by_role("button", name="Import history")).to_have_count(0)
        assert find_barriers(page) == []
        part.get_by_role("button", name="Pause import").click()
        expect_message("pause_import")
        send(type="import_progress", count=12, total=230, paused=True)
        part.get_by_role("button", name="Resume import").click()
        expect_message("resume_import")
        send(type="import_progress", count=13, total=230, problem="ChatGPT asks for a pause.")
        expect(part).to_contain_text("ChatGPT asks for a pause.")
        part.get_by_role("button", name="Stop import").click()
        expect_message("stop_import")
        send(type="import_progress", stopped=True)
        expect(part).to_have_count(0)
