"""The real extension: prompts of the real queue, which it sends in a tab of its own."""

import re
from datetime import UTC, datetime, timedelta

from server.integrations.queue.extension.channel import CloseCode, Closed
from server.integrations.queue.extension_files import read_manifest
from server.integrations.queue.fake.replies import RICH
from server.integrations.queue.models import Decision, UnavailableMode
from server.integrations.queue.states import State

LONG = "\n".join([f"Line {n}: “quotes”, <tags>, 😀 and\ttabs" if n % 7 else "" for n in range(1, 1500)])


async def test_new_chat_gets_its_answer_as_markdown_with_id_title_and_citations(ready):
    done = await ready.finish(await ready.submit("Show me all of markdown"))
    (chat,) = [chat for chat in ready.fake.account.chats.values() if chat.title == "Show me all of markdown"]
    picture = f"{ready.fake.origin}/backend-api/estuary/content?id=file_0001"
    expected = RICH.replace("[[cite:Example|", "[Example](").replace("chatgpt.com]]", "chatgpt.com)")
    assert done.response == expected.replace("/backend-api/estuary/content?id=file_0001", picture)
    assert (done.state, done.chat.chat_id, done.chat.title) == (State.done, chat.chat_id, chat.title)
    assert done.answers[-1].citations[0]["url"] == "https://example.com/queues?utm_source=chatgpt.com"
    assert (done.notes, done.answers[-1].model) == ((), "gpt-6")


async def test_response_type_and_thinking_time_are_chosen_in_the_menus(ready):
    ready.fake.behave(covered_pill=True)
    await ready.finish(await ready.submit("Think hard", response_type="thinking", thinking_time="extended"))
    await ready.finish(await ready.submit("Be quick", response_type="instant"))
    chosen = [(sent.mode, sent.effort) for sent in ready.fake.account.sent[-2:]]
    assert chosen == [("thinking", "extended"), ("instant", "standard")]


async def test_result_says_what_the_page_does_not_offer(ready):
    ready.fake.behave(modes=("auto",))
    done = await ready.finish(await ready.submit("Think", response_type="thinking"))
    assert done.notes == ("response_type=thinking is not offered by the page; its default was used.",)


async def test_mode_that_is_not_offered_fails_if_the_person_wants_that(ready):
    ready.fake.behave(modes=("auto",))
    await ready.bridge.change_settings(on_unavailable_mode=UnavailableMode.fail, most_attempts=1)
    prompt = await ready.submit("Think or fail", response_type="thinking")
    done = await ready.finish(prompt)
    await ready.bridge.change_settings(on_unavailable_mode=UnavailableMode.default, most_attempts=3)
    assert (done.state, done.error_name, ready.count_sent("Think or fail")) == (State.failed, "mode_unavailable", 0)


async def test_project_and_temporary_chat_are_opened(ready):
    await ready.finish(await ready.submit("In a project", project="g-p-1"))
    temporary = await ready.finish(await ready.submit("Forget this", temporary=True))
    project, forgotten = ready.fake.account.sent[-2:]
    assert (project.project, forgotten.temporary) == ("g-p-1", True)
    assert temporary.chat.chat_id is None


async def test_answer_is_read_to_its_end(ready):
    """The last text comes after the stop button is gone and the copy button is there, and the model may pause before it."""
    chat = ready.fake.account.add_chat("Earlier", [("user", "Earlier"), ("assistant", "Yes.")])
    ready.fake.behave(early_copy=True, lag_ms=1069, piece_ms=3500, piece_size=1000)
    done = await ready.finish(await ready.submit("Take your time, please", chat_id=chat.chat_id))
    assert done.response.startswith("You wrote: Take your time, please") and done.response.endswith("END")


async def test_long_text_arrives_exactly(ready):
    ready.fake.site.replies.known[LONG] = "Read. END"
    done = await ready.finish(await ready.submit(LONG))
    assert ready.fake.account.sent[-1].message == LONG
    assert (done.response, done.notes) == ("Read. END", ())


