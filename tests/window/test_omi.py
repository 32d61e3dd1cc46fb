"""OMI's page: the set-up, what arrives while one looks, whose it is, and what was said."""

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.window.conftest import find_barriers, scrolls_sideways

UID, SECRET = "device-of-alex", "whsec_a-secret-of-the-test"
HOSTILE = "Plan\u202egnp.exe <img src=x onerror=alert(1)>"


@pytest.fixture
def server(serve):
    """A Deskhand of the person's own, to which real deliveries are made."""
    return serve()


def deliver(server, address: str, body, uid: str = UID, status: int = 200):
    """Send something as OMI does."""
    answer = server.call("POST", f"{urlsplit(address).path}?uid={uid}", "", json=body)
    assert answer.status_code == status, answer.text


def make_addresses(server) -> dict:
    server.person("POST", "/api/omi/address")
    return server.person("GET", "/api/omi").json()["addresses"]


def accept(server) -> None:
    for question in server.person("GET", "/api/approvals").json():
        assert server.person("POST", f"/api/approvals/{question['id']}/approve", json={"extent": "once"}).status_code == 200


def talk(number: int = 1, title: str = "Timeline talk", text: str = "Let's plan.") -> dict:
    """A conversation as OMI sends it."""
    return {
        "id": f"c-{number}",
        "created_at": "2026-11-20T22:35:45+00:00",
        "started_at": "2026-11-20T22:34:00+00:00",
        "finished_at": "2026-11-20T22:36:30+00:00",
        "structured": {
            "title": title,
            "overview": "What comes first, and who does it.",
            "emoji": "📅",
            "category": "work",
            "action_items": [{"description": "Send the proposal", "completed": False}],
        },
        "transcript_segments": [
            {
                "id": "s1",
                "text": text,
                "speaker": "SPEAKER_00",
                "speaker_id": 0,
                "speaker_name": "John",
                "is_user": False,
                "start": 10.0,
                "end": 15.0,
            },
            {
                "id": "s2",
                "text": "I begin.",
                "speaker": "SPEAKER_01",
                "speaker_id": 1,
                "is_user": True,
                "start": 62.0,
                "end": 65.0,
            },
        ],
        "discarded": False,
        "status": "completed",
    }


def words(*texts: str) -> dict:
    """Transcript segments, as OMI sends them."""
    segments = [
        {
            "id": f"l{at}",
            "text": text,
            "speaker": "SPEAKER_00",
            "speaker_id": 0,
            "is_user": False,
            "start": at * 3.0,
            "end": at * 3.0 + 2,
        }
        for at, text in enumerate(texts)
    ]
    return {"segments": segments, "session_id": UID}


@pytest.fixture
def heard(server):
    """An accepted device with two conversations."""
    addresses = make_addresses(server)
    deliver(server, addresses["memory"], talk())
    accept(server)
    deliver(server, addresses["memory"], talk(2, HOSTILE, "The budget is fixed."))
    return addresses


@pytest.mark.parametrize(("look", "width"), [("light", 960), ("dark", 480)])
def test_omi_page_is_accessible(open_page, server, heard, look, width):
    deliver(server, heard["memory"], talk(), uid="somebody-else")
    deliver(server, heard["transcript"], words("Good morning.", "And a long sentence, so that there is something to be wrapped."))
    page = open_page("omi", look, width)
    for name in ("heard", "setup"):
        page.evaluate(f"location.hash = 'omi/{name}'")
        expect(page.get_by_role("radio", name={"heard": "Conversations", "setup": "Setup"}[name])).to_be_checked()
        assert find_barriers(page) == []
        assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
        page.evaluate("document.documentElement.style.fontSize = ''")
    page.evaluate("location.hash = 'omi/conversation/c-1'")
    expect(page.get_by_role("dialog")).to_contain_text("Let's plan.")
    assert find_barriers(page) == []
    assert not scrolls_sideways(page, "200%")


def test_webhook_address_is_created_by_keyboard_and_copied(open_page, server):
    page = open_page("omi")
    expect(page.get_by_text("Create an address first.")).to_be_visible()
    assert find_barriers(page) == []
    page.get_by_role("button", name="Create address").press("Enter")
    expect(page.get_by_role("group", name="Memory Creation Webhook")).to_be_visible()
    addresses = server.person("GET", "/api/omi").json()["addresses"]
    for label, name in (("Memory Creation", "memory"), ("Real-Time Transcript", "transcript"), ("Day Summary", "day_summary")):
        page.get_by_role("button", name=f"Copy {label} Webhook").press("Enter")
        assert page.evaluate("navigator.clipboard.readText()") == addresses[name]
        page.get_by_role("button", name=f"Show {label} Webhook as a QR code").click()
        expect(page.get_by_role("img", name=f"QR code of {label} Webhook")).to_be_visible()
        page.keyboard.press("Escape")
    page.get_by_text("Audio and button (optional)").click()
    page.get_by_role("button", name="Copy Audio Bytes Webhook").click()
    assert re.fullmatch(r"http\S+,\d+", page.evaluate("navigator.clipboard.readText()"))
    expect(page.get_by_text(re.compile("OMI can.t reach this computer yet"))).to_be_visible()
    page.get_by_role("link", name="Turn on the tunnel").click()
    expect(page.get_by_role("heading", name="Connect", level=1)).to_be_visible()


