"""Upstream servers for tests: a hostile one in bare JSON-RPC over standard streams, and one over HTTP that is scripted."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from server.integrations.tools.adapter.session import Session, open_session
from server.integrations.tools.log import UpstreamLog
from server.integrations.tools.models import Ask, Connection, Transport
from server.system.environment import clean_environment

HOSTILE = Path(__file__).with_name("hostile_upstream.py")


def ignore_change() -> None:
    """Ignore that the lists have changed."""


def connect_hostile(mode: str, *arguments: str, **values: Any) -> Connection:
    """Connection of the hostile server."""
    return connect_command([sys.executable, str(HOSTILE), mode, *arguments], **values)


def connect_command(command: list[str], environment: dict[str, str] | None = None, **values: Any) -> Connection:
    variables = clean_environment() | (environment or {})
    return Connection(id="crm", title="CRM", transport=Transport.stdio, command=tuple(command), environment=variables, **values)


def connect_url(url: str, transport: Transport = Transport.http, **values: Any) -> Connection:
    return Connection(id="crm", title="CRM", transport=transport, url=url, **values)


@asynccontextmanager
async def open_hostile(
    mode: str,
    *arguments: str,
    log: UpstreamLog | None = None,
    on_change: Callable[[], None] = ignore_change,
    ask: Ask | None = None,
    **values: Any,
) -> AsyncIterator[Session]:
    """Open a session with the hostile server."""
    async with open_session(connect_hostile(mode, *arguments, **values), log or UpstreamLog(), on_change, ask=ask) as session:
        yield session


Respond = Callable[[str, dict[str, Any], asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listen_http(respond: Respond) -> AsyncIterator[str]:
    """Serve HTTP/1.1 on a loopback port, one request per connection. `respond` gets the head, the JSON body, and the writer."""
    import json

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next((int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-length")), 0)
            body = await reader.readexactly(length) if length else b"{}"
            await respond(head, json.loads(body), writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def answer(writer: asyncio.StreamWriter, body: bytes, status: str = "200 OK", *headers: str) -> None:
    """Write an answer in JSON."""
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)


def answer_basics(request: dict[str, Any], writer: asyncio.StreamWriter, tools: list[dict[str, Any]], *headers: str) -> bool:
    """Answer the requests that open a session and list the tools; return whether it was one of them. `headers`: of results."""
    import json

    results = {
        "initialize": {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "scripted", "version": "1"},
        },
        "tools/list": {"tools": tools},
    }
    method = request.get("method", "")
    if method in results:
        result = {"jsonrpc": "2.0", "id": request["id"], "result": results[method]}
        answer(writer, json.dumps(result).encode(), "200 OK", *headers)
        return True
    if method == "server/discover":
        error = {"code": -32601, "message": "Method not found"}
        answer(writer, json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode())
        return True
    if "id" not in request:
        answer(writer, b"", "202 Accepted")
        return True
    return False


ECHO = {"name": "echo", "description": "Say it again.", "inputSchema": {"type": "object", "properties": {}}}
