"""The webhooks page."""

import pytest
from playwright.sync_api import expect

from tests.server.outbound.webhooks.receiver import Receiver, honest, status
from tests.window.conftest import answered, find_barriers, refuse, scrolls_sideways


@pytest.fixture
def receiver():
    with Receiver().in_thread() as receiver:
        yield receiver


def add(server, receiver, path="/hook", **order):
    """Add a webhook to a path of the receiver; return its id."""
    server.person("PUT", "/api/webhooks/local-receivers", json={"addresses": [receiver.listed]})
    made = server.person("POST", "/api/webhooks", json={"url": receiver.url(path), **order})
    assert made.status_code == 201, made.text
    return made.json()["webhook"]["id"]


def test_first_webhook_is_added_and_tested_by_keyboard(open_page, server, receiver):
    page = open_page("webhooks")
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    page.get_by_label("Host and port").fill(receiver.listed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Local receivers")).to_contain_text(receiver.listed)

    page.get_by_role("button", name="Add webhook").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Address").fill("http://192.168.1.1/hook")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Local receivers")
    dialog.get_by_label("Address").fill(receiver.url("/hook"))
    dialog.get_by_label("Name").fill("n8n")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Signing secret of n8n")).to_contain_text("whsec_")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "whsec_" not in page.content()

    row = page.get_by_role("row", name="n8n")
    expect(row).to_contain_text("Working")
    row.get_by_role("button", name="More actions for n8n").press("Enter")
    page.get_by_role("menuitem", name="Send test event").press("Enter")
    expect(page.get_by_text("n8n got the test event.")).to_be_visible()
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("webhook.test to n8n")
    assert receiver.ids("/hook")


def test_failing_receiver_and_its_deliveries_are_followed(open_page, server, receiver):
    receiver.behave("/hook", status("500 Oops", body=b"out of order"), honest)
    webhook = add(server, receiver, name="Home")
    page = open_page("webhooks")
    server.person("POST", f"/api/webhooks/{webhook}/test")
    row = page.get_by_role("row", name="Home")
    expect(row).to_contain_text("Not delivering")
    expect(row).to_contain_text("1 event waits")
    delivery = page.get_by_role("list", name="Deliveries").get_by_role("listitem").first
    delivery.locator("summary").click()
    expect(delivery).to_contain_text("The receiver answered 500.")
    expect(delivery).to_contain_text("out of order")
    expect(delivery).to_contain_text("This is a test of Deskhand.")
    delivery.get_by_role("button", name="Give up").click()
    expect(row).to_contain_text("1 dead letter")
    page.get_by_role("radio", name="Dead letters").check()
    page.get_by_role("button", name="Replay dead letters").click()
    expect(page.get_by_text("No deliveries match.")).to_be_visible()
    page.get_by_role("radio", name="Delivered").check()
    expect(page.get_by_role("list", name="Deliveries")).to_contain_text("webhook.test to Home")
    expect(row).to_contain_text("Working")


def test_webhook_is_edited_turned_off_and_removed(open_page, server, receiver):
    add(server, receiver, name="Old", types=["note.written"])
    page = open_page("webhooks")
    page.get_by_role("button", name="Old", exact=True).click()
    dialog = page.get_by_role("dialog", name="Edit webhook")
    expect(dialog.get_by_label("note.written")).to_be_checked()
    dialog.get_by_label("note.written").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose at least one event.")
    dialog.get_by_role("radio", name="All events").check()
    dialog.get_by_label("Name").fill("New")
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="New")
    expect(row).to_contain_text("All events")
    with answered(page, "PUT"):
        page.get_by_role("switch", name="Send events to New").click()
    expect(row).to_contain_text("Off")
    row.get_by_role("button", name="More actions for New").click()
    page.get_by_role("menuitem", name="New secret").click()
    page.get_by_role("dialog").get_by_role("button", name="New secret").click()
    expect(page.get_by_role("dialog", name="Signing secret of New")).to_contain_text("whsec_")
    page.get_by_role("button", name="Done").click()
    row.get_by_role("button", name="More actions for New").click()
    page.get_by_role("menuitem", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()


def test_removal_that_fails_says_so_and_a_filter_ends_with_its_receiver(open_page, server, receiver):
    for name in ("Kitchen", "Garden"):
        server.person("POST", f"/api/webhooks/{add(server, receiver, name=name)}/test")
    page = open_page("webhooks")
    deliveries = page.get_by_role("list", name="Deliveries")
    page.get_by_role("combobox", name="Receiver").click()
    page.get_by_role("option", name="Kitchen").click()
    expect(deliveries).not_to_contain_text("Garden")
    page.get_by_role("button", name="More actions for Kitchen").click()
    page.get_by_role("menuitem", name="Remove").click()
    refuse(page, "**/api/webhooks/*", "DELETE")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_text("Not now. Try again later.")
    page.unroute_all()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row", name="Kitchen")).to_have_count(0)
    expect(deliveries).to_contain_text("Garden")


@pytest.mark.parametrize(("look", "width"), [("light", 1120), ("dark", 420)])
def test_webhooks_page_is_accessible_with_a_long_log(open_page, server, receiver, look, width):
    webhook = add(
        server, receiver, name="A receiver with a name that is as long as it may be, and then some more of it to be sure"
    )
    receiver.behave("/bad", status("500 Oops", body=b"x" * 400))
    bad = add(server, receiver, "/bad", types=["note.written"])
    for _ in range(55):
        server.person("POST", f"/api/webhooks/{webhook}/test")
    server.person("POST", f"/api/webhooks/{bad}/test")
    page = open_page("webhooks", look, width)
    items = page.get_by_role("list", name="Deliveries").get_by_role("listitem")
    expect(items).to_have_count(50)
    items.first.locator("summary").click()
    expect(items.first).to_contain_text("HTTP 500")
    assert find_barriers(page) == []
    assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
    page.get_by_role("button", name="Show older").click()
    expect(items).to_have_count(56)
