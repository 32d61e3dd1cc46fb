"""The time from the submission of a prompt until an extension has it, with many extensions connected.

    python -m benchmarks.queue_latency --extensions 100 --rate 20 --seconds 30

The server is a process of its own, with pause and daily cap off. Each submission goes over REST, is stored durably, leased
durably to one of the extensions, and sent over its WebSocket; the extension acknowledges and answers it at once. Extensions and
the submitting client are one process, so its own work is in the figures. Fails unless p50 < 5 ms and p99 < 20 ms.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from websockets.asyncio.client import ClientConnection, connect

from server.http.server import run
from server.integrations.queue.models import QueueSettings
from server.integrations.queue.queue import SECTION
from server.lifecycle import runtime_file
from server.storage.settings import Settings

P50, P99 = 5.0, 20.0  # milliseconds
WARM_UP = 20  # submissions that are not counted
LONGEST_WAIT = 30  # seconds for the last answers


@dataclass(frozen=True)
class Server:
    """A server and the keys of its clients."""

    port: int
    script_key: str
    extension_key: str


@dataclass
class Latencies:
    """When each prompt was submitted, and how long it took to an extension, in milliseconds."""

    submitted: dict[str, float] = field(default_factory=dict)
    delivered: dict[str, float] = field(default_factory=dict)
    by_extension: Counter[int] = field(default_factory=Counter)
    answered: set[str] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def deliver(self, message: str, number: int) -> None:
        self.delivered[message] = (time.perf_counter() - self.submitted[message]) * 1000
        self.by_extension[number] += 1


@contextmanager
def run_server(folder: Path) -> Iterator[Server]:
    """Run Deskhand until the `with` ends."""
    asyncio.run(Settings(folder).write(SECTION, QueueSettings(pause_seconds=0, daily_cap=None)))
    command = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            ready = json.loads(process.stdout.readline())
            running = runtime_file.read(folder)
            assert running
            with httpx2.Client(trust_env=False, timeout=60, base_url=ready["local"]) as person:
                person.headers["Authorization"] = f"Bearer {running.key}"
                keys = [make_client(person, name, scope) for name, scope in (("script", "write:queue"), ("browser", "extension"))]
                allow(person, running.port, keys[0])
            yield Server(running.port, *keys)
        finally:
            process.terminate()


def make_client(person: httpx2.Client, name: str, scope: str) -> str:
    """Make a client with one scope and return its key."""
    order = {"name": name, "scopes": [scope], "rate": "none"}
    return str(person.post("/api/clients", json=order).raise_for_status().json()["key"])


def allow(person: httpx2.Client, port: int, key: str) -> None:
    """Have the client submit its first prompt, and allow it as the person does."""
    url = f"http://127.0.0.1:{port}/api/chat/submit/"
    httpx2.post(url, headers={"X-API-Key": key}, json={"message": "first"}, trust_env=False).raise_for_status()
    (request,) = person.get("/api/approvals").raise_for_status().json()
    person.post(f"/api/approvals/{request['id']}/approve", json={}).raise_for_status()


async def extend(socket: ClientConnection, number: int, key: str, latencies: Latencies) -> None:
    """Serve as an extension: acknowledge each prompt, and answer it."""
    hello = {"type": "hello", "protocol": 1, "key": key, "version": "1.0.0", "browser": "benchmark", "instance": str(number)}
    await socket.send(json.dumps(hello))
    about: dict[str, object] = {}
    async for text in socket:
        message = json.loads(text)
        request_id = message.get("request_id")
        match message["type"]:
            case "new_request":
                if message["message"] in latencies.submitted:
                    latencies.deliver(message["message"], number)
                token = message["token"]
                about = {"request_id": request_id, "token": token}
                await socket.send(json.dumps({"type": "status_update", "status": "executing", **about}))
            case "ack" if message["of"] == "status_update":
                await socket.send(json.dumps({"type": "response", "response": "Yes.", "chat_id": request_id, **about}))
            case "ack":
                latencies.answered.add(request_id)
                latencies.changed.set()


class Submitter:
    """A client with kept connections and little work of its own, which would be in the figures."""

    def __init__(self, server: Server) -> None:
        self._port, self._key = server.port, server.script_key
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def submit(self, message: str) -> None:
        """Submit a prompt, on a connection that is free."""
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        body = json.dumps({"message": message}).encode()
        head = f"POST /api/chat/submit/ HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nX-API-Key: {self._key}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert answer.startswith(b"http/1.1 201"), answer
        await reader.readexactly(int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        self._idle.append((reader, writer))


async def submit(server: Server, rate: float, count: int, latencies: Latencies) -> None:
    """Submit prompts at a rate, each when its time has come, whatever became of the others."""
    submitter = Submitter(server)

    async def submit_one(number: int) -> None:
        message = f"prompt {number}"
        latencies.submitted[message] = time.perf_counter()
        await submitter.submit(message)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            group.create_task(submit_one(number))


async def measure(server: Server, options: argparse.Namespace) -> Latencies:
    """Connect the extensions, submit, and wait for the answers."""
    latencies, count = Latencies(), WARM_UP + round(options.rate * options.seconds)
    async with AsyncExitStack() as stack:
        group = await stack.enter_async_context(asyncio.TaskGroup())
        sockets = []
        for number in range(options.extensions):
            headers = {"X-API-Key": server.extension_key}  # few at once may be without a key
            socket = await connect(f"ws://127.0.0.1:{server.port}/ws/extension/", proxy=None, additional_headers=headers)
            sockets.append(socket)
            group.create_task(extend(socket, number, server.extension_key, latencies))
        await submit(server, options.rate, count, latencies)
        async with asyncio.timeout(LONGEST_WAIT):
            while len(latencies.answered) < count + 1:  # and the first one, with which the client was allowed
                latencies.changed.clear()
                await latencies.changed.wait()
        for socket in sockets:
            await socket.close()
    return latencies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extensions", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20, help="submissions a second")
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder)) as server:
        latencies = run(lambda: measure(server, options))
    times = sorted(list(latencies.delivered.values())[WARM_UP:])
    percentiles = statistics.quantiles(times, n=100, method="inclusive")
    figures = {
        "submissions": len(times),
        "extensions": options.extensions,
        "extensions used": len(latencies.by_extension),
        "p50 ms": round(percentiles[49], 2),
        "p90 ms": round(percentiles[89], 2),
        "p99 ms": round(percentiles[98], 2),
        "max ms": round(times[-1], 2),
    }
    print(json.dumps(figures, indent=2))
    if percentiles[49] >= P50 or percentiles[98] >= P99:
        sys.exit(f"Slower than p50 < {P50} ms and p99 < {P99} ms.")


if __name__ == "__main__":
    main()
