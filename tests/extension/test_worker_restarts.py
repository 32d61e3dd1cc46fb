"""The browser ends the service worker at any moment and starts it again, and what it knows may be of an earlier text."""

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
