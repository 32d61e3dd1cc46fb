"""The activity page."""

import json
import re
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from server.storage.database import DATABASE_FILE
from tests.window.conftest import find_barriers, scrolls_sideways

NO_APP = {"app_name": "no such app", "action": "start"}
# Ends a while after it was asked to: when a file appears beside it.
SLOW_TO_GO = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1] + ".ready", "w").close()
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
"""


def lines(page):
    """The calls that have ended, in their order."""
    ended = page.locator("main section").filter(has_not=page.get_by_role("heading", name="Running now"))
    return ended.locator(".feed").get_by_role("listitem")


@pytest.fixture
def diary(server):
    """Three calls: one that read, one that was refused, one that failed."""
    key = server.make_client("my-gpt")
    server.person("PATCH", "/api/clients/my-gpt", json={"policies": {"control_app": "deny"}})
    other = server.make_client("script", allow=["control_app"])
    server.call("GET", "/gmail/search?query=invoice", key)
    server.call("POST", "/apps/control", key, json=NO_APP)
    server.call("GET", "/gmail/messages/none", other)
    return server


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_activity_page_is_accessible(open_page, diary, look, width):
    page = open_page("activity", look, width)
    expect(lines(page)).to_have_count(3)
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
    page.evaluate("document.documentElement.style.fontSize = ''")
    lines(page).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert find_barriers(page) == []
    assert not scrolls_sideways(page, "200%")


def test_call_is_a_sentence_with_its_outcome(open_page, diary):
    page = open_page("activity")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(page.get_by_text("Today: 3 requests · 1 denied · 1 failed")).to_be_visible()
    expect(lines(page).nth(0)).to_contain_text("Failed: script could not read an email")
    expect(lines(page).nth(1)).to_contain_text(
        "Denied: my-gpt was denied: control an app no such app You denied it to this client."
    )
    expect(lines(page).nth(2)).to_contain_text("Done: my-gpt searched email for “invoice”")


def test_calls_are_grouped_by_day(open_page, diary):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with closing(sqlite3.connect(diary.data / DATABASE_FILE)) as database, database:
        database.execute("UPDATE activity SET at = ? WHERE id < 3", [yesterday.isoformat()])
    page = open_page("activity")
    expect(
        page.locator("section").filter(has=page.get_by_role("heading", name="Yesterday")).get_by_role("listitem")
    ).to_have_count(2)


def test_calls_are_filtered_by_client_operation_outcome_and_text(open_page, diary):
    page = open_page("activity")
    page.get_by_role("radio", name="Denied").check()
    expect(lines(page)).to_have_count(1)
    expect(lines(page)).to_contain_text("was denied: control")
    page.get_by_role("radio", name="All results").check()
    page.get_by_role("radio", name="Reads").check()
    expect(lines(page)).to_have_count(2)
    page.get_by_role("combobox", name=re.compile("^Client")).click()
    page.get_by_role("option", name="my-gpt").click()
    expect(lines(page)).to_have_count(1)
    page.get_by_role("searchbox").fill("nothing such")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(lines(page)).to_have_count(3)
    expect(page.get_by_role("searchbox")).to_have_value("")
    page.get_by_role("searchbox").fill("invoice")
    expect(lines(page)).to_have_count(1)


def start_clock(server, key: str):
    order = {"app_name": "demo-clock", "action": "start"}
    response = server.call("POST", "/apps/control", key, json=order, headers={"Prefer": "respond-async"})
    assert response.status_code == 202, response.text


def decide(server, word: str, **body) -> None:
    (question,) = server.person("GET", "/api/approvals").json()
    assert server.person("POST", f"/api/approvals/{question['id']}/{word}", json=body).status_code == 200


def test_pending_approval_is_marked_until_decided(open_page, server):
    key = server.make_client("my-gpt")
    page = open_page("activity")
    expect(page.get_by_role("heading", name="No activity yet")).to_be_visible()
    start_clock(server, key)
    expect(lines(page)).to_contain_text("my-gpt wants to start Demo clock")
    expect(lines(page)).to_contain_text("Needs approval")
    page.get_by_role("radio", name="Needs approval").check()
    expect(lines(page)).to_have_count(1)
    assert find_barriers(page) == []
    lines(page).click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Approval needed. Nothing has been done yet.")
    expect(drawer.get_by_role("link", name="Review")).to_be_visible()
    decide(server, "approve", extent="once")
    expect(drawer).to_contain_text("Done")
    expect(drawer).to_contain_text("You allowed it once.")
    page.keyboard.press("Escape")
    expect(lines(page)).to_have_count(0)
    page.get_by_role("button", name="Clear filters").click()
    expect(lines(page)).to_contain_text("Done: my-gpt started Demo clock")


def test_denial_is_shown_with_its_reason(open_page, server):
    start_clock(server, server.make_client("my-gpt"))
    page = open_page("activity")
    decide(server, "deny", reason="Not before noon.")
    expect(lines(page)).to_contain_text("Denied: my-gpt was denied: start Demo clock")
    expect(lines(page)).to_contain_text("You denied it: Not before noon.")
    lines(page).click()
    expect(page.get_by_role("dialog")).to_contain_text("You denied it. Nothing was done.")


def test_activity_link_opens_filtered_calls_and_a_single_call(open_page, diary):
    page = open_page("activity/client/my-gpt/kind/changes")
    expect(lines(page)).to_have_count(1)
    page = open_page("activity/1")
    expect(page.get_by_role("dialog")).to_contain_text("my-gpt searched email for “invoice”")
    expect(page.get_by_role("dialog")).to_contain_text("search_mail (Gmail)")


def test_call_details_are_read_by_keyboard(open_page, diary):
    page = open_page("activity")
    expect(lines(page)).to_have_count(3)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("")
    page.get_by_role("searchbox").blur()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(lines(page).nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Denied. Nothing was done.")
    expect(drawer).to_contain_text("no such app")
    page.keyboard.press("j")
    expect(drawer).to_contain_text("Done")
    page.keyboard.press("k")
    expect(drawer).to_contain_text("Denied")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(lines(page).nth(1).get_by_role("link")).to_be_focused()


def test_result_of_a_call_is_copied(open_page, diary):
    page = open_page("activity/2")
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert (copied["id"], copied["arguments"]["order"]["app_name"]) == (2, "no such app")


def test_new_calls_appear_live_and_wait_while_scrolled_down(open_page, diary):
    page = open_page("activity", height=560)
    expect(lines(page)).to_have_count(3)
    diary.call("GET", "/apps/list")
    expect(lines(page)).to_have_count(4)
    for _ in range(20):
        diary.call("GET", "/apps/list")
    expect(lines(page)).to_have_count(24)
    page.evaluate("scrollTo(0, 400)")
    seen = lines(page).nth(12).bounding_box()
    diary.call("GET", "/gmail/labels")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert (lines(page).count(), lines(page).nth(12).bounding_box()) == (24, seen)
    page.get_by_role("button", name="1 new").click()
    expect(lines(page).first).to_contain_text("listed labels")


def test_older_calls_are_loaded_at_the_end_of_the_list(open_page, diary):
    with closing(sqlite3.connect(diary.data / DATABASE_FILE)) as database, database:
        columns = "at, client_name, operation, sentence, changes, decision, reason, outcome"
        for _ in range(70):
            database.execute(f"INSERT INTO activity ({columns}) SELECT {columns} FROM activity WHERE id = 1")
    page = open_page("activity")
    expect(lines(page)).to_have_count(50)
    page.get_by_role("button", name="Show older activity").scroll_into_view_if_needed()
    expect(lines(page)).to_have_count(73)
    expect(page.get_by_role("button", name="Show older activity")).to_have_count(0)


@pytest.mark.skipif(sys.platform == "win32", reason="a program is asked to go in another way there")
def test_running_calls_are_on_top(open_page, server, tmp_path):
    program, leave = tmp_path / "slow", tmp_path / "leave"
    program.write_text(f"#!{sys.executable} -SE\n{SLOW_TO_GO}")
    program.chmod(0o755)
    entry = {"name": "Slow", "path": str(program), "args": [str(leave)], "stop": {"timeout_s": 30}}
    (server.data / "app_config.json").write_text(json.dumps({"version": 2, "apps": {"slow": entry}}))
    key = server.make_client("my-gpt", allow=["control_app"])
    started = server.call("POST", "/apps/control", key, json={"app_name": "slow", "action": "start"})
    assert started.json()["success"], started.text
    page = open_page("activity")
    with ThreadPoolExecutor(1) as caller:
        stopping = caller.submit(server.call, "POST", "/apps/control", key, json={"app_name": "slow", "action": "stop"})
        now = page.locator("section").filter(has=page.get_by_role("heading", name="Running now"))
        expect(now.get_by_role("listitem")).to_contain_text("my-gpt is stopping Slow")
        now.get_by_role("link").click()
        expect(page.get_by_role("dialog")).to_contain_text("Running")
        leave.touch()
        assert stopping.result().json()["success"]
    expect(page.get_by_role("dialog")).to_contain_text("Done")
    expect(page.locator(".arrived")).to_be_attached()  # the list does not move behind the dialog
    page.keyboard.press("Escape")
    expect(now).to_have_count(0)
    expect(lines(page).first).to_contain_text("my-gpt stopped Slow")
    expect(lines(page)).to_have_count(2)


def test_empty_activity_has_an_explanation(open_page, server):
    page = open_page("activity")
    expect(page.get_by_role("heading", name="No activity yet")).to_be_visible()
    assert find_barriers(page) == []


def test_bidirectional_text_is_isolated(open_page, server):
    server.call("GET", "/gmail/messages", params={"query": "a\u202egnp.exe\u2066\x1b"})
    page = open_page("activity")
    line = lines(page).first
    expect(line.locator("bdi.sentence")).to_contain_text("a\\u202egnp.exe\\u2066␛")
    line.click()
    page.get_by_text("Request").locator("..").locator("bdi").first.wait_for(state="attached")
    expect(page.get_by_role("dialog").get_by_role("definition").filter(has_text="gnp.exe")).to_have_text(
        "a\\u202egnp.exe\\u2066␛"
    )
    assert not set(page.locator("body").inner_text()) & set("\u202e\u2066\x1b")


def test_each_call_is_undone_once(open_page, server):
    key = server.make_client("bot", allow=["mark_mail"])
    mails = server.call("GET", "/gmail/search", key, params={"query": "is:read"}).json()["messages"][:2]
    for mail in mails:
        assert server.call("POST", f"/gmail/messages/{mail['id']}/read", key, json={"unread": True}).status_code == 200
    first, second = (entry["id"] for entry in server.activity(2))
    page = open_page(f"activity/{first}", width=1360)
    undo = page.get_by_role("complementary", name="Details").get_by_role("button", name="Undo")
    for call in (first, second):
        page.evaluate(f"location.hash = 'activity/{call}'")
        expect(undo).to_be_visible()
        undo.click()
        expect(undo).to_have_count(0)
    page.evaluate(f"location.hash = 'activity/{first}'")
    expect(page.get_by_role("complementary", name="Details").get_by_role("button", name="Copy as JSON")).to_be_visible()
    expect(undo).to_have_count(0)
