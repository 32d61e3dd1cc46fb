"""As much of HTTP/1.1 (RFC 9112) as the stand-in needs: heads of requests, and short answers."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

LARGEST_HEAD = 65_536
SECONDS = 30.0  # for a head to come


@dataclass(frozen=True)
class Head:
    """The head of a request, its headers as they came."""

    line: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    @property
    def method(self) -> str:
        return self.line.split(b" ")[0].decode("latin-1")

    @property
    def path(self) -> str:
        return self.line.split(b" ")[1].decode("latin-1").partition("?")[0]

    def get(self, name: bytes) -> bytes:
        """One header; nothing where there is none."""
        return next((value for found, value in self.headers if found.lower() == name), b"")

    def write(self, *, without: frozenset[bytes], more: tuple[tuple[bytes, bytes], ...]) -> bytes:
        """Write it again, with other headers."""
        kept = [(name, value) for name, value in self.headers if name.lower() not in without]
        lines = [self.line, *(name + b": " + value for name, value in (*kept, *more)), b"", b""]
        return b"\r\n".join(lines)


async def read_head(reader: asyncio.StreamReader) -> Head:
    """Read the head of a request. ValueError: it is none. EOFError: nobody asks."""
    try:
        async with asyncio.timeout(SECONDS):
            text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise ValueError("too large") from None
    line, *lines = text[:-4].split(b"\r\n")
    if line.count(b" ") != 2:
        raise ValueError("no request")
    headers = [one.partition(b":") for one in lines]
    return Head(line, tuple((name, value.strip()) for name, _, value in headers))


def write_answer(status: int, body: Any = None, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Write a short answer in JSON, after which the connection ends."""
    content = b"" if body is None else json.dumps(body).encode()
    every = [("Content-Type", "application/json"), ("Content-Length", str(len(content))), ("Connection", "close"), *headers]
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in every)]
    return "\r\n".join([*lines, "", ""]).encode() + content
