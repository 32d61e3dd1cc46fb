"""The browser ends the service worker at any moment and starts it again, and what it knows may be of an earlier text."""

from typing import Any

import pytest
from sqlalchemy import text

from server.integrations.queue.extension.channel import CloseCode, Closed
from server.integrations.queue.models import Decision
from server.integrations.queue.states import State


async def stop_worker(stage):
    """End it, as the browser does after a while."""
    popup = await stage.open_popup()
    session = await stage.context.new_cdp_session(popup)
    await session.send("ServiceWorker.enable")
    await session.send("ServiceWorker.stopAllWorkers")
    await popup.close()


async def submit_with_record(stage, message: str, /, *, looked_for: bool, **record: Any):
    """Submit a prompt of which the extension knows something already."""
    queue = stage.bridge.queue
    await queue.pause()
    prompt = await stage.submit(message)
    known = {"request_id": prompt.id, "token": 0, "phase": "sent", "skip": 0, "at": 0, **record}
    await stage.worker.evaluate("(known) => chrome.storage.local.set({records: {[known.request_id]: known}})", known)
    change = text("UPDATE queue_prompt SET find_first = :wanted WHERE id = :id")
    await queue.context.database.write(
        lambda connection: connection.execute(change, {"wanted": looked_for, "id": prompt.id}) and None
    )
    await queue.resume()
    return prompt


async def test_answer_is_taken_by_the_next_worker(ready):
    ready.fake.behave(piece_ms=300)
    prompt = await ready.submit("Worker ends")
    await ready.wait(lambda: ready.count_sent("Worker ends"))
    await stop_worker(ready)
    await ready.wait_for(prompt, State.uncertain)
    ready.fake.behave(piece_ms=5)
    done = await ready.finish(prompt)
    assert (done.state, ready.count_sent("Worker ends")) == (State.done, 1)


async def test_job_that_ended_badly_while_the_next_worker_was_paused_is_looked_for(ready):
    ready.fake.order("lost_answer")
    prompt = await ready.submit("Ends while paused")
    await ready.wait(lambda: ready.count_sent("Ends while paused"))
    await ready.act("pause")
    await stop_worker(ready)
    page = ready.find_page()
    await page.evaluate("setInterval(() => (document.body.dataset.seen = Date.now()), 100)")  # a page of ChatGPT never rests
    await page.locator("deskhand-banner").wait_for(state="detached", timeout=60_000)
    await ready.act("resume")
    done = await ready.finish(prompt)
    assert (done.state, ready.count_sent("Ends while paused")) == (State.done, 1)
    assert (await ready.finish(await ready.submit("The next one"))).state is State.done


async def test_answer_to_the_text_before_an_edit_is_not_that_to_the_new_one(ready):
    ready.fake.behave(piece_ms=400)
    prompt = await ready.submit("Old text")
    await ready.wait(lambda: ready.count_sent("Old text"))
    for session in ready.bridge.extensions.hub:
        session.channel.close(Closed(CloseCode.going_away, "test", "The connection is lost."))
    await ready.wait_for(prompt, State.uncertain)
    await ready.bridge.queue.resolve(prompt.id, Decision.resend)
    await ready.bridge.queue.edit(prompt.id, "New text")
    ready.fake.behave(piece_ms=5)
    assert (await ready.finish(prompt)).state is State.done
    assert (ready.count_sent("Old text"), ready.count_sent("New text")) == (1, 1)


@pytest.mark.parametrize("looked_for", [True, False])
async def test_record_of_another_text_says_nothing_of_a_prompt(ready, looked_for):
    before = await ready.finish(await ready.submit(f"Before {looked_for}"))
    outcome = None if looked_for else {"result": {"text": "Its answer"}}
    record = {"message": before.message, "chat_id": before.chat.chat_id, "outcome": outcome}
    prompt = await submit_with_record(ready, f"Afterwards {looked_for}", looked_for=looked_for, **record)
    assert (await ready.finish(prompt)).response not in {before.response, "Its answer"}
    assert ready.count_sent(prompt.message) == 1


async def test_chat_that_asks_for_a_choice_is_looked_into_later(ready):
    body = "<!doctype html><html lang=en><title>ChatGPT</title><form><div id=prompt-textarea contenteditable=true>x</div></form>"
    choice = f"{body}<div data-paragen-root=true>Which response do you prefer?</div>"
    await ready.context.route("**/c/choice", lambda route: route.fulfill(body=choice, content_type="text/html"))
    prompt = await submit_with_record(ready, "Chosen later", looked_for=True, message="Chosen later", chat_id="choice")
    await ready.wait_for_page("two_answers")
    await ready.wait_for(prompt, State.idle)
    assert ready.count_sent("Chosen later") == 0
    await ready.bridge.queue.cancel(prompt.id)
    await ready.find_page().close()
    await ready.wait_for_page("ready")