async def test_text_that_the_editor_cuts_is_not_sent(ready):
    ready.fake.behave(paste_limit=100)
    before = len(ready.fake.account.sent)
    prompt = await ready.submit("x\n" * 400)
    await ready.wait(lambda: failure_of(ready, prompt))
    assert len(ready.fake.account.sent) == before


async def failure_of(ready, prompt):
    return any(entry.reason for entry in (await ready.read(prompt)).history)


async def test_signed_out_page_is_held_by_name_and_goes_on_by_itself(ready):
    ready.fake.behave(signed_in="landing")
    prompt = await ready.submit("Sign in first")
    await ready.wait_for_page("signed_out")
    await ready.wait_for(prompt, State.idle)
    assert (ready.count_sent("Sign in first"), ready.fake.account.actions.count("sign_in")) == (0, 0)
    ready.fake.behave(signed_in="yes")
    await ready.find_page().reload()  # the person has signed in
    await ready.finish(prompt)
    assert ready.count_sent("Sign in first") == 1


async def test_challenge_is_held_and_never_answered(ready):
    ready.fake.behave(challenge=True)
    prompt = await ready.submit("Are you a robot")
    await ready.wait_for_page("challenge")
    assert "challenge" not in ready.fake.account.actions
    ready.fake.behave(challenge=False)
    await ready.find_page().reload()
    await ready.finish(prompt)
    assert ready.count_sent("Are you a robot") == 1


async def test_limit_holds_the_queue_until_its_reset(ready):
    ready.fake.order("limit", seconds=7200)
    prompt = await ready.submit("One too many")
    page = await ready.wait_for_page("limit")
    assert timedelta(minutes=115) < datetime.fromisoformat(page["resets_at"]) - datetime.now(UTC) < timedelta(minutes=125)
    await ready.wait_for(prompt, State.idle)
    assert (await ready.bridge.queue.summarize()).limit_until is not None
    assert await ready.find_page().inner_text("#prompt-textarea") in {"", "\n"}, "the message was left in the editor"
    ready.fake.behave(limit_until=0)
    await ready.find_page().reload()
    await ready.bridge.queue.limit_until(None)
    await ready.finish(prompt)
    assert ready.count_sent("One too many") == 1


async def test_limit_without_a_time_is_looked_at_again_after_an_hour(ready):
    await ready.finish(await ready.submit("Before the limit"))
    notice = "document.body.insertAdjacentHTML('beforeend', '<div role=alert>You\\'ve hit your limit. Try again later.</div>')"
    await ready.find_page().evaluate(notice)
    assert (await ready.wait_for_page("limit"))["resets_at"] is None
    await ready.worker.evaluate(
        "() => { const before = performance.now.bind(performance); performance.now = () => before() + 3_700_000 }"
    )
    await ready.wait_for_page("ready")


async def test_page_is_looked_at_although_the_clock_was_set_back(ready):
    await ready.finish(await ready.submit("Before the clock"))
    await ready.worker.evaluate("() => { const now = Date.now() - 86_400_000; Date.now = () => now }")
    try:
        ready.fake.behave(signed_in="landing")
        await ready.find_page().reload()
        await ready.wait_for_page("signed_out")
    finally:
        await ready.worker.evaluate("() => { Date.now = () => new Date().getTime() }")


async def test_choice_of_two_answers_is_shown_and_left_to_the_person(ready):
    ready.fake.order("two_answers")
    prompt = await ready.submit("Choose")
    await ready.wait_for_page("two_answers")
    assert (await ready.read(prompt)).state is State.executing
    assert "prefer" not in ready.fake.account.actions
    page = ready.find_page()
    buttons = page.get_by_role("button", name="I prefer this response")
    await buttons.evaluate_all("(buttons) => buttons.forEach((button) => button.remove())")  # they have chosen
    assert (await ready.finish(prompt)).state is State.done


