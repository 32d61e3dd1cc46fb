"""Browsers for the kills of the queue: extensions with a memory, a page that counts what was sent, and faults at each point."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

RETRY_SECONDS = 0.02


class Point(StrEnum):
    """A moment of a prompt at which something may break."""

    sent = "sent"  #: the extension has it and has said nothing
    acked = "acked"  #: it may type, and has not
    executing = "executing"  #: it has typed, and has no answer
    answered = "answered"  #: it has the answer, and has not sent it
    before_ack = "before ack"  #: it has sent the answer, and has no acknowledgement


class Fault(StrEnum):
    """Something that breaks."""

    drop = "drop"  #: the socket; the extension remembers what it does
    crash = "crash"  #: the browser; it remembers nothing
    kill = "kill"  #: the server


@dataclass
class Page:
    """The page of all browsers. `sent`: how often each message was; `chats`: messages in each, in order."""

    sent: Counter[str] = field(default_factory=Counter)
    chats: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def send(self, message: str, chat_id: str | None) -> str:
        """Send a message and return its chat."""
        self.sent[message] += 1
        chat_id = chat_id or f"new {message}"
        self.chats.setdefault(chat_id, []).append(message)
        return chat_id

    def find_chat(self, message: str) -> str | None:
        """Find the chat of a message that was sent."""
        return next((chat_id for chat_id, messages in self.chats.items() if message in messages), None)


@dataclass
class Faults:
    """Which fault happens at which moment. `kills`: points at which the server is still to be killed, in order."""

    dice: random.Random
    drops: float
    crashes: float
    kills: list[Point]
    kill: Callable[[], Awaitable[None]]
    happened: Counter[tuple[Point, Fault]] = field(default_factory=Counter)
    on: bool = True

    async def meet(self, point: Point) -> Fault | None:
        """Let a fault happen at this moment, or none."""
        fault = self._choose(point) if self.on else None
        if fault:
            self.happened[point, fault] += 1
        if fault is Fault.kill:
            await self.kill()
        return fault

    def _choose(self, point: Point) -> Fault | None:
        if self.kills and self.kills[0] is point and self.dice.random() < 0.05:
            self.kills.pop(0)
            return Fault.kill
        chance = self.dice.random()
        if chance < self.crashes:
            return Fault.crash
        return Fault.drop if chance < self.crashes + self.drops else None


@dataclass
class Job:
    """A prompt that an extension works on, as it remembers it. `stage`: the last point that it has passed."""

    request: dict[str, Any]
    stage: Point = Point.sent
    chat_id: str | None = None


class Broken(Exception):
    """The connection has ended by a fault."""


@dataclass
class Browser:
    """An extension in a browser. `port`: of the server, which is another one after each start."""

    number: int
    key: str
    port: Callable[[], int]
    page: Page
    faults: Faults
    job: Job | None = None
    _socket: ClientConnection | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, Broken, TimeoutError):
                async with connect(f"ws://127.0.0.1:{self.port()}/ws/extension/", proxy=None) as self._socket:
                    await self._converse()
            await asyncio.sleep(RETRY_SECONDS)

    async def _converse(self) -> None:
        await self._send(
            type="hello",
            protocol=1,
            key=self.key,
            version="1.0.0",
            browser="test",
            capabilities=["find"],
            instance=str(self.number),
        )
        if self.job and self.job.stage is Point.sent:
            self.job = None  # nothing was typed, so it begins anew
        if self.job:
            await self._work(self.job)
        while True:
            message = await self._receive()
            if message["type"] == "new_request":
                self.job = Job(message)
                await self._work(self.job)
            elif message["type"] == "find":
                await self._find(message)

    async def _work(self, job: Job) -> None:
        """Work on a prompt from where it is to its end."""
        if job.stage in {Point.sent, Point.acked} and not await self._begin(job):
            return
        message = job.request["message"]
        if job.stage is Point.acked:
            await self._meet(Point.acked)
            job.chat_id, job.stage = self.page.send(message, job.request["chat_id"]), Point.executing
            await self._meet(Point.executing)
        self.page.answers[message] = write_answer(message)
        job.stage = Point.answered
        await self._meet(Point.answered)
        await self._tell(job, type="response", response=write_answer(message), chat_id=job.chat_id)
        await self._meet(Point.before_ack)
        await self._wait_for_ack("response", job)
        self.job = None

    async def _begin(self, job: Job) -> bool:
        """Ask whether it may be typed."""
        if job.stage is Point.sent:
            await self._meet(Point.sent)
        await self._tell(job, type="status_update", status="executing")
        if not await self._wait_for_ack("status_update", job):
            self.job = None
            return False
        job.stage = Point.acked
        return True

    async def _find(self, message: dict[str, Any]) -> None:
        """Look for a message in the chat; the prompt follows if it is not there."""
        text = message["message"]
        chat_id = self.page.find_chat(text)
        about = {"request_id": message["request_id"], "token": message["token"], "chat_id": chat_id}
        answer = self.page.answers.get(text)
        state = "not_sent" if chat_id is None else "sent" if answer is None else "answered"
        await self._send(type="found", state=state, response=answer, **about)

    async def _meet(self, point: Point) -> None:
        fault = await self.faults.meet(point)
        if fault is None:
            return
        if fault is Fault.crash:
            self.job = None
        if self._socket:
            self._socket.transport.abort()
        raise Broken

    async def _wait_for_ack(self, of: str, job: Job) -> bool:
        """Wait until a message is acknowledged (True) or refused."""
        while True:
            message = await self._receive()
            if message.get("request_id") == job.request["request_id"] and message.get("of") == of:
                return bool(message["type"] == "ack")

    async def _tell(self, job: Job, **message: Any) -> None:
        await self._send(request_id=job.request["request_id"], token=job.request["token"], **message)

    async def _send(self, **message: Any) -> None:
        assert self._socket
        await self._socket.send(json.dumps(message))

    async def _receive(self) -> dict[str, Any]:
        assert self._socket
        return dict(json.loads(await self._socket.recv()))


def write_answer(message: str) -> str:
    """The page's answer to a message."""
    return f"Answer to {message}"
