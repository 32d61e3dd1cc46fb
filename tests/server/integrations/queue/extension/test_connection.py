"""Handshakes: who may connect, in which dialect, and when a connection has to end."""

import asyncio
import json
import logging
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.access.origins import SECTION, OriginSettings
from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.states import State

ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
OTHER = "chrome-extension://ponmlkjihgfedcbaponmlkjihgfedcba"
PAGE = "https://chatgpt.example"


async def refuse(bridge, query="", **options):
    """Open a socket that is refused, and return the status and the sentence."""
    with pytest.raises(InvalidStatus) as refused:
        async with bridge.connect(query, **options):
            pass
    response = refused.value.response
    return response.status_code, json.loads(response.body)["detail"]


@asynccontextmanager
async def paired(bridge):
    """Pair an extension; it has a key and an origin that may connect."""
    client_id, key = await bridge.state.context.paired_clients.pair("Chromium", "extension", ORIGIN)
    await bridge.extensions.registry.add(client_id, "Laptop", "Chromium", ORIGIN)
    try:
        yield key
    finally:
        await bridge.extensions.remove(client_id)


async def test_without_hello_the_protocol_is_that_of_the_seed(bridge):
    async with bridge.seed() as peer:
        prompt = await bridge.submit("Hi", response_type="thinking", thinking_time="extended")
        assert await peer.receive() == {
            "type": "new_request",
            "request_id": prompt.id,
            "message": "Hi",
            "response_type": "thinking",
            "thinking_time": "extended",
            "chat_id": None,
            "chat_db_id": prompt.chat.id,
        }
        await peer.send(type="status_update", request_id=prompt.id, status="executing")
        await bridge.until(prompt.id, State.executing)
        await peer.send(type="response", request_id=prompt.id, response="Yes", chat_id="abc", chat_title="Greetings")
        done = await bridge.until(prompt.id, State.done)
        assert (done.response, done.chat.chat_id, done.chat.title) == ("Yes", "abc", "Greetings")
        following = await bridge.submit("And?", chat_id="abc")
        assert (await peer.receive())["chat_id"] == "abc"  # nothing else was sent
        await peer.send(type="error", request_id=following.id, error="It broke.")
        assert (await bridge.until(following.id, State.failed)).error_message == "It broke."


async def test_seed_extension_that_only_answers_is_understood(bridge):
    async with bridge.seed() as peer:
        prompt = await bridge.submit()
        await peer.receive()
        await peer.send(type="response", request_id=prompt.id, response="Yes", chat_id="abc")
        assert (await bridge.until(prompt.id, State.done)).response == "Yes"


async def test_seed_connection_is_the_lease(bridge):
    async with bridge.seed() as peer:
        prompt = await bridge.submit()
        await peer.receive()
        await peer.send(type="status_update", request_id=prompt.id, status="executing")
        await bridge.until(prompt.id, State.executing)
    await bridge.until(prompt.id, State.uncertain)
    async with bridge.seed() as peer:
        await peer.send(type="response", request_id=prompt.id, response="Late", chat_id="abc")
        other = await bridge.submit()
        assert (await peer.receive())["request_id"] == other.id
        assert await bridge.read_state(prompt.id) is State.uncertain


async def test_unknown_messages_of_a_seed_extension_are_ignored(bridge):
    async with bridge.seed() as peer:
        for text in ("{", '{"type": "mood"}', '{"type": "status_update", "request_id": "x", "status": "thinking"}'):
            await peer.socket.send(text)
        prompt = await bridge.submit()
        assert (await peer.receive())["request_id"] == prompt.id


async def test_seed_extension_is_sent_nothing_that_its_protocol_does_not_have(bridge):
    async with bridge.seed() as peer:
        prompt = await bridge.submit()
        await peer.receive()
        await peer.send(type="ping")
        await bridge.queue.cancel(prompt.id)
        following = await bridge.submit()
        assert (await peer.receive())["request_id"] == following.id


