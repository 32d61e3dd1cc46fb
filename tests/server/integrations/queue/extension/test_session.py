"""The conversation with extensions in our dialect, over a real socket."""

import asyncio

import pytest

from server.integrations.queue.states import State


async def test_prompt_is_acknowledged_before_it_is_typed_and_its_answer_is_recorded(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit("What is a queue?", response_type="thinking", thinking_time="extended", model="gpt-6")
        request = await peer.take()
        assert request == {
            "type": "new_request",
            "request_id": prompt.id,
            "message": "What is a queue?",
            "response_type": "thinking",
            "thinking_time": "extended",
            "chat_id": None,
            "chat_db_id": prompt.chat.id,
            "token": request["token"],
            "model": "gpt-6",
            "project": None,
            "temporary": False,
            "attachments": [],
            "on_unavailable_mode": "default",
        }
        assert await bridge.read_state(prompt.id) is State.leased
        await peer.begin(request)
        assert await bridge.read_state(prompt.id) is State.executing
        acknowledged = await peer.answer(request, "A line.", chat_title="Queues", notes=["The page's default model was used."])
        assert acknowledged == {"type": "ack", "of": "response", "request_id": prompt.id}
        done = await bridge.queue.read(prompt.id)
        assert (done.state, done.response, done.chat.chat_id, done.chat.title) == (State.done, "A line.", "chat", "Queues")
        assert done.notes == ("The page's default model was used.",)


async def test_greeting_says_what_the_extension_needs(bridge):
    async with bridge.extension() as peer:
        assert peer.greeting["protocol"] == 1
        assert peer.greeting["heartbeat_seconds"] == 20
        assert peer.greeting["wanted_version"] == bridge.extensions.wanted_version


async def test_answer_is_acknowledged_again_when_it_is_sent_again(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        assert await peer.answer(request, "One") == await peer.answer(request, "One")
        assert (await bridge.queue.read(prompt.id)).response == "One"


async def test_answer_that_does_not_fit_is_refused_by_its_request(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        refused = await peer.answer(request, "One", chat_title="x" * 1_001)
        assert (refused["name"], refused["of"], refused["request_id"]) == ("invalid", "response", prompt.id)


async def test_long_answer_arrives_in_parts(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        parts = ["x" * 600_000, "y" * 600_000]
        for index, text in enumerate(parts):
            await peer.report(request, type="response_part", index=index, last=index == 1, text=text)
            assert (await peer.receive())["of"] == "response_part"
        await peer.answer(request, "")
        assert (await bridge.queue.read(prompt.id)).response == "".join(parts)


async def test_partial_text_can_be_read_while_the_prompt_is_executing(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        await peer.report(request, type="progress", offset=0, text="So far")
        await peer.settle()
        assert (await bridge.queue.read(prompt.id)).partial == "So far"
        await peer.report(request, type="progress", offset=100, text="gap")
        assert (await peer.receive())["name"] == "invalid"
        await peer.answer(request, "Done")


async def test_connection_lost_before_the_acknowledgement_leaves_the_prompt_idle_without_an_attempt(bridge):
    prompt, _ = await bridge.lose(begun=False)
    assert prompt.attempts == 0
    async with bridge.extension() as peer:
        request = await peer.take()
        assert request["request_id"] == prompt.id
        await peer.begin(request)
        await peer.answer(request, "Yes")


async def test_connection_lost_after_the_acknowledgement_makes_the_prompt_uncertain_and_not_resent(bridge):
    prompt, _ = await bridge.lose(begun=True)
    async with bridge.extension() as peer:
        await peer.settle()
        assert await bridge.read_state(prompt.id) is State.uncertain


async def test_extension_that_is_back_delivers_what_it_had(bridge):
    prompt, request = await bridge.lose(begun=True)
    async with bridge.extension() as peer:
        assert (await peer.answer(request, "Late"))["type"] == "ack"
        assert (await bridge.queue.read(prompt.id)).response == "Late"


async def test_extension_that_is_back_goes_on_with_what_it_had(bridge):
    prompt, request = await bridge.lose(begun=True)
    async with bridge.extension() as peer:
        await peer.begin(request)
        assert await bridge.read_state(prompt.id) is State.executing
        await peer.answer(request, "Late")


async def test_extension_that_is_back_gives_back_what_it_certainly_did_not_send(bridge):
    prompt, request = await bridge.lose(begun=True)
    async with bridge.extension() as peer:
        await peer.report(request, type="error", name="signed_out", error="Signed out.", sent=False)
        assert (await peer.receive())["of"] == "error"
        idle = await bridge.queue.read(prompt.id)
        assert (idle.state, idle.attempts) == (State.idle, 0)


@pytest.mark.parametrize("name", ["signed_out", "challenge", "unknown_layout", "two_answers"])
async def test_page_that_cannot_take_a_prompt_is_held_and_nothing_is_lost(bridge, name):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.report(request, type="error", name=name, error="The page is another one.", sent=False)
        assert (await peer.receive())["of"] == "error"
        idle = await bridge.queue.read(prompt.id)
        assert (idle.state, idle.attempts) == (State.idle, 0)
        (session,) = bridge.extensions.hub
        assert (session.worker.page.state, session.free) == (name, False)
        await peer.settle()
        await peer.send(type="page", state="ready")
        request = await peer.take()
        assert request["request_id"] == prompt.id
        await peer.begin(request)
        await peer.answer(request, "Yes")


async def test_failure_after_sending_ends_the_prompt_with_its_name(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        await peer.report(request, type="error", name="stopped", error="The answer was stopped.", sent=True)
        await peer.receive()
        failed = await bridge.queue.read(prompt.id)
        assert (failed.state, failed.error_name, failed.error_message) == (State.failed, "stopped", "The answer was stopped.")


async def test_limit_of_the_page_holds_the_queue_until_it_is_over(bridge):
    async with bridge.extension(instance="a") as limited, bridge.extension(instance="b") as other:
        await limited.send(type="page", state="limit", resets_at="9999-01-01T00:00:00Z")
        await limited.settle()
        until = (await bridge.queue.summarize()).limit_until
        assert until
        assert (until - bridge.state.context.clock.now()).days <= 8
        prompt = await bridge.submit()
        await other.settle()
        assert await bridge.read_state(prompt.id) is State.idle
        await bridge.queue.limit_until(None)
        request = await other.take()
        await other.begin(request)
        await other.answer(request, "Yes")


async def test_cancelled_prompt_is_taken_back_from_its_extension(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        await bridge.queue.cancel(prompt.id)
        assert await peer.receive() == {"type": "cancel", "request_id": prompt.id}
        assert (await peer.answer(request, "Too late"))["name"] == "stale"
        assert (await bridge.queue.read(prompt.id)).response is None


async def test_message_is_looked_for_before_it_is_sent_again(bridge):
    from server.integrations.queue.models import Decision

    async with bridge.extension() as peer:
        prompts = [await bridge.submit(f"Message {number}", chat_id=f"chat-{number}") for number in range(2)]
        for prompt in prompts:
            request = await peer.take()
            await peer.begin(request)
            peer.drop()
            await bridge.until(prompt.id, State.uncertain)
            break
    await bridge.queue.cancel(prompts[1].id)
    await bridge.queue.resolve(prompts[0].id, Decision.resend)
    async with bridge.extension() as peer:
        looked_for = await peer.receive()
        assert (looked_for["type"], looked_for["message"], looked_for["chat_id"]) == ("find", "Message 0", "chat-0")
        await peer.report(looked_for, type="found", state="not_sent")
        request = await peer.take()
        assert request["request_id"] == prompts[0].id
        assert (await peer.receive())["of"] == "found"
        await peer.begin(request)
        await peer.answer(request, "Yes")


async def test_answer_that_is_found_in_the_chat_is_recorded(bridge):
    from server.integrations.queue.models import Decision

    async with bridge.extension() as peer:
        prompt = await bridge.submit(chat_id="chat-0")
        await peer.begin(await peer.take())
        peer.drop()
        await bridge.until(prompt.id, State.uncertain)
    await bridge.queue.resolve(prompt.id, Decision.resend)
    async with bridge.extension() as peer:
        looked_for = await peer.receive()
        await peer.report(looked_for, type="found", state="answered", response="It was there.")
        assert (await peer.receive())["of"] == "found"
        assert (await bridge.queue.read(prompt.id)).response == "It was there."


async def test_silent_extension_loses_its_prompt(bridge, monkeypatch):
    from server.integrations.queue.extension.limits import SocketLimits

    monkeypatch.setattr(bridge.extensions, "limits", SocketLimits(heartbeat_seconds=0.1))
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        await peer.take()
        assert await peer.read_close() == 1001
        await bridge.until(prompt.id, State.idle)
        await bridge.queue.cancel(prompt.id)


async def test_heartbeat_keeps_the_lease_of_an_extension_that_is_heard_from(bridge, monkeypatch):
    from server.integrations.queue.extension.limits import SocketLimits

    await bridge.change_settings(lease_seconds=0.5)
    monkeypatch.setattr(bridge.extensions, "limits", SocketLimits(write_interval=0.05))
    try:
        async with bridge.extension() as peer:
            prompt = await bridge.submit()
            request = await peer.take()
            await peer.begin(request)
            first = (await bridge.queue.read(prompt.id)).expires_at
            async with asyncio.timeout(60):
                while (await bridge.queue.read(prompt.id)).expires_at == first:
                    await peer.settle()
            assert await bridge.read_state(prompt.id) is State.executing
            await peer.answer(request, "Yes")
    finally:
        await bridge.change_settings(lease_seconds=60)
