"""The fake page in Chromium: its editor, its button, and the states in which it takes no messages."""

import pytest
from playwright.sync_api import Page, expect

from tests.window.conftest import browser

__all__ = ["browser"]

SEND = "[data-testid=send-button], #composer-submit-button"


@pytest.fixture
def page(browser, fake):
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        assert errors == []


def enter(page: Page, text: str) -> None:
    page.locator("#prompt-textarea").focus()
    page.keyboard.insert_text(text)


@pytest.mark.parametrize(("layout", "language"), [("2026", "en"), ("2026-sections", "de"), ("2025", "fa")])
def test_page_sends_once_and_shows_the_whole_answer_after_the_stop_button_is_gone(page, fake, layout, language):
    fake.behave(layout=layout, language=language, lag_ms=400)
    page.goto(fake.origin)
    assert page.locator(SEND).count() == 0, "the send button exists only after typing"
    text = 'First "line"\nsecond äö <b>\n\nlast'
    enter(page, text)
    page.locator(SEND).click()
    page.wait_for_url("**/c/*-*-*-*-*")
    expect(page.locator("#composer-submit-button, [data-testid=stop-button]")).to_have_count(0)
    answer = page.locator("[data-message-author-role=assistant]")
    assert "END" not in answer.inner_text()
    expect(answer).to_contain_text("END")
    expect(page).to_have_title('First "line" second äö <b>')
    assert [(sent.message, sent.mode) for sent in fake.account.sent] == [(text, "auto")]
    page.reload()
    expect(page.locator("[data-message-author-role=assistant]")).to_contain_text("END")


def test_editor_takes_back_what_was_written_without_an_event_and_takes_a_paste(page, fake):
    page.goto(f"{fake.origin}/?fake_language=de")
    editor = page.locator("#prompt-textarea")
    editor.evaluate("(box) => { box.innerHTML = '<p>forged</p>' }")
    expect(editor).to_have_text("")
    paste = """(box, text) => {
      const data = new DataTransfer(); data.setData('text/plain', text)
      box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
    }"""
    editor.evaluate(paste, "one\r\n\r\ntwo")
    assert editor.locator("p").all_inner_texts() == ["one", "\n", "two"]
    page.reload()
    expect(editor.locator("p").last).to_have_text("two")  # ChatGPT keeps drafts
    fake.behave(paste_limit=5)
    page.reload()
    editor.evaluate(paste, "longer than five")
    expect(editor).to_have_text("longe")


def test_pill_opens_on_a_press_and_chooses_mode_and_effort(page, fake):
    fake.behave(covered_pill=True)
    page.goto(fake.origin)
    pill, menu = page.locator(".__composer-pill"), page.get_by_role("menu")
    pill.evaluate("(button) => button.click()")
    expect(menu).to_have_count(0)
    pill.click()
    expect(menu).to_have_count(0)  # the first press only draws it anew
    pill.click()
    menu.get_by_role("button", name="Thinking effort").click()
    menu.get_by_role("menuitemradio", name="Extended").click()
    enter(page, "Hello")
    page.locator(SEND).click()
    expect(page.locator("[data-message-author-role=assistant]")).to_contain_text("END")
    assert [(sent.mode, sent.effort) for sent in fake.account.sent] == [("thinking", "extended")]


def test_limit_is_shown_with_its_reset_and_gives_the_text_back(page, fake):
    fake.order("limit", seconds=7260)
    fake.behave(limit_text="duration")
    page.goto(fake.origin)
    enter(page, "Hello")
    page.locator(SEND).click()
    expect(page.get_by_test_id("rate-limit-banner")).to_contain_text("2 hours 1 minutes")
    expect(page.locator("#prompt-textarea")).to_have_text("Hello")
    assert page.url == f"{fake.origin}/"
    page.reload()
    expect(page.get_by_test_id("rate-limit-banner")).to_contain_text("hit your limit")


def test_two_answers_and_half_an_answer_are_offered(page, fake):
    for kind, button in (("two_answers", "I prefer this response"), ("continue_generating", "Continue generating")):
        fake.order(kind)
        page.goto(fake.origin)
        enter(page, "Hello")
        page.locator(SEND).click()
        page.get_by_role("button", name=button).first.click()
    expect(page.locator("[data-message-author-role=assistant]")).to_contain_text("END")
    assert fake.account.actions == ["prefer", "continue"]


def test_failure_after_sending_shows_an_error_and_the_chat_has_the_message(page, fake):
    fake.order("lost_answer")
    page.goto(fake.origin)
    enter(page, "Hello")
    page.locator(SEND).click()
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong")
    assert fake.account.count_sent() == {"Hello": 1}


def test_signed_out_and_challenge_are_pages_of_their_own(page, fake):
    for state, mark in (("landing", "login-button"), ("expired", "modal-session-expired")):
        fake.behave(signed_in=state)
        page.goto(fake.origin)
        expect(page.get_by_test_id(mark)).to_be_visible()
        expect(page.get_by_test_id("accounts-profile-button")).to_have_count(0)
    fake.behave(challenge=True)
    response = page.goto(fake.origin)
    assert response is not None
    assert (response.status, response.headers["cf-mitigated"]) == (403, "challenge")
    expect(page).to_have_title("Just a moment...")


def test_unknown_layout_has_no_known_part_and_a_missing_part_is_alone(page, fake):
    known = ("#prompt-textarea", "[data-testid]", "[role=textbox]", "[aria-label]", "form", "article", ".ProseMirror")
    fake.behave(layout="unknown")
    page.goto(fake.origin)
    expect(page.locator("[contenteditable]")).to_be_visible()
    assert [selector for selector in known if page.locator(selector).count()] == []
    fake.behave(layout="2026", missing=["send"])
    page.goto(fake.origin)
    enter(page, "Hello")
    expect(page.locator("span.k3")).to_be_visible()
    assert page.locator(SEND).count() == 0
