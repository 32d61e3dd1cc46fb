import pytest

from server.core.errors import Conflict, NotAuthenticated, NotFound
from server.integrations.queue.extension.service import Extensions
from server.integrations.queue.models import ClientRef, PromptOrder
from server.integrations.queue.states import State

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


async def test_removed_extension_is_closed_and_its_key_and_origin_end(bridge):
    client_id, key = await bridge.state.context.paired_clients.pair("Chromium", "extension", ORIGIN)
    await bridge.extensions.registry.add(client_id, "Laptop", "Chromium", ORIGIN)
    async with bridge.extension(key, ORIGIN) as peer:
        await bridge.extensions.remove(client_id)
        assert await peer.read_close() == 4401
    assert bridge.extensions.origins() == frozenset()
    assert bridge.state.clients.find(key) is None
    with pytest.raises(NotFound):
        await bridge.extensions.remove(client_id)
    with pytest.raises(NotAuthenticated):
        await bridge.state.context.admit(key, "extension", None)


async def test_origin_of_two_extensions_stays_until_both_are_removed(bridge):
    pairs = [await bridge.state.context.paired_clients.pair("Chromium", "extension", ORIGIN) for _ in range(2)]
    for client_id, _ in pairs:
        await bridge.extensions.registry.add(client_id, "Laptop", "Chromium", ORIGIN)
    await bridge.extensions.remove(pairs[0][0])
    async with bridge.extension(pairs[1][1], ORIGIN) as peer:
        await peer.settle()
    await bridge.extensions.remove(pairs[1][0])


async def test_self_test_and_import_need_a_connected_extension(bridge):
    with pytest.raises(Conflict, match="not connected"):
        await bridge.extensions.start_self_test("nobody")
    with pytest.raises(Conflict, match="not connected"):
        await bridge.extensions.start_import("nobody", None, None)
    async with bridge.paired() as (peer, client_id):
        await bridge.extensions.start_self_test(client_id)
        assert await peer.receive() == {"type": "self_test"}
        await bridge.extensions.start_import(client_id, bridge.state.context.clock.now(), "28")
        assert (await peer.receive())["cursor"] == "28"


async def test_import_is_controlled_and_its_progress_is_known(bridge):
    with pytest.raises(Conflict):
        await bridge.extensions.control_import("nobody", "pause")
    async with bridge.extension() as peer:
        (session,) = bridge.extensions.hub
        for action in ("pause", "resume", "stop"):
            await bridge.extensions.control_import(session.worker.id, action)
            assert await peer.receive() == {"type": f"{action}_import"}
        await peer.send(type="import_progress", count=3, total=40, seconds_left=74, paused=True)
        await peer.send(type="none")  # is refused after what came before it was taken
        await peer.receive()
        history = session.worker.history
        assert (history.count, history.total, history.seconds_left, history.paused) == (3, 40, 74, True)
        await peer.send(type="import_progress", stopped=True)
        await peer.send(type="none")  # is refused after what came before it was taken
        await peer.receive()
        assert session.worker.history is None


async def test_leases_of_the_last_run_are_lost_at_the_start(bridge):
    prompts = [await bridge.queue.submit(ClientRef("restart", "restart"), PromptOrder(message="Hi")) for _ in range(2)]
    await bridge.queue.set_approval("restart", approved=True)
    leases = [await bridge.queue.claim("killed") for _ in prompts]
    await bridge.queue.acknowledge(leases[1].prompt.id, leases[1].token)
    async with Extensions(bridge.state.context, bridge.queue).running():
        states = {lease.prompt.id: await bridge.read_state(lease.prompt.id) for lease in leases}
    assert states == {leases[0].prompt.id: State.idle, leases[1].prompt.id: State.uncertain}
