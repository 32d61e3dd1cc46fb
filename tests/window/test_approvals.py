"""The approvals page."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from server.sdk.approval_requests import ApprovalDuration, Kind
from tests.window.asking import CODE, PROGRAM, SIGN_IN, asking
from tests.window.conftest import find_barriers, scrolls_sideways

NO_EXTENT = {"extents": (ApprovalDuration.once,), "recipients": (), "operation": None}
HELD = "aria-disabled"
NO = "Deny"


@pytest.fixture
def server(tmp_path):
    with asking(tmp_path / "data") as served:
        yield served


def cards(page):
    return page.get_by_role("article")


def press(page, name, card=0):
    """Press a button with the pointer, once it can be."""
    button = cards(page).nth(card).get_by_role("button", name=name)
    expect(button).not_to_have_attribute(HELD, "true")
    button.click()


def reach(page, name):
    """Go with Tab to what has this name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and (focused.get_attribute("aria-label") or focused.inner_text()).strip().startswith(name):
            return focused
    raise AssertionError(f"the keyboard does not reach {name!r}")


def ask_all(server):
    server.ask("mail")
    server.ask("long", fields=(("To", "bob@example.com"), ("Body", "\n".join(map(str, range(80))))))
    server.ask(
        "program",
        "start Notepad",
        fields=PROGRAM,
        operation="control_app",
        extents=(ApprovalDuration.once, ApprovalDuration.always),
    )
    server.ask("door", "use Deskhand", kind=Kind.sign_in, client="ChatGPT", fields=SIGN_IN, wants_code=True, **NO_EXTENT)
    server.ask("omi", "send what it hears", kind=Kind.source, client="OMI device", fields=(("uid", "aB3"),), **NO_EXTENT)


@pytest.mark.parametrize("look", ["light", "dark"])
def test_approvals_page_is_accessible(open_page, server, look):
    ask_all(server)
    page = open_page("approvals", look)
    expect(cards(page)).to_have_count(5)
    expect(page.get_by_role("button", name="Allow once").first).not_to_have_attribute(HELD, "true")
    for width in (960, 720, 480):
        page.set_viewport_size({"width": width, "height": 760})
        expect(page.get_by_role("button", name="Allow once").first).not_to_have_attribute(HELD, "true")
        assert find_barriers(page) == []
        assert not [size for size in ("100%", "200%") if scrolls_sideways(page, size)]
        page.evaluate("document.documentElement.style.fontSize = ''")


def test_approval_request_is_shown_verbatim_and_inert(open_page, server):
    hostile = '<img src=x onerror="document.title=1"><b>bold</b>\n\n  indented \u202e txt.exe \u200b\x1b'
    server.ask(sentence="send mail to <i>bob</i>", fields=(("To", "bob@example.com"), ("Body", hostile)), client="my\u202egpt")
    page = open_page("approvals")
    card = cards(page)
    expect(card.get_by_role("heading", level=2)).to_have_text("my\\u202egpt wants to send mail to <i>bob</i>")
    expect(card.get_by_role("group", name="Body")).to_have_text(
        '<img src=x onerror="document.title=1"><b>bold</b>\n\n  indented \\u202e txt.exe \\u200b␛', use_inner_text=True
    )
    assert card.locator("img, b, i").count() == 0
    assert not set(page.locator("body").inner_text()) & set("\u202e\u200b\x1b")


def test_recipient_name_that_looks_like_an_address_is_marked(open_page, server):
    people = "bob@example.com, Bob <eve@evil.example>, ann@example.com <zoe@ex\u0430mple.com>"
    server.ask(fields=(("To", people), ("Subject", "Hi")), recipients=("eve@evil.example", "zoe@ex\u0430mple.com"))
    card = cards(open_page("approvals"))
    expect(card.get_by_text("This name looks like an address, but the email goes elsewhere.")).to_have_count(2)
    expect(card.get_by_text("<zoe@xn--exmple-4nf.com>")).to_be_visible()
    expect(card.get_by_text("Actual recipients").locator("xpath=following-sibling::dd")).to_contain_text("eve@evil.example")


def test_plain_recipient_name_is_not_marked(open_page, server):
    people = '"Doe, Ann" <ann@example.com>, bob@example.com'
    server.ask(
        fields=(("To", people), ("Cc", "Cy <cy@example.com>")),
        recipients=tuple(f"{name}@example.com" for name in ("ann", "bob", "cy")),
    )
    card = cards(open_page("approvals"))
    expect(card.get_by_text("<ann@example.com>")).to_be_visible()
    expect(card.get_by_text("looks like")).to_have_count(0)
    expect(card.get_by_text("Actual recipients")).to_have_count(0)