async def test_hello_on_a_connection_with_a_key_is_our_dialect(bridge):
    async with bridge.connect(additional_headers={"X-API-Key": bridge.key}) as peer:
        await peer.send(type="hello", protocol=1, version="1.0.0")
        assert (await peer.receive())["type"] == "hello"
        await bridge.submit()
        assert (await peer.take())["token"] >= 1


async def test_unpaired_extension_is_refused(bridge):
    status, detail = await refuse(bridge, origin=OTHER)
    assert status == 403
    assert "web page" in detail


async def test_extension_of_another_origin_is_refused_though_the_person_listed_it(bridge):
    async with paired(bridge):
        before = bridge.state.context.settings.read(SECTION, OriginSettings)
        await bridge.state.context.settings.write(SECTION, OriginSettings(allowed=[*before.allowed, PAGE, OTHER]))
        for origin in (PAGE, OTHER):
            status, detail = await refuse(bridge, origin=origin)
            assert (status, "not paired" in detail) == (403, True)
        await bridge.state.context.settings.write(SECTION, before)


async def test_own_origin_of_a_page_is_no_extension(bridge):
    assert (await refuse(bridge, origin=f"http://127.0.0.1:{bridge.port}"))[0] == 403


async def test_paired_extension_connects_with_its_origin(bridge):
    async with paired(bridge) as key, bridge.extension(key, ORIGIN) as peer:
        prompt = await bridge.submit()
        assert (await peer.take())["request_id"] == prompt.id
        assert bridge.extensions.hub.find(next(iter(bridge.extensions.hub)).worker.id).worker.origin == ORIGIN


async def test_key_of_a_client_without_the_scope_is_refused(bridge):
    _, key = await bridge.state.clients.create("reader", frozenset({"read:queue", "write:queue"}), {})
    async with bridge.connect() as peer:
        await peer.send(type="hello", protocol=1, key=key)
        assert (await peer.receive())["type"] == "error"
        assert await peer.read_close() == 4403
    assert (await refuse(bridge, f"?api_key={key}"))[0] == 403
    await bridge.state.clients.revoke("reader")


@pytest.mark.parametrize("key", ["", "dh_wrong", "é", "\n"])
async def test_unknown_key_closes_the_socket(bridge, key):
    async with bridge.connect() as peer:
        await peer.send(type="hello", protocol=1, key=key)
        assert (await peer.receive())["name"] == "key"
        assert await peer.read_close() == 4401


async def test_unknown_key_in_a_header_or_an_address_refuses_the_handshake(bridge):
    assert (await refuse(bridge, additional_headers={"X-API-Key": "dh_wrong"}))[0] == 401
    assert (await refuse(bridge, "?api_key=dh_wrong"))[0] == 401
    assert (await refuse(bridge, f"?api_key={bridge.key}&api_key={bridge.key}"))[0] == 403


async def test_socket_without_hello_is_closed_in_time(bridge, monkeypatch):
    monkeypatch.setattr(bridge.extensions, "limits", SocketLimits(hello_seconds=0.1))
    async with bridge.connect() as peer:
        assert await peer.read_close() == 4401
    async with bridge.connect() as peer:
        await peer.send(type="ping")
        assert await peer.read_close() == 4401


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "mood"}', '{"type": "hello", "protocol": 9, "key": ""}'])
async def test_first_message_that_is_no_hello_of_this_protocol_closes_the_socket(bridge, text):
    async with bridge.connect() as peer:
        await peer.socket.send(text)
        assert await peer.read_close() == 4400


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "203.0.113.7"}, {"Forwarded": "for=203.0.113.7"}, {"Origin": ORIGIN}], ids=" ".join
)
async def test_key_in_the_address_is_for_programs_on_this_computer_alone(bridge, headers):
    async with paired(bridge):
        origin = ORIGIN if "Origin" in headers else None
        rest = {name: value for name, value in headers.items() if name != "Origin"}
        status, detail = await refuse(bridge, f"?api_key={bridge.key}", additional_headers=rest, origin=origin)
        assert (status, "from this computer" in detail) == (403, True)