async def test_answer_goes_on_when_the_person_continues_it(ready):
    ready.fake.order("continue_generating")
    prompt = await ready.submit("A long story")
    await ready.wait_for_page("continue_generating")
    await ready.find_page().get_by_role("button", name="Continue generating").click()
    assert (await ready.finish(prompt)).response.endswith("END")


async def test_message_that_was_sent_although_the_page_says_it_failed_is_found(ready):
    ready.fake.order("lost_answer")
    done = await ready.finish(await ready.submit("Lost on the way"))
    assert (done.state, ready.count_sent("Lost on the way")) == (State.done, 1)
    assert done.response.endswith("END")


async def test_message_that_the_page_refused_is_sent_again(ready):
    ready.fake.order("error")
    done = await ready.finish(await ready.submit("Refused once"))
    assert (done.state, ready.count_sent("Refused once")) == (State.done, 1)


async def test_lost_connection_ends_with_one_answer_and_nothing_is_sent_again(ready):
    ready.fake.behave(piece_ms=400)
    prompt = await ready.submit("Slow answer")
    await ready.wait(lambda: ready.count_sent("Slow answer"))
    for session in ready.bridge.extensions.hub:
        session.channel.close(Closed(CloseCode.going_away, "test", "The connection is lost."))
    ready.fake.behave(piece_ms=5)
    assert (await ready.finish(prompt)).state is State.done
    assert ready.count_sent("Slow answer") == 1


async def test_answer_of_what_still_runs_counts_although_the_person_had_it_sent_again(ready):
    ready.fake.behave(piece_ms=400)
    prompt = await ready.submit("Still running", temporary=True)  # no chat in which it could be found
    await ready.wait(lambda: ready.count_sent("Still running"))
    for session in ready.bridge.extensions.hub:
        session.channel.close(Closed(CloseCode.going_away, "test", "The connection is lost."))
    await ready.wait_for(prompt, State.uncertain)
    await ready.bridge.queue.resolve(prompt.id, Decision.resend)
    ready.fake.behave(piece_ms=5)
    assert (await ready.finish(prompt)).state is State.done
    assert ready.count_sent("Still running") == 1


async def test_outcome_that_deskhand_cannot_store_ends_as_a_failure_and_blocks_nothing(ready):
    ready.fake.behave(piece_ms=200)
    prompt = await ready.submit("In a chat without a proper id")
    await ready.wait(lambda: ready.count_sent("In a chat without a proper id"))
    page = ready.find_page()
    await page.wait_for_url(re.compile("/c/(?!WEB:)"))  # from then on the page leaves its address alone
    await page.evaluate("history.replaceState(null, '', `/c/${'a'.repeat(300)}`)")
    ready.fake.behave(piece_ms=5)
    done = await ready.finish(prompt)
    assert (done.state, done.error_name) == (State.failed, "refused")
    assert "chat_id" in done.error_message
    assert (await ready.finish(await ready.submit("The one behind it"))).state is State.done


BROKEN = """<!doctype html><html lang=en><title>ChatGPT</title>
<form><div id=prompt-textarea contenteditable=true>Ask anything</div></form><p role=alert>Something went wrong.</p>"""


async def test_chat_that_does_not_load_fails_alone(ready):
    await ready.context.route("**/c/broken", lambda route: route.fulfill(body=BROKEN, content_type="text/html"))
    prompt = await ready.submit("To a broken chat", chat_id="broken")
    failed = await ready.finish(prompt)
    assert (failed.state, failed.error_name) == (State.failed, "chat_not_found")
    assert (await ready.finish(await ready.submit("Behind the broken chat"))).state is State.done


async def test_closed_tab_is_opened_again_and_the_answer_found(ready):
    ready.fake.behave(piece_ms=200)
    prompt = await ready.submit("Closed while answering")
    await ready.wait(lambda: ready.count_sent("Closed while answering"))
    await ready.find_page().close()
    done = await ready.finish(prompt)
    assert (done.state, ready.count_sent("Closed while answering")) == (State.done, 1)
    assert done.response.endswith("END")