def test_new_webhook_address_replaces_the_old_one_after_confirmation(open_page, server, heard):
    page = open_page("omi/setup")
    page.get_by_role("button", name="New address…").click()
    page.get_by_role("button", name="Cancel").click()
    deliver(server, heard["memory"], talk(3))
    page.get_by_role("button", name="New address…").click()
    page.get_by_role("button", name="Create new address").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    deliver(server, heard["memory"], talk(4), status=404)
    made = server.person("GET", "/api/omi").json()["addresses"]["memory"]
    expect(page.get_by_role("group", name="Memory Creation Webhook")).to_contain_text(made)
    deliver(server, made, talk(4))


def test_signature_is_required_replaced_and_switched_off(open_page, server, heard):
    page = open_page("omi/setup")
    page.get_by_label("Signing secret", exact=True).focus()
    page.keyboard.insert_text(SECRET)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Only signed deliveries are accepted.")).to_be_visible()
    deliver(server, heard["memory"], talk(3), status=401)
    assert SECRET not in page.content()
    page.get_by_role("button", name="Replace…").click()
    page.get_by_label("Signing secret", exact=True).fill(SECRET + "-two")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The previous secret works until")).to_be_visible()
    page.get_by_role("button", name="Remove…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Anyone who knows the address could then send")
    assert find_barriers(page) == []
    page.get_by_role("button", name="Remove secret").click()
    expect(page.get_by_label("Signing secret", exact=True)).to_be_visible()
    deliver(server, heard["memory"], talk(3))


def test_delivery_appears_live_and_a_new_device_needs_confirmation(open_page, server):
    addresses = make_addresses(server)
    page = open_page("omi")
    expect(page.get_by_text("Nothing received yet. Say something to your OMI")).to_be_visible()
    deliver(server, addresses["memory"], talk())
    expect(page.get_by_text("New OMI account:")).to_contain_text(f"{UID}. 1 delivery is on hold")
    deliver(server, addresses["memory"], talk(2))
    expect(page.get_by_text("2 deliveries are on hold")).to_be_visible()
    expect(page.get_by_text("Timeline talk")).to_have_count(0)
    accept(server)
    expect(page.get_by_role("link", name="Timeline talk")).to_have_count(2)
    page.get_by_role("radio", name="Setup").check()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Conversations Timeline talk").last).to_contain_text("just now")
    expect(page.get_by_role("listitem").filter(has_text=UID)).to_contain_text("Accepted")
    expect(page.get_by_role("listitem").filter(has_text=UID)).to_contain_text("2 conversations")


def test_live_transcript_is_not_fully_announced(open_page, server, heard):
    page = open_page("omi/heard")
    expect(page.get_by_text("Speech appears here while someone is talking.")).to_be_visible()
    deliver(server, heard["transcript"], words("Good"))
    transcript = page.get_by_role("log")
    expect(transcript).to_contain_text("Good")
    deliver(server, heard["transcript"], words("Good morning.", "How are you?"))
    expect(transcript).to_contain_text("Good morning. How are you?")
    expect(transcript.get_by_text("Good", exact=True)).to_have_count(0)
    assert transcript.get_attribute("aria-live") == "off"
    expect(page.get_by_role("status").filter(has_text="Someone is speaking.")).to_have_count(1)
    expect(page.get_by_role("heading", name="Live")).to_be_visible()


def test_conversation_is_found_and_read_by_keyboard(open_page, server, heard):
    page = open_page("omi")
    page.get_by_role("searchbox", name="Search conversations").focus()
    page.keyboard.insert_text("budget")
    expect(page.get_by_role("link", name="Timeline talk")).to_have_count(0)
    page.get_by_role("searchbox").fill("nothing such")
    expect(page.get_by_role("heading", name="No results")).to_be_visible()
    page.get_by_role("button", name="Show all").press("Enter")
    page.get_by_role("link", name="Timeline talk").press("Enter")
    drawer = page.get_by_role("dialog", name="📅 Timeline talk")
    expect(drawer).to_contain_text("What comes first, and who does it.")
    expect(drawer.get_by_role("listitem").filter(has_text="Send the proposal")).to_be_visible()
    expect(drawer).to_contain_text("John 0:10")
    expect(drawer).to_contain_text("You 1:02")
    drawer.get_by_role("button", name="Copy transcript").press("Enter")
    assert "[1:02] You: I begin." in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_foreign_text_is_inert(open_page, server, heard):
    page = open_page("omi")
    line = page.get_by_role("link", name="gnp.exe")
    expect(line).to_contain_text("Plan\\u202egnp.exe <img src=x onerror=alert(1)>")
    line.click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.locator("main img")).to_have_count(0)
    assert "\u202e" not in page.locator("body").inner_text()


def test_device_data_is_deleted_after_confirmation(open_page, server, heard):
    page = open_page("omi/setup")
    page.get_by_role("button", name="Delete data…").click()
    dialog = page.get_by_role("dialog", name=f"Delete all data of {UID}?")
    assert find_barriers(page) == []
    dialog.get_by_role("button", name="Delete all data").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text=UID)).to_have_count(0)
    assert server.person("GET", "/api/omi/conversations").json()["conversations"] == []
    assert UID not in json.dumps(server.person("GET", "/api/omi").json())
