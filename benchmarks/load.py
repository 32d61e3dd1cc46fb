"""A load generator: some callers at once, each on a connection of its own, in a process of its own.

    python -m benchmarks.load REQUEST.json

Reads {"host", "port", "head", "body", "callers", "seconds", "expect"}, sends that one request again and again, checks each
answer's status and for `expect`, and prints {"calls", "rate", "p50", "p99"}: calls a second, milliseconds.
CALLER in the body becomes the
number of the caller, as answers in one MCP session are distinguished by their ids.
"""

import asyncio
import json
import statistics
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import httptools

from server.http.server import run

PATIENCE = 20  # seconds for the last answer


class Caller(asyncio.Protocol):
    """One connection that sends its request again as soon as the answer is complete."""

    def __init__(self, request: bytes, expect: bytes, until: float) -> None:
        self._request, self._expect, self._until = request, expect, until
        self._parser, self._body, self._sent = httptools.HttpResponseParser(self), bytearray(), 0.0
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        self._body.clear()
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        if self._parser.get_status_code() != 200 or self._expect not in self._body:
            self.done.set_exception(RuntimeError(f"{self._parser.get_status_code()}: {bytes(self._body)!r}"))
            self._transport.close()
            return
        self.times.append(now - self._sent)
        self._parser = httptools.HttpResponseParser(self)
        if now < self._until:
            asyncio.get_running_loop().call_soon(self._send)
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("The server hung up."))


async def measure(told: dict[str, Any]) -> dict[str, float]:
    """Load a server for some seconds."""
    began = time.perf_counter()
    loop, callers = asyncio.get_running_loop(), list[Caller]()
    for number in range(told["callers"]):
        body = told["body"].replace("CALLER", str(1000 + number)).encode()
        request = f"{told['head']}Content-Length: {len(body)}\r\n\r\n".encode() + body
        make_caller = partial(Caller, request, told["expect"].encode(), began + told["seconds"])
        _, caller = await loop.create_connection(make_caller, told["host"], told["port"])
        callers.append(caller)
    async with asyncio.timeout(told["seconds"] + PATIENCE):
        await asyncio.gather(*(caller.done for caller in callers))
    took = time.perf_counter() - began
    times = sorted(seconds for caller in callers for seconds in caller.times)
    p99 = times[len(times) * 99 // 100]
    return {"calls": len(times), "rate": len(times) / took, "p50": statistics.median(times) * 1000, "p99": p99 * 1000}


if __name__ == "__main__":
    print(json.dumps(run(lambda: measure(json.loads(Path(sys.argv[1]).read_text())))))
