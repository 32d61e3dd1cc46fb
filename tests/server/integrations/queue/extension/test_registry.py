import pytest

from server.core.errors import NotFound
from server.integrations.queue.extension.hub import Hub
from server.integrations.queue.extension.registry import Registry

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"


async def test_health_is_that_of_the_connection_and_remembered_afterwards(bridge):
    client_id, key = await bridge.state.context.paired_clients.pair("Chromium", "extension", ORIGIN)
    registry = bridge.extensions.registry
    await registry.add(client_id, "Laptop", "Chromium 155", ORIGIN)
    new = await registry.find(client_id)
    assert (new.connected, new.last_seen, new.page, new.self_test, new.version) == (False, None, None, None, "")
    async with bridge.extension(key, ORIGIN) as peer:
        await peer.send(type="page", state="signed_out", detail="Sign in to ChatGPT.")
        await peer.send(type="self_test", ok=False, missing=["send button"], layout="2026", language="de")
        await peer.settle()
        live = await registry.find(client_id)
        assert (live.connected, live.browser, live.version) == (True, "Chromium 156", "1.0.0")
        assert (live.page.state, live.self_test.missing) == ("signed_out", ["send button"])
    await bridge.until_alone()
    again = Registry(bridge.state.context, Hub())  # as after a restart
    await again.load()
    assert again.origins == {ORIGIN}
    (stored,) = await again.list()
    assert (stored.connected, stored.version, stored.page.detail) == (False, "1.0.0", "Sign in to ChatGPT.")
    assert stored.self_test.language == "de"
    assert stored.last_seen >= live.paired_at
    assert "find" in stored.capabilities
    await bridge.extensions.remove(client_id)
    assert (await again.list(), registry.origins) == ([], frozenset())


async def test_unknown_extension_is_not_found(bridge):
    for call in (bridge.extensions.registry.find, bridge.extensions.registry.remove):
        with pytest.raises(NotFound):
            await call("nothing")


async def test_program_with_a_key_is_no_paired_extension(bridge):
    async with bridge.extension():
        pass
    await bridge.until_alone()
    assert await bridge.extensions.registry.list() == []
