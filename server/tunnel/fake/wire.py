"""The parts of HTTP/1.1 (RFC 9112) that the fake needs: request heads and short responses."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

MAX_HEAD = 65_536
SECONDS = 30.0  # for a head


@dataclass(frozen=True)
class Head:
    """Head of a request with its headers as received."""

    line: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    @property
    def method(self) -> str:
        return self.line.split(b" ")[0].decode("latin-1")

    @property
    def path(self) -> str:
        return self.line.split(b" ")[1].decode("latin-1").partition("?")[0]

    def get(self, name: bytes) -> bytes:
        """Return a header; empty if it is missing."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def write(self, *, without: frozenset[bytes], added: tuple[tuple[bytes, bytes], ...]) -> bytes:
        """Encode it with other headers."""
        original = [(name, value) for name, value in self.headers if name.lower() not in without]
        lines = [self.line, *(name + b": " + value for name, value in (*original, *added)), b"", b""]
        return b"\r\n".join(lines)


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Read the head of a request. Raises ValueError if it is invalid, EOFError at the end of the stream."""
    try:
        async with asyncio.timeout(SECONDS):
            text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise ValueError("too large") from None
    line, *lines = text[:-4].split(b"\r\n")
    if line.count(b" ") != 2:
        raise ValueError("no request")
    headers = [text.partition(b":") for text in lines]
    return Head(line, tuple((name, value.strip()) for name, _, value in headers))


def write_response(status: int, body: Any = None, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Encode a short JSON response, after which the connection ends."""
    content = b"" if body is None else json.dumps(body).encode()
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(content))), ("Connection", "close"), *headers]
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode() + content