def test_long_text_is_scrolled_by_keyboard(open_page, server):
    server.ask(fields=(("Body", "\n".join(f"line {number}" for number in range(200)) + "\nthe end"),))
    page = open_page("approvals")
    expect(page.get_by_text(re.compile("201 lines, 1,697 characters"))).to_be_visible()
    region = page.get_by_role("group", name="Body")
    region.focus()
    page.keyboard.press("End")
    page.wait_for_function("box => box.scrollTop + box.clientHeight >= box.scrollHeight - 1", arg=region.element_handle())


def test_program_arguments_are_shown_separately(open_page, server):
    server.ask(sentence="start Notepad", fields=PROGRAM, operation="control_app", recipients=())
    arguments = cards(open_page("approvals")).get_by_text("Arguments", exact=True).locator("xpath=following-sibling::dd//bdi")
    expect(arguments).to_have_text(["--new", "a file.txt"])


def test_call_is_approved_once_with_a_toast(open_page, server):
    approval = server.ask()
    page = open_page("approvals")
    expect(page.get_by_role("navigation").get_by_role("link", name="Approvals 1 pending")).to_be_visible()
    press(page, "Allow once")
    expect(page.locator(".toast")).to_have_text("It is allowed, and runs now.")
    assert server.received == [("yes", approval, "once", "")]
    page.mouse.move(0, 0)
    expect(page.get_by_role("heading", name="No pending requests")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_text("waiting")).to_have_count(0)


def test_enter_key_does_not_approve_and_the_space_bar_does(open_page, server):
    first, second = server.ask("1"), server.ask("2")
    page = open_page("approvals")
    assert page.evaluate("document.activeElement === document.body"), "nothing is chosen before the person chooses"
    button = reach(page, "Allow once")
    expect(button).not_to_have_attribute(HELD, "true")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_have_text("Press Space to allow (Enter is disabled here for safety).")
    assert server.received == []
    page.keyboard.press("Space")
    expect(cards(page).first).to_contain_text("It is allowed, and runs now.")
    expect(cards(page)).to_have_count(2)  # it stays while the keyboard is here
    expect(reach(page, NO)).not_to_have_attribute(HELD, "true")  # as the first card has changed
    page.keyboard.press("Enter")
    expect(cards(page).nth(1)).to_contain_text("It does not run.")
    assert server.received == [("yes", first, "once", ""), ("no", second, "")]


def test_denial_reason_reaches_the_client(open_page, server):
    approval = server.ask()
    page = open_page("approvals")
    press(page, "Add a reason…")
    expect(page.get_by_label("Reason (my-gpt will see this)")).to_be_focused()
    page.keyboard.type("Not to him.")
    press(page, NO)
    expect(cards(page)).to_contain_text("It does not run.")
    assert server.received == [("no", approval, "Not to him.")]


@pytest.mark.parametrize(
    ("label", "extent", "explanation"),
    [
        (
            "Allow for 15 minutes",
            "temporary",
            "For 15 minutes, my-gpt can use send_mail without asking, with any content and any recipients",
        ),
        ("Always allow for these recipients", "recipients", "for these recipients only"),
    ],
)
def test_wider_approval_explains_its_effect_first(open_page, server, label, extent, explanation):
    approval = server.ask(recipients=("bob@example.com", "ann@example.com"))
    page = open_page("approvals")
    expect(cards(page).get_by_role("button", name="Allow once")).not_to_have_attribute(HELD, "true")
    cards(page).get_by_role("button", name="More options").click()
    page.get_by_role("menuitem", name=label).press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(explanation)
    if extent == "recipients":
        expect(dialog.get_by_role("listitem")).to_have_text(["bob@example.com", "ann@example.com"])
    assert find_barriers(page) == []
    dialog.get_by_role("button", name=label).press("Enter")
    assert server.received == []
    dialog.get_by_role("button", name=label).press("Space")
    expect(page.locator(".toast")).to_have_text("It is allowed, and runs now.")
    assert server.received == [("yes", approval, extent, "")]


def test_only_possible_approval_durations_are_offered(open_page, server):
    server.ask("1", extents=(ApprovalDuration.once,))
    server.ask("2", extents=(ApprovalDuration.once, ApprovalDuration.always))
    page = open_page("approvals")
    expect(cards(page).nth(0).get_by_role("button", name="More options")).to_have_count(0)
    cards(page).nth(1).get_by_role("button", name="More options").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Always allow…"])


