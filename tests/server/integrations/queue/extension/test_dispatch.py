"""Which extension gets which prompt, and when."""

import asyncio
import threading
from contextlib import AsyncExitStack

from starlette.websockets import WebSocket

from server.integrations.queue.models import PromptFile, PromptOrder
from server.integrations.queue.states import State
from tests.server.integrations.queue.extension.bridge import CLIENT, SECONDS


async def test_extensions_share_the_prompts(bridge):
    async with AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(bridge.extension(instance=str(number))) for number in range(3)]
        prompts = [await bridge.submit(f"Prompt {number}") for number in range(3)]
        requests = [await peer.take() for peer in peers]
        assert {request["request_id"] for request in requests} == {prompt.id for prompt in prompts}


async def test_least_recently_used_extension_is_next(bridge):
    async with bridge.extension(instance="a") as first, bridge.extension(instance="b") as second:
        for peer in (first, second, first, second):
            await bridge.submit()
            request = await peer.take()
            await peer.begin(request)
            await peer.answer(request, "Yes")


async def test_dropped_extension_moves_its_own_prompts_alone(bridge):
    async with bridge.extension(instance="a") as first, bridge.extension(instance="b") as second:
        own, other = await bridge.submit("One"), await bridge.submit("Two")
        await first.take()
        request = await second.take()
        await second.begin(request)
        first.drop()
        await bridge.until(own.id, State.idle)
        assert await bridge.read_state(other.id) is State.executing
        await second.answer(request, "Yes")
        assert (await second.take())["request_id"] == own.id


async def test_prompts_of_a_chat_are_sent_one_after_another_in_their_order(bridge):
    async with bridge.extension(instance="a") as first, bridge.extension(instance="b") as second:
        prompts = [await bridge.submit(f"Prompt {number}", chat_id="chat") for number in range(3)]
        request = await first.take()
        assert request["request_id"] == prompts[0].id
        await second.settle()
        await first.begin(request)
        await first.answer(request, "Yes")
        assert (await second.take())["request_id"] == prompts[1].id
        await first.settle()


async def test_pause_between_two_prompts_ends_by_itself(bridge):
    await bridge.change_settings(pause_seconds=0.4)
    try:
        async with bridge.extension(instance="a") as first, bridge.extension(instance="b") as second:
            for number in range(2):
                await bridge.submit(f"Prompt {number}")
            begun = asyncio.get_running_loop().time()
            await first.take()
            await second.settle()
            await second.take()
            assert asyncio.get_running_loop().time() - begun >= 0.3
    finally:
        await bridge.change_settings(pause_seconds=0)


async def test_paused_queue_sends_nothing_until_it_is_resumed(bridge):
    async with bridge.extension() as peer:
        await bridge.queue.pause()
        prompt = await bridge.submit()
        await peer.settle()
        await bridge.queue.resume()
        assert (await peer.take())["request_id"] == prompt.id


async def test_nothing_is_sent_while_the_person_has_paused_everything(bridge):
    await bridge.state.pause.begin(None)
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        await peer.settle()
        assert await bridge.read_state(prompt.id) is State.idle
        await bridge.state.pause.end()
        assert (await peer.take())["request_id"] == prompt.id


async def test_prompts_of_a_client_that_is_not_allowed_are_sent_to_nobody(bridge):
    from server.integrations.queue.models import ClientRef, PromptOrder

    async with bridge.extension() as peer:
        prompt = await bridge.queue.submit(ClientRef("stranger", "stranger"), PromptOrder(message="Hi"))
        await peer.settle()
        assert await bridge.read_state(prompt.id) is State.idle
        await bridge.queue.set_approval("stranger", approved=True)
        assert (await peer.take())["request_id"] == prompt.id


async def test_prompt_that_is_given_to_a_connection_which_has_just_ended_is_released(bridge):
    async with bridge.extension() as peer:
        (session,) = bridge.extensions.hub
        session.worker.held_until = float("inf")  # so that the dispatcher leaves it to this test
        prompt = await bridge.submit()
        lease = await bridge.queue.claim(session.worker.id)
        session.closed = True
        await bridge.extensions.dispatcher._give(session, lease)
        assert await bridge.read_state(prompt.id) is State.idle
        await peer.settle()