async def test_prompt_that_is_cancelled_before_it_is_typed_is_not_sent(ready):
    ready.fake.behave(load_ms=0)
    prompt = await ready.submit("Never mind")
    await ready.bridge.queue.cancel(prompt.id)
    done = await ready.finish(await ready.submit("After the cancelled one"))
    assert (done.state, ready.count_sent("Never mind")) == (State.done, 0)


async def test_work_tab_is_never_the_active_one(ready):
    await ready.finish(await ready.submit("In the background"))
    tab = await ready.read_work_tab()
    assert (tab["active"], tab["autoDiscardable"], tab["mutedInfo"]["muted"]) == (False, False, True)
    page = ready.find_page()
    assert await page.evaluate("typeof chrome === 'undefined' || !chrome.runtime?.sendMessage"), "the page reaches the extension"
    await page.bring_to_front()  # the person looks at it, and keeps it
    await ready.finish(await ready.submit("While they look"))
    assert (await ready.read_work_tab())["id"] != tab["id"]
    assert (await ready.read_work_tab())["active"] is False
    assert await page.locator("deskhand-banner").count() == 0


async def test_tab_in_which_the_person_went_elsewhere_is_theirs(ready):
    await ready.finish(await ready.submit("before they took it"))
    page, tab = ready.find_page(), await ready.read_work_tab()
    await page.bring_to_front()
    seen = "chrome.storage.session.get('seen_tab').then((stored) => stored.seen_tab ?? null)"
    await ready.wait(lambda: ready.worker.evaluate(seen))
    await page.goto("about:blank")
    await ready.person.bring_to_front()
    assert (await ready.finish(await ready.submit("after they took it"))).state is State.done
    assert (page.url, page.is_closed()) == ("about:blank", False)
    assert (await ready.read_work_tab())["id"] != tab["id"]
    await page.close()


async def test_person_gets_the_tab_back_at_once_and_the_answer_is_found_later(ready):
    ready.fake.behave(piece_ms=300)
    prompt = await ready.submit("Give it back")
    await ready.wait(lambda: ready.count_sent("Give it back"))
    tab = await ready.read_work_tab()
    await ready.act("takeBack")
    assert await ready.read_work_tab() == {}
    assert await ready.find_page().locator("deskhand-banner").count() == 0
    await ready.wait_for_page("paused")
    assert (await ready.read(prompt)).state in {State.executing, State.uncertain}
    await ready.act("resume")
    done = await ready.finish(prompt)
    assert (done.state, ready.count_sent("Give it back")) == (State.done, 1)
    assert (await ready.read_work_tab())["id"] != tab["id"]


async def test_paused_extension_takes_nothing(ready):
    await ready.act("pause")
    await ready.wait_for_page("paused")
    prompt = await ready.submit("Wait for me")
    await ready.act("status")
    assert (await ready.read(prompt)).state is State.idle
    await ready.act("resume")
    assert (await ready.finish(prompt)).state is State.done


async def test_part_that_is_missing_is_named_and_the_message_is_not_sent(ready):
    ready.fake.behave(missing=("send",))
    prompt = await ready.submit("Where is the button")
    page = await ready.wait_for_page("unknown_layout")
    assert page["missing"] == ["send"]
    await ready.wait_for(prompt, State.idle)
    ready.fake.behave(missing=())
    (session,) = ready.bridge.extensions.hub
    session.channel.send({"type": "self_test"})
    assert (await ready.finish(prompt)).state is State.done
    assert ready.count_sent("Where is the button") == 1
    assert session.worker.self_test.ok


async def test_popup_shows_the_state_and_another_version(ready):
    popup = await ready.open_popup()
    await popup.get_by_text("Connected and ready").wait_for()
    assert await popup.locator("#version").inner_text() == read_manifest().version
    assert not await popup.locator("#skew").is_visible()
    await popup.close()
