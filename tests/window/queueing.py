"""A demo whose queue has prompts in every state, and a browser that a test plays."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from desktop.server_thread import BackgroundServer
from server.integrations.queue.models import ClientRef, Lease, PromptFailure, PromptOrder, PromptResult, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.integrations.queue.service import QueueService
from server.lifecycle.program import Options, Program
from tests.server.conftest import Served

Result = TypeVar("Result")
CLIENT = ClientRef("report-builder", "report-builder")
MANY = 10_000
SECONDS = 120.0
UNLIMITED = {"pause_seconds": 0, "daily_cap": None, "retry_seconds": 0, "most_attempts": 1}


@dataclass
class OpenProgram(Program):
    """A server into which a test reaches."""

    state: Any = None

    async def _stay(self, state: Any, on_ready: Any) -> None:
        self.state = state
        await super()._stay(state, on_ready)


@dataclass
class Queueing(Served):
    """That server, while it runs."""

    program: OpenProgram = field(default_factory=lambda: OpenProgram(Options()))

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it in the server's event loop."""
        assert self.program._loop
        return asyncio.run_coroutine_threadsafe(work, self.program._loop).result(SECONDS)

    @property
    def queue(self) -> Queue:
        (service,) = [service for service in self.program.state.runtime.running() if isinstance(service, QueueService)]
        return service.queue

    def submit(self, message: str, chat_id: str | None = None, **order: Any) -> str:
        """Submit a prompt and return its id."""
        return self.do(self.queue.submit(CLIENT, PromptOrder(message=message, chat_id=chat_id, **order))).id

    def begin(self, worker: str = "Home") -> Lease:
        """Begin with the prompt that is next."""

        async def begin() -> Lease:
            lease = await self.queue.claim(worker)
            assert lease
            await self.queue.acknowledge(lease.prompt.id, lease.token, worker)
            return lease

        return self.do(begin())

    def answer(self, message: str, text: str, **result: Any) -> str:
        """Submit a prompt and answer it."""
        prompt_id = self.submit(message, priority=9)
        lease = self.begin()
        self.do(self.queue.complete(lease.prompt.id, lease.token, PromptResult(text, **result)))
        return prompt_id

    def fail(self, message: str) -> str:
        """Submit a prompt that becomes a dead letter."""
        prompt_id = self.submit(message, priority=9)
        lease = self.begin()
        failure = PromptFailure("no_tab", "The tab could not be opened.", sent=False)
        self.do(self.queue.fail(lease.prompt.id, lease.token, failure))
        return prompt_id

    def lose(self, message: str) -> str:
        """Submit a prompt of which it is unknown whether it was sent."""
        prompt_id = self.submit(message, priority=9)
        self.begin("Lost")
        self.do(self.queue.lose("Lost"))
        return prompt_id

    def submit_many(self, count: int) -> None:
        """Submit many prompts at once."""

        async def submit() -> None:
            orders = [PromptOrder(message=f"Prompt number {number}") for number in range(count)]
            await asyncio.gather(*(self.queue.submit(CLIENT, order) for order in orders))

        self.do(submit())


@contextmanager
def queueing(data: Path, openai: str = "off") -> Iterator[Queueing]:
    """Start it, without the simulated browser of the demo. `openai`: "quiet" for the fake OpenAI."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKHAND_DEMO_QUEUE", "off")
        patch.setenv("DESKHAND_DEMO_OPENAI", openai)
        program = OpenProgram(Options(port=0, data_dir=data, demo=True))
        background = BackgroundServer(program)
        ready = background.start()
        server = Queueing(background, ready.public, ready.local, data, program=program)
        server.person("GET", "/api/overview")  # waits until the integrations have loaded
        server.do(program.state.context.settings.write(SECTION, QueueSettings(**UNLIMITED)))
        server.do(server.queue.set_webhook(CLIENT, ""))
        server.do(server.queue.set_approval(CLIENT.id, approved=True))
        yield server
        assert background.stop()
