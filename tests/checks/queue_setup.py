"""A server, a fake ChatGPT page and a client of the browser queue, for the checks that run the real extension."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from server.integrations.queue.fake import FakeChatGPT, running_fake_chatgpt
from server.integrations.queue.models import QueueSettings
from server.outbound.webhooks.models import SECTION as WEBHOOKS
from server.outbound.webhooks.models import WebhookSettings
from server.storage.settings import Settings
from tests import loopback
from tests.checks.conftest import Process, Start
from tests.checks.extension_browser import TIMEOUT, read_approvals
from tests.checks.waiting import free_port, until
from tests.server.outbound.webhooks.receiver import Receiver

ENDED = {"done", "failed"}


@dataclass
class QueueRun:
    """Servers with the same data and port, one after the other, and what they work with."""

    start_server: Start
    data: Path
    port: int
    fake: FakeChatGPT
    receiver: Receiver
    server: Process
    key: str = ""

    def start(self) -> Process:
        """Start a server, as the first one or after a kill."""
        self.server = self.start_server("--port", str(self.port), data=self.data)
        return self.server

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Call the queue as the client."""
        return loopback.request(method, f"{self.server.own}/api/chat/{path}", headers={"X-API-Key": self.key}, **options)

    def submit(self, message: str, **order: Any) -> str:
        """Submit a prompt once, whatever happens to the server meanwhile, and return its id."""
        options = {"json": {"message": message, **order}, "headers": {"X-API-Key": self.key, "Idempotency-Key": message}}

        def attempt() -> str:
            try:
                answer = loopback.post(f"{self.server.own}/api/chat/submit/", timeout=20, **options)
            except (httpx2.HTTPError, AssertionError):
                return ""
            assert answer.status_code in {201, 409, 429, 503}, answer.text
            return str(answer.json()["id"]) if answer.status_code == 201 else ""

        return until(attempt, TIMEOUT)

    def read(self, prompt_id: str) -> dict[str, Any]:
        """Read a prompt; nothing if the server does not run."""
        try:
            answer = self.call("GET", f"requests/{prompt_id}/")
        except (httpx2.HTTPError, AssertionError):
            return {}
        return dict(answer.json()) if answer.status_code == 200 else {}

    def wait_for(self, prompt_id: str, seconds: float = TIMEOUT) -> dict[str, Any]:
        """Wait until a prompt has ended."""
        return until(lambda: prompt if (prompt := self.read(prompt_id)).get("status") in ENDED else {}, seconds)

    def make_client(self, name: str = "script") -> None:
        """Make a client that the person has not answered yet."""
        self.key = self.server.make_client(name, rate="none")

    def allow_client(self) -> None:
        """Answer the queue's question for the client with yes."""
        (request,) = until(
            lambda: [each for each in read_approvals(self.server) if not each["id"].startswith("pairing")], TIMEOUT
        )
        approved = self.server.person("POST", f"/api/approvals/{request['id']}/approve", json={"extent": "once"})
        assert approved.status_code == 200, approved.text


@contextmanager
def queue_run(start: Start, data: Path, **behaviour: Any) -> Iterator[QueueRun]:
    """Run a server, a page and a receiver of webhooks while the block runs. The queue neither pauses nor has a cap."""
    data.mkdir(mode=0o700)
    fake = FakeChatGPT(controls=True, **behaviour)
    with running_fake_chatgpt(fake), Receiver().in_thread() as receiver:
        settings = Settings(data)
        webhooks = {"local_receivers": [receiver.listed], "delays": [0.1] * 100}
        asyncio.run(settings.write(WEBHOOKS, WebhookSettings.model_validate(webhooks)))
        asyncio.run(settings.write("queue", QueueSettings(pause_seconds=0, daily_cap=None, lease_seconds=10)))
        port = free_port()
        server = start("--port", str(port), data=data)
        run = QueueRun(start, data, port, fake, receiver, server)
        run.make_client()
        yield run
