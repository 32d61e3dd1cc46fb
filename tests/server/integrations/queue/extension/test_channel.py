"""Peers that read nothing, send too much, or send what is no message."""

import asyncio
import base64
import os
import struct

import psutil

from server.integrations.queue.extension.limits import SocketLimits
from server.integrations.queue.states import State


async def shake_hands(bridge):
    """Open a socket byte by byte, and say hello."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bridge.port)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /ws/extension/ HTTP/1.1",
        f"Host: 127.0.0.1:{bridge.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"X-API-Key: {bridge.key}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def test_frame_of_a_gigabyte_ends_the_connection_before_it_is_read(bridge):
    before = psutil.Process().memory_info().rss
    reader, writer = await shake_hands(bridge)
    writer.write(struct.pack("!BBQ4s", 0x81, 0x80 | 127, 1 << 30, b"\0\0\0\0"))
    async with asyncio.timeout(60):
        end = await reader.read()
    assert struct.pack("!H", 1009) in end
    assert psutil.Process().memory_info().rss - before < 100_000_000
    writer.close()


async def test_peer_that_reads_nothing_is_closed_and_its_prompt_goes_to_another(bridge, monkeypatch):
    limits = SocketLimits(outgoing=8)
    monkeypatch.setattr(bridge.extensions, "limits", limits)
    async with bridge.extension(instance="deaf") as deaf:
        prompt = await bridge.submit("x" * 900_000)
        await deaf.take()
        deaf.socket.transport.pause_reading()
        (session,) = bridge.extensions.hub
        async with asyncio.timeout(60):
            while not session.closed:
                session.channel.send({"type": "self_test", "filler": "x" * 500_000})
                await asyncio.sleep(0)
        async with bridge.extension(instance="other") as other:
            assert (await other.take())["request_id"] == prompt.id
        deaf.drop()


async def test_messages_without_end_close_the_socket(bridge, monkeypatch):
    monkeypatch.setattr(bridge.extensions, "limits", SocketLimits(messages=1, burst=20))
    async with bridge.extension() as peer:
        for _ in range(30):
            await peer.send(type="page", state="ready")
        assert await peer.read_close() == 1008


async def test_binary_message_closes_the_socket(bridge):
    async with bridge.extension() as peer:
        await peer.socket.send(b"{}")
        assert await peer.read_close() == 4400


async def test_malformed_message_is_answered_by_name_and_ends_nothing(bridge):
    async with bridge.extension() as peer:
        for text in ("{", '{"type": "mood"}', '{"type": "response", "request_id": "x", "token": "1"}'):
            await peer.socket.send(text)
            answer = await peer.receive()
            assert (answer["type"], answer["name"]) == ("error", "invalid")
        prompt = await bridge.submit()
        await peer.take()
        assert await bridge.read_state(prompt.id) is State.leased