async def test_free_extension_gets_one_prompt_however_many_are_submitted_at_once(bridge):
    async with bridge.extension() as peer:
        for _ in range(3):  # also while the dispatcher claims for it because of what came before
            await asyncio.gather(*(bridge.submit() for _ in range(4)))
        await peer.take()
        await peer.settle()
        assert len(await bridge.queue.list_held()) == 1


async def serve_one(bridge, peer) -> None:
    """Submit and answer a prompt, and wait until the dispatcher rests and knows that the extension is free."""
    await bridge.submit()
    request = await peer.take()
    await peer.begin(request)
    await peer.answer(request, "Yes")
    dispatcher, (session,) = bridge.extensions.dispatcher, bridge.extensions.hub
    async with asyncio.timeout(SECONDS):
        while not session.free or dispatcher._wake.is_set() or dispatcher._claiming:
            await asyncio.sleep(0)


async def test_extension_for_which_a_claim_is_made_is_not_free(bridge):
    async with bridge.extension() as peer:
        await serve_one(bridge, peer)
        stored, dispatcher = threading.Event(), bridge.extensions.dispatcher
        writing = bridge.queue.context.database.submit(lambda _: stored.wait(SECONDS))  # nothing else is stored meanwhile
        both = asyncio.gather(*(bridge.queue.submit(CLIENT, PromptOrder(message="Hello")) for _ in range(2)))
        await asyncio.sleep(0)
        assert dispatcher._claims_along
        dispatcher.wake()
        while dispatcher._wake.is_set():
            await asyncio.sleep(0)
        stored.set()
        await asyncio.gather(both, writing)
        await peer.take()
        await peer.settle()
        assert len(await bridge.queue.list_held()) == 1


async def test_free_extension_is_sent_a_prompt_before_its_client_has_the_answer(bridge, monkeypatch):
    sent = []
    send_text = WebSocket.send_text

    async def record(self: WebSocket, text: str) -> None:
        await send_text(self, text)
        sent.append(text)

    async with bridge.extension() as peer:
        await serve_one(bridge, peer)
        monkeypatch.setattr(WebSocket, "send_text", record)
        prompt = await bridge.queue.submit(CLIENT, PromptOrder(message="Hello"))
        assert [prompt.id in text for text in sent] == [True]
        await peer.take()
        await peer.settle()


async def test_prompt_that_is_leased_for_a_connection_which_ends_meanwhile_is_released(bridge):
    async with bridge.extension() as peer:
        (session,) = bridge.extensions.hub
        session.worker.held_until = float("inf")
        prompt = await bridge.submit()
        session.worker.held_until = 0.0
        bridge.queue.on_submit()
        session.closed = True
        async with asyncio.timeout(SECONDS):
            while not (current := await bridge.queue.read(prompt.id)).token or current.state is not State.idle:
                await asyncio.sleep(0)
        await peer.settle()


async def test_prompt_that_only_a_held_extension_can_take_is_waited_for_in_peace(bridge):
    file = PromptFile("a.txt", "text/plain", b"abc")
    async with bridge.extension(instance="a") as held, bridge.extension(instance="b", capabilities=()) as free:
        await held.send(type="page", state="signed_out")
        await held.settle()
        prompt = await bridge.submit(attachments=(file,))
        await free.settle()
        assert await bridge.extensions.dispatcher._find_delay() is None
        await held.send(type="page", state="ready")
        assert (await held.take())["request_id"] == prompt.id


async def test_lease_of_a_silent_extension_ends(bridge):
    await bridge.change_settings(lease_seconds=0.2)
    try:
        async with bridge.extension() as peer:
            prompt = await bridge.submit()
            request = await peer.take()
            await peer.begin(request)
            await bridge.until(prompt.id, State.uncertain)
    finally:
        await bridge.change_settings(lease_seconds=60)


async def test_seed_connection_keeps_its_lease_without_a_word(bridge):
    from server.integrations.queue.extension.limits import SocketLimits

    async with bridge.seed() as peer:
        prompt = await bridge.submit()
        await peer.receive()
        (session,) = bridge.extensions.hub
        session._limits = SocketLimits(write_interval=0)
        first = (await bridge.queue.read(prompt.id)).expires_at
        await bridge.extensions.dispatcher.check_leases()
        assert (await bridge.queue.read(prompt.id)).expires_at > first
