import asyncio
import gzip
import json
import time
from typing import Any

import pytest

from server.core.errors import UpstreamFailed
from server.integrations.tools.adapter import http as module
from server.integrations.tools.adapter.session import open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Connection
from tests.server.integrations.tools.upstreams import ECHO, answer, answer_basics, connect_url, ignore_change, listen_http


async def send_endless_json(request, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" + b'{"jsonrpc": "2.0", "x": "')
    while True:
        writer.write(b"x" * 262_144)
        await writer.drain()


async def send_endless_event(request, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: ")
    while True:
        writer.write(b"x" * 262_144)
        await writer.drain()


async def send_endless_events(request, writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    event = b'data: {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}\n\n'
    while True:
        writer.write(event * 100)
        await writer.drain()


async def send_compressed(request, writer) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"content": []}}).encode()
    answer(writer, gzip.compress(body + b" " * 10_000_000), "200 OK", "Content-Encoding: gzip")


HOSTILE = [send_endless_json, send_endless_event, send_endless_events, send_compressed]


@pytest.mark.parametrize("respond_call", HOSTILE, ids=lambda respond: respond.__name__)
async def test_endless_or_compressed_answer_fails_its_call(respond_call) -> None:
    async def respond(head, request, writer) -> None:
        if head.startswith(("GET", "DELETE")):
            answer(writer, b"", "405 Method Not Allowed")
        elif not answer_basics(request, writer, [ECHO]):
            await respond_call(request, writer)

    async with listen_http(respond) as url, open_session(connect_url(url), UpstreamLog(), ignore_change) as session:
        await session.list_all()
        async with asyncio.timeout(30):
            with pytest.raises(UpstreamFailed):
                await session.call_tool("echo", {}, seconds=60)


async def test_event_of_more_than_a_megabyte_is_read() -> None:
    text = "x" * 3_000_000

    async def respond(head, request, writer) -> None:
        if head.startswith(("GET", "DELETE")):
            answer(writer, b"", "405 Method Not Allowed")
        elif not answer_basics(request, writer, [ECHO]):
            data = f'{{"jsonrpc": "2.0", "id": {request["id"]}, "result": {{"content": [{{"type": "text", "text": "{text}"}}]}}}}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            writer.write(f"event: message\ndata: {data}\n\n".encode())

    async with listen_http(respond) as url, open_session(connect_url(url), UpstreamLog(), ignore_change) as session:
        await session.list_all()
        assert (await session.call_tool("echo", {})).text == text


def test_client_asks_for_no_compression_and_keeps_its_secrets_out_of_its_description() -> None:
    connection = Connection(id="a", title="A", transport="http", url="https://host/?key=1", headers={"X-Key": "secret-value"})
    client = module.make_client(connection, module.Ending())
    assert client.headers["accept-encoding"] == "identity"
    assert "secret-value" not in repr(connection)
    assert "key=1" not in repr(connection)


INJECTION = "a\r\nX-Evil: 1"
REGION = {"type": "string", "x-mcp-header": "Region"}


def list_tool(name: str, **properties: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": {"type": "object", "properties": properties}}


async def test_names_and_arguments_of_tools_do_not_escape_from_their_headers() -> None:
    requests: list[str] = []
    tools = [
        list_tool(INJECTION, region=REGION),
        list_tool("token", region=REGION | {"x-mcp-header": INJECTION}),
        list_tool("twice", region=REGION, other=REGION),
        list_tool("nested", regions={"type": "array", "items": REGION}),
        list_tool("../../api/tools"),
    ]

    async def respond(head, request, writer) -> None:
        requests.append(head)
        results = {
            "server/discover": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}},
            "tools/list": {"tools": tools, "ttlMs": 0, "cacheScope": "private"},
            "tools/call": {"content": []},
        }
        result = {"resultType": "complete", **results.get(request.get("method", ""), {})}
        answer(writer, json.dumps({"jsonrpc": "2.0", "id": request.get("id"), "result": result}).encode())

    async with listen_http(respond) as url, open_session(connect_url(f"{url}/mcp"), UpstreamLog(), ignore_change) as session:
        catalog = await session.list_all()
        assert session.info.protocol == "2026-07-28"
        assert [tool.name for tool in catalog.tools] == ["a X-Evil: 1", "../../api/tools"], (
            "tools with invalid headers are left out"
        )
        assert "3 of its tools cannot be read and are left out." in catalog.notes
        for tool in catalog.tools:
            await session.call_tool(tool.called_name, {"region": INJECTION})
    first, second = [head for head in requests if "tools/call" in head]
    assert "mcp-param-region: =?base64?" in first.lower()
    assert "x-evil: 1" not in [line.lower() for head in requests for line in head.splitlines()]
    assert all(head.startswith("POST /mcp HTTP/1.1") for head in (first, second)), "a name is no part of an address"


async def test_client_follows_no_redirect_by_itself() -> None:
    visits: list[str] = []

    async def respond(head, request, writer) -> None:
        visits.append(head.split()[1])
        answer(writer, b"", "307 Temporary Redirect", "Location: /elsewhere")

    async with listen_http(respond) as url, module.make_client(connect_url(url), module.Ending()) as client:
        assert (await client.post(f"{url}/mcp")).status_code == 307
    assert visits == ["/mcp"]


def answer_with_session(request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    """Answer as a server with sessions, for which alone a client opens a stream."""
    if request.get("method") != "initialize":
        answer_basics(request, writer, [ECHO])
        return
    info = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "e", "version": "1"}}
    body = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": info}).encode()
    answer(writer, body, "200 OK", "Mcp-Session-Id: one")


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


async def test_stream_that_ends_at_once_is_not_opened_without_a_pause() -> None:
    opened = 0

    async def respond(head, request, writer) -> None:
        nonlocal opened
        if head.startswith("GET"):
            opened += 1
            writer.write(STREAM + b"id: %d\nretry: 0\ndata: \n\n" % opened)
        else:
            answer_with_session(request, writer)

    async with listen_http(respond) as url, open_session(connect_url(url), UpstreamLog(), ignore_change):
        async with asyncio.timeout(30):
            while opened < module.MOST_STREAMS:
                await asyncio.sleep(0.01)
        begun = time.monotonic()
        while time.monotonic() - begun < 1.5:
            await asyncio.sleep(0.01)
    assert opened <= module.MOST_STREAMS + 4


async def test_stream_that_nobody_requested_leaves_the_time_to_others() -> None:
    sent = 0

    async def respond(head, request, writer) -> None:
        nonlocal sent
        if head.startswith("GET"):
            writer.write(STREAM)
            while True:
                writer.write(b":x\n" * 16_384)
                await writer.drain()
                sent += 1
        else:
            answer_with_session(request, writer)

    async with listen_http(respond) as url, open_session(connect_url(url), UpstreamLog(), ignore_change):
        async with asyncio.timeout(30):
            while not sent:
                await asyncio.sleep(0.01)
        begun, used = time.monotonic(), time.thread_time()
        while time.monotonic() - begun < 2:
            await asyncio.sleep(0.01)
        assert time.thread_time() - used < 1