def test_sign_in_needs_its_code_and_reports_a_wrong_one(open_page, server):
    approval = server.ask(
        "door", "use Deskhand", kind=Kind.sign_in, client="ChatGPT", fields=SIGN_IN, wants_code=True, **NO_EXTENT
    )
    page = open_page("approvals")
    expect(page.get_by_text(dict(SIGN_IN)["Callback"])).to_be_visible()
    assert CODE not in page.locator("body").inner_text()
    expect(page.get_by_role("button", name="Allow sign-in")).to_be_disabled()
    reach_field = page.get_by_label("4-digit code")
    reach_field.focus()
    page.keyboard.type("0815")
    page.keyboard.press("Enter")
    assert server.received == []
    expect(reach(page, "Allow sign-in")).not_to_have_attribute(HELD, "true")
    page.keyboard.press("Space")
    expect(page.get_by_role("alert")).to_have_text("These are not the digits. 4 more tries.")
    expect(reach_field).to_have_value("")
    assert find_barriers(page) == []
    reach_field.fill(CODE)
    press(page, "Allow sign-in")
    expect(cards(page)).to_contain_text("It is allowed, and runs now.")
    assert server.received == [("yes", approval, "once", CODE)]


def test_new_approval_is_last_and_a_finished_one_leaves_a_gap(open_page, server):
    first = server.ask("1", sentence="do the first")
    page = open_page("approvals")
    press(page, "Add a reason…")  # the pointer is among them now
    server.ask("2", sentence="do the second")
    expect(cards(page).get_by_role("heading", level=2)).to_have_text(
        ["my-gpt wants to do the first", "my-gpt wants to do the second"]
    )
    place = cards(page).nth(1).bounding_box()
    server.withdraw(first)
    expect(cards(page).first).to_contain_text("This request was already answered")
    expect(cards(page).first.get_by_role("button")).to_have_count(0)
    assert cards(page).nth(1).bounding_box()["y"] <= place["y"]
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    expect(cards(page).get_by_role("heading", level=2)).to_have_text(["my-gpt wants to do the second"])


def test_request_that_expires_comes_before_one_that_does_not(open_page, server):
    server.ask("1", sentence="keep what it sends", expires_at=None)
    page = open_page("overview")
    expect(cards(page)).to_contain_text("keep what it sends")
    server.ask("2")
    expect(cards(page)).to_contain_text("send mail to bob@example.com")
    page.evaluate("location.hash = 'approvals'")
    cards(page).first.hover()
    server.ask("3", sentence="start a program")
    expect(cards(page).get_by_role("heading", level=2)).to_contain_text(["send mail", "keep what", "start a program"])


def test_button_that_just_moved_ignores_clicks(open_page, server):
    server.ask()
    page = open_page("approvals")
    button = cards(page).get_by_role("button", name="Allow once")
    expect(button).not_to_have_attribute(HELD, "true")
    held = page.evaluate(
        """() => new Promise((tell) => {
          setTimeout(() => tell(false), 5000)
          const room = document.createElement('div')
          room.style.height = '90px'
          document.querySelector('main').prepend(room)
          const button = [...document.querySelectorAll('article button')].find((one) => one.textContent.includes('Allow once'))
          const look = () => (button.ariaDisabled === 'true' ? (button.click(), tell(true)) : requestAnimationFrame(look))
          look()
        })"""
    )
    assert held
    expect(button).not_to_have_attribute(HELD, "true")
    assert server.received == []


def test_new_approval_has_no_more_time_left_than_it_gets(open_page, server):
    page = open_page("approvals", at=datetime.now(UTC) - timedelta(seconds=1))  # a clock that ticks each second is behind
    server.ask()
    expect(cards(page)).to_contain_text("15 min left")


def test_approval_expires_and_can_no_longer_be_answered(open_page, server):
    server.ask()
    now = datetime.now(UTC)
    page = open_page("approvals", at=now)
    expect(cards(page)).to_contain_text("15 min left")
    cards(page).hover()
    page.clock.set_fixed_time(now + timedelta(minutes=14, seconds=30))
    expect(cards(page)).to_contain_text(re.compile("[23][0-9] s left"))
    page.clock.set_fixed_time(now + timedelta(minutes=15))
    expect(cards(page)).to_contain_text("Expired. Nothing was done.")
    expect(cards(page).get_by_role("button")).to_have_count(0)


