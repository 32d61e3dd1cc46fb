"""Prompts of the browser queue through drops, crashes and kill -9 at each point: none lost, none sent twice, none stuck."""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.integrations.queue.models import QueueSettings
from server.integrations.queue.queue import SECTION
from server.lifecycle import runtime_file
from server.storage.database import DATABASE_FILE
from server.storage.settings import Settings
from tests.checks.conftest import Process, Start
from tests.checks.queue_browser import Browser, Fault, Faults, Page, Point, write_answer
from tests.checks.waiting import until

LEASE_SECONDS = 3.0
STUCK_SECONDS = LEASE_SECONDS + 5
CHATS, BROWSERS, WRITERS = 20, 8, 8
RESULTS = """
    SELECT prompt.message, prompt.state, prompt.error_message, count(answer.prompt), max(answer.text)
    FROM queue_prompt AS prompt LEFT JOIN queue_answer AS answer ON answer.prompt = prompt.number GROUP BY prompt.number
"""


@dataclass
class Server:
    """The server that runs now, and the next one after it was killed."""

    start: Start
    data: Path
    process: Process | None = None
    port: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    _restarting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def open(self) -> None:
        """Start a server."""
        self.process = self.start(data=self.data)
        running = runtime_file.read(self.data)
        assert running
        self.port = running.port

    async def kill(self) -> None:
        """Kill the server, and start the next one; two at the same time are one."""
        if self._restarting.locked():
            return
        async with self._restarting:
            assert self.process
            self.process.kill()
            await asyncio.to_thread(self.open)

    async def person(self, method: str, path: str, **options: Any) -> httpx2.Response | None:
        """Do what the window does; None if the server is gone."""
        assert self.process
        with contextlib.suppress(httpx2.HTTPError, AssertionError):
            return await asyncio.to_thread(self.process.person, method, path, **options)
        return None


@dataclass
class Writer:
    """Submits prompts, each until it is stored. `keys`: Idempotency-Keys of those that were sent with another one."""

    server: Server
    numbers: list[int]
    keys: dict[int, str] = field(default_factory=dict)

    async def write(self) -> None:
        headers = {"X-API-Key": self.server.keys["script"]}
        async with httpx2.AsyncClient(trust_env=False, headers=headers, timeout=30) as client:
            for number in self.numbers:
                while not await self._submit(client, number):
                    await asyncio.sleep(0.05)

    async def _submit(self, client: httpx2.AsyncClient, number: int) -> bool:
        order = {"message": name(number), "chat_id": find_chat(number)}
        url = f"http://127.0.0.1:{self.server.port}/api/chat/submit/"
        try:
            response = await client.post(url, json=order, headers={"Idempotency-Key": self.keys.get(number, name(number))})
        except httpx2.HTTPError:
            return False
        if response.status_code == 409:  # it was killed meanwhile, and nobody knows
            return await self._is_stored(client, number)
        assert response.status_code == 201, response.text
        return True

    async def _is_stored(self, client: httpx2.AsyncClient, number: int) -> bool:
        """Look whether a prompt is among the newest; otherwise it is sent with another key."""
        try:
            newest = (await client.get(f"http://127.0.0.1:{self.server.port}/api/chat/requests/")).json()
        except httpx2.HTTPError:
            return False
        if any(prompt["message"] == name(number) for prompt in newest):
            return True
        self.keys[number] = f"{name(number)} again {len(self.keys)}"
        return False


def name(number: int) -> str:
    return f"prompt {number}"


def find_chat(number: int) -> str | None:
    """Every second prompt is in one of the chats, the others in new ones."""
    return f"chat {number // 2 % CHATS}" if number % 2 else None


async def decide(server: Server) -> None:
    """Resend uncertain prompts, as the person may; the extension looks for them first."""
    while True:
        response = await server.person("GET", "/api/queue/prompts?group=uncertain&limit=100")
        for prompt in response.json()["prompts"] if response and response.status_code == 200 else []:
            await server.person("POST", f"/api/queue/prompts/{prompt['id']}/resolve", json={"decision": "resend"})
        await asyncio.sleep(0.1)