async def test_key_in_the_address_is_refused_through_a_tunnel(bridge):
    bridge.state.address.set_public_url("http://abc.tunnel.example")
    try:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(
                f"ws://abc.tunnel.example/ws/extension/?api_key={bridge.key}", host="127.0.0.1", port=bridge.port, proxy=None
            ):
                pass
        assert refused.value.response.status_code == 403
        assert b"from this computer" in refused.value.response.body
    finally:
        bridge.state.address.set_public_url(None)


async def test_key_in_the_address_is_not_logged(bridge, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("uvicorn.error").setLevel(logging.DEBUG)
    async with bridge.seed() as peer:
        prompt = await bridge.submit()
        await peer.receive()
    await bridge.until(prompt.id, State.idle)
    await refuse(bridge, "?api_key=dh_very-wrong")
    of_the_server = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    logged = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in of_the_server)
    assert "/ws/extension" in logged
    assert bridge.key not in logged
    assert "dh_very-wrong" not in logged


async def test_revoked_key_closes_its_sockets_at_once(bridge):
    _, key = await bridge.state.clients.create("old", frozenset({"extension"}), {}, "none")
    headers = {"X-API-Key": key}
    async with (
        bridge.extension(key, instance="a") as ours,
        bridge.connect(additional_headers=headers) as seed,
        bridge.extension() as other,
    ):
        await other.settle()
        await bridge.state.clients.revoke("old")
        async with asyncio.timeout(10):
            assert [await ours.read_close(), await seed.read_close()] == [4401, 4401]
        await other.settle()


async def test_key_that_loses_the_scope_closes_its_socket(bridge):
    from server.access.clients.registry import Change

    _, key = await bridge.state.clients.create("narrowed", frozenset({"extension", "read:queue"}), {}, "none")
    async with bridge.extension(key) as peer:
        await bridge.state.clients.change("narrowed", Change(scopes=frozenset({"read:queue"})))
        assert await peer.read_close() == 4401


async def test_later_connection_of_an_extension_replaces_the_earlier_one(bridge):
    async with bridge.extension() as earlier:
        prompt = await bridge.submit()
        request = await earlier.take()
        async with bridge.extension() as later:
            assert await earlier.read_close() == 4409
            again = await later.take()
            assert (again["request_id"], again["token"] > request["token"]) == (prompt.id, True)


async def test_connections_are_limited(bridge, monkeypatch):
    monkeypatch.setattr(bridge.extensions, "limits", SocketLimits(connections=1, unknown=1))
    async with bridge.connect():
        async with asyncio.timeout(60):
            while not bridge.extensions.hub.unknown.total():
                await asyncio.sleep(0.01)
        assert (await refuse(bridge))[0] == 503
        async with bridge.connect(additional_headers={"X-Forwarded-For": "203.0.113.7"}):
            assert (await refuse(bridge, additional_headers={"X-Forwarded-For": "203.0.113.7"}))[0] == 503
    async with bridge.extension():
        assert (await refuse(bridge))[0] == 503


async def test_connections_that_come_at_once_are_limited_too(bridge, monkeypatch):
    monkeypatch.setattr(bridge.extensions, "limits", SocketLimits(connections=2, unknown=3))
    async with AsyncExitStack() as stack:
        opening = [stack.enter_async_context(bridge.connect()) for _ in range(20)]
        outcomes = await asyncio.gather(*opening, return_exceptions=True)
        assert sum(isinstance(outcome, InvalidStatus) for outcome in outcomes) == 17
    await bridge.until_alone()
    async with AsyncExitStack() as stack:
        opening = [stack.enter_async_context(bridge.connect(f"?api_key={bridge.key}")) for _ in range(5)]
        opened = [peer for peer in await asyncio.gather(*opening, return_exceptions=True) if not isinstance(peer, InvalidStatus)]
        ends = {asyncio.create_task(peer.read_close()) for peer in opened}
        while len(ends) > 2:
            done, ends = await asyncio.wait(ends, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            assert {end.result() for end in done} == {1013}
        assert len(bridge.extensions.hub) == 2
        for end in ends:
            end.cancel()