def test_overview_links_to_pending_approvals(open_page, server):
    page = open_page("overview")
    expect(page.get_by_role("link", name="Review all 5")).to_have_count(0)
    for number in range(5):
        server.ask(str(number), sentence=f"do number {number}")
    expect(page.get_by_role("heading", name="5 requests need your approval")).to_be_visible()
    expect(cards(page)).to_have_count(1)
    expect(cards(page).get_by_role("button", name="Deny")).to_be_visible()
    assert find_barriers(page) == []
    page.get_by_role("link", name="Review all 5").click()
    expect(cards(page)).to_have_count(5)


def test_window_opens_at_the_approvals_page(open_page, server):
    server.ask()
    page = open_page("")
    entry = server.person("POST", "/api/entries").json()
    page.goto(f"{entry['address']}?key={entry['key']}&page=approvals")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approvals")
    assert "token" not in page.url


def test_approved_call_continues_and_is_listed_as_decided(open_page, server):
    key = server.make_client("my-gpt")
    page = open_page("approvals")
    mail = {"to": "ann@example.com", "subject": "Lunch", "body": "At 12:30?\n\nAlex"}
    with ThreadPoolExecutor(1) as caller:
        sending = caller.submit(server.call, "POST", "/gmail/send", key, json=mail)
        expect(cards(page)).to_contain_text("At 12:30?")
        press(page, "Allow once")
        answer = sending.result(30)
    assert answer.status_code == 200, answer.text
    decided = page.locator("section").filter(has=page.get_by_role("heading", name="Recent decisions"))
    expect(decided.get_by_role("listitem")).to_contain_text("my-gpt sent an email to ann@example.com")


def test_formatted_mail_is_shown(open_page, server):
    server.ask(html='<p style="color:red">Hi <b>Bob</b></p><a href="https://a.example/">link</a>')
    page = open_page("approvals")
    expect(page.locator("iframe")).to_have_count(0)
    page.get_by_role("button", name="Show formatted email").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Bob")).to_be_visible()
    expect(frame.locator("p")).to_have_css("color", "rgb(255, 0, 0)")
    assert page.locator("iframe").get_attribute("sandbox") == ""
    expect(frame.get_by_role("link")).to_be_visible()
    page.get_by_role("button", name="Hide formatted email").click()
    expect(page.locator("iframe")).to_have_count(0)


@pytest.mark.parametrize(
    "html",
    [
        "<script>top.document.title = 'run'; fetch('/run')</script>",
        "<img src=/assets/run.png onerror=\"top.document.title = 'run'\">",
        "<style>b { background: url(/assets/run.png) }</style><link rel=stylesheet href=/assets/run.css>",
        "<iframe src=/run></iframe><object data=/run></object><video src=/run poster=/run></video>",
        "<meta http-equiv=refresh content='0; url=/run'><form action=/run><button autofocus>b</button></form>",
        "<p style='background: url(/assets/run.png)'>",
        "<a href=https://run.example>link</a><a href=https://run.example target=_top>link</a>",
    ],
)
def test_frame_of_a_formatted_mail_runs_and_loads_nothing(browser, server, html):
    server.ask(html=f"{html}<b>Bob</b>")
    page, loaded, failures = browser.new_page(), [], set()
    entry = server.person("POST", "/api/entries").json()
    page.goto(f"{entry['address']}?key={entry['key']}&page=approvals")
    page.on("requestfinished", lambda request: loaded.append(request.url))
    page.on("requestfailed", lambda request: failures.add(request.failure))
    page.get_by_role("button", name="Show formatted email").click()
    bob = page.frame_locator("iframe").get_by_text("Bob")
    for link in page.frame_locator("iframe").get_by_role("link").all():
        link.click()
    expect(bob).to_be_visible()
    assert bob.evaluate("element => getComputedStyle(element).backgroundImage") == "none"
    assert len(page.context.pages) == 1
    assert "run" not in page.title()
    assert [url for url in loaded if "run" in url] == []
    assert failures <= {"csp"}
    page.close()


def test_mail_that_is_not_shown_completely_is_opened_before_it_is_allowed(open_page, server):
    request_id = server.ask(source="<style>p::after { content: 'pay' }</style>")
    page = open_page("approvals")
    expect(page.get_by_text("Not all of this can be shown here.")).to_be_visible()
    expect(page.get_by_role("button", name="Allow once")).to_be_disabled()
    expect(page.get_by_role("button", name="More options")).to_have_count(0)
    assert server.person("POST", f"/api/approvals/{request_id}/approve", json={}).status_code == 409
    press(page, "Open in full")
    expect(page.get_by_role("group", name="In full")).to_have_text("<style>p::after { content: 'pay' }</style>")
    press(page, "Allow once")
    expect(page.locator(".toast")).to_have_text("It is allowed, and runs now.")
    assert server.received == [("yes", request_id, "once", "")]