async def settle(server: Server, count: int) -> None:
    """Wait until every prompt has ended. It fails if nothing ends for longer than a lease and five seconds."""
    ended, changed_at = -1, time.monotonic()
    while ended < count:
        response = await server.person("GET", "/api/queue/summary")
        if response and response.status_code == 200:
            summary = response.json()
            now_ended = summary["done_today"] + summary["failed_today"]
            if now_ended != ended:
                ended, changed_at = now_ended, time.monotonic()
            assert time.monotonic() - changed_at < STUCK_SECONDS, f"stuck: {summary}"
        await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def running(*work: Any) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
        failed = [task.exception() for task in tasks if task.done()]
        assert not failed, failed
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def work_through(server: Server, faults: Faults, page: Page, count: int) -> None:
    """Submit, answer and decide on all prompts."""
    browsers = [Browser(number, server.keys["browser"], lambda: server.port, page, faults) for number in range(BROWSERS)]
    writers = [Writer(server, list(range(first, count, WRITERS))) for first in range(WRITERS)]
    async with running(*(browser.run() for browser in browsers), decide(server)):
        async with asyncio.TaskGroup() as group:
            for writer in writers:
                group.create_task(writer.write())
        await settle(server, count)


def prepare(server: Server) -> None:
    """Make the clients, and allow the one that submits, as the person does."""
    server.open()
    assert server.process
    for client, scopes in (("script", ["read:queue", "write:queue"]), ("browser", ["extension"])):
        server.keys[client] = server.process.make_client(client, scopes=scopes, rate="none")
    headers = {"X-API-Key": server.keys["script"], "Idempotency-Key": name(0)}
    order = {"message": name(0), "chat_id": find_chat(0)}
    httpx2.post(f"{server.process.own}/api/chat/submit/", headers=headers, json=order, trust_env=False).raise_for_status()
    (question,) = until(lambda: server.process.person("GET", "/api/approvals").json())
    server.process.person("POST", f"/api/approvals/{question['id']}/approve", json={}).raise_for_status()


@pytest.mark.timeout(3600)
def test_prompts_survive_drops_crashes_and_kills_at_each_point(start, tmp_path, long: bool) -> None:
    count, rounds = (10_000, 5) if long else (80, 0)
    kills = [*Point] * rounds or [Point.executing, Point.before_ack]
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings = QueueSettings(pause_seconds=0, daily_cap=None, lease_seconds=LEASE_SECONDS, retry_seconds=0)
    asyncio.run(Settings(data).write(SECTION, settings))
    server, page = Server(start, data), Page()
    prepare(server)
    chance = 0.01 if long else 0.03
    faults = Faults(random.Random(13), chance, chance / 2, kills, server.kill)
    asyncio.run(work_through(server, faults, page, count))
    assert server.process
    server.process.kill()
    check(data, page, count)
    missing = {(point, fault) for point in Point for fault in Fault} - set(faults.happened) if long else set()
    assert not missing, "some faults did not happen"
    assert not faults.kills


def check(data: Path, page: Page, count: int) -> None:
    """Check that each prompt has ended once, with its answer or a reason, and was sent once at most, in the order of its chat."""
    with contextlib.closing(sqlite3.connect(f"file:{data / DATABASE_FILE}?mode=ro", uri=True)) as database:
        rows = database.execute(RESULTS).fetchall()
    assert sorted(row[0] for row in rows) == sorted(map(name, range(count))), "a prompt was lost, or stored twice"
    assert {message: times for message, times in page.sent.items() if times > 1} == {}, "sent twice"
    for message, state, reason, answers, text in rows:
        assert (state == "done" and (answers, text) == (1, write_answer(message))) or (state == "failed" and reason), (
            message,
            state,
            reason,
            answers,
        )
    states = Counter(row[1] for row in rows)
    assert states["failed"] <= count // 10, states
    for chat_id, messages in page.chats.items():
        numbers = [int(message.rpartition(" ")[2]) for message in messages]
        assert len(numbers) == 1 or numbers == sorted(numbers), f"another order in {chat_id}"
