"""Fake of Ambivo's API: HTTP/1.1 on a loopback port, as far as its MCP server uses it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from server.integrations.tools.fake import records

LARGEST_HEAD = 16_384  # bytes
LARGEST_BODY = 1_048_576
SECONDS = 10.0  # for a whole request
FORMATS = ("table", "natural", "both")
TOKEN = re.compile(r"Bearer (?P<token>[\w-]+\.[\w-]+\.[\w-]+)")
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
}
STOLEN = "expired.expired.expired"  # a token that is refused

Answer = tuple[int, Any]


class FakeAmbivo:
    """The API. `queries`: what was asked, with the token of each. `delay`: seconds before it answers."""

    def __init__(self, delay: float = 0.0) -> None:
        self.queries: list[tuple[str, str]] = []
        self.delay = delay

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request per connection."""
        try:
            async with asyncio.timeout(SECONDS):
                status, document = await self._respond(reader)
            await asyncio.sleep(self.delay)
            body = json.dumps(document).encode()
            head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _respond(self, reader: asyncio.StreamReader) -> Answer:
        method, path, headers = parse_head(await reader.readuntil(b"\r\n\r\n"))
        length = headers.get("content-length", "0")
        if not length.isdecimal() or "transfer-encoding" in headers:
            return 400, {"error": "bad request"}
        if int(length) > LARGEST_BODY:
            return 413, {"error": "too large"}
        body = await reader.readexactly(int(length))
        if path != "/entity/natural_query":
            return 404, {"error": "not found"}
        if method != "POST":
            return 405, {"error": "method not allowed"}
        match = TOKEN.fullmatch(headers.get("authorization", ""))
        if match is None or match["token"] == STOLEN:
            return 401, {"error": "invalid token", "error_code": "AUTH_FAILED"}
        return self._answer(match["token"], body)

    def _answer(self, token: str, body: bytes) -> Answer:
        try:
            order = json.loads(body)
            query, response_format = str(order["query"]), order.get("response_format", "both")
        except (ValueError, KeyError, TypeError, AttributeError):
            return 400, {"error": "query is required"}
        if response_format not in FORMATS:
            return 400, {"error": "response_format is invalid"}
        self.queries.append((token, query))
        title, result = records.answer(query)
        parts: dict[str, Any] = {"table": result, "natural": f"{len(result)} {title}."}
        wanted = FORMATS[:2] if response_format == "both" else (response_format,)
        return 200, {"success": True, "query": query, **{name: parts[name] for name in wanted}}


def parse_head(head: bytes) -> tuple[str, str, Mapping[str, str]]:
    """Parse the request line and the headers. Raises ConnectionError for anything else."""
    lines = head.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"([A-Z]+) (/[^ ?]*)(?:\?[^ ]*)? HTTP/1\.1", lines[0])
    fields = [re.fullmatch(r"([!#-'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line) for line in lines[1:] if line]
    if match is None or not all(fields):
        raise ConnectionError("this is no request")
    return match[1], match[2], {field[1].lower(): field[2] for field in fields if field}


@asynccontextmanager
async def running_ambivo(fake: FakeAmbivo | None = None) -> AsyncIterator[str]:
    """Run the API on this computer; yields its address."""
    server = await asyncio.start_server((fake or FakeAmbivo()).serve, "127.0.0.1", 0, limit=LARGEST_HEAD)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
