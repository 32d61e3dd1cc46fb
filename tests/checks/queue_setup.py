"""A server, a fake ChatGPT page and a client of the browser queue, for the checks that run the real extension."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from pydantic import BaseModel

from server.integrations.conversations.fake import KEY, FakeOpenAI, running_fake_openai
from server.integrations.conversations.models import ConversationsSettings
from server.integrations.conversations.openai_account.settings import OpenAISettings
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
    openai: FakeOpenAI
    receiver: Receiver
    key: str = ""
    is_allowed: bool = False
    started: list[Process] = field(default_factory=list)

    @property
    def server(self) -> Process:
        """Return the server that runs."""
        return self.started[-1]

    def start(self) -> Process:
        """Start a server, as the first one or after a kill."""
        self.started.append(self.start_server("--port", str(self.port), data=self.data, OPENAI_API_KEY=KEY))
        return self.server

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Call the queue as the client."""
        return loopback.request(method, f"{self.server.own}/api/chat/{path}", headers={"X-API-Key": self.key}, **options)

    def submit(self, message: str, **order: Any) -> str:
        """Submit a prompt once, whatever happens to the server meanwhile, and return its id."""
        return until(lambda: self._try_to_submit(message, order), TIMEOUT)

    def _try_to_submit(self, message: str, order: dict[str, Any]) -> str:
        """Submit a prompt unless it is there already: an earlier attempt may have ended with its server."""
        try:
            listed = self.call("GET", "requests/")
            known = [prompt["id"] for prompt in listed.json() if prompt["message"] == message] if listed.is_success else None
            if known is None or known:
                return str(known[0]) if known else ""
            answer = self.call("POST", "submit/", json={"message": message, **order})
        except (httpx2.HTTPError, AssertionError):
            return ""
        assert answer.status_code in {201, 429, 503}, answer.text
        return str(answer.json()["id"]) if answer.status_code == 201 else ""

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
        """Allow the client, as the person would, unless that was done."""
        if not self.is_allowed:
            self.submit("The first message asks the person.")
            self.approve()

    def approve(self) -> None:
        """Answer the queue's question for the client with yes."""
        (request,) = until(lambda: read_approvals(self.server), TIMEOUT)
        approved = self.server.person("POST", f"/api/approvals/{request['id']}/approve", json={"extent": "once"})
        assert approved.status_code == 200, approved.text
        self.is_allowed = True


@contextmanager
def queue_run(start: Start, data: Path, **behaviour: Any) -> Iterator[QueueRun]:
    """Run a server, a page and a receiver of webhooks while the block runs. The queue neither pauses nor has a cap."""
    data.mkdir(mode=0o700)
    fake = FakeChatGPT(controls=True, **behaviour)
    with running_fake_chatgpt(fake), running_fake_openai() as openai, Receiver().in_thread() as receiver:
        webhooks = {"local_receivers": [receiver.listed], "delays": [0.1] * 100}
        sections = {
            WEBHOOKS: WebhookSettings.model_validate(webhooks),
            "queue": QueueSettings(pause_seconds=0, daily_cap=None, lease_seconds=10),
            "conversations": ConversationsSettings(openai=OpenAISettings(endpoint=openai.base_url)),
        }
        with ThreadPoolExecutor(1) as thread:  # where a browser is driven, its loop runs in this one
            thread.submit(asyncio.run, write_settings(data, sections)).result()
        run = QueueRun(start, data, free_port(), fake, openai, receiver)
        run.start()
        run.make_client()
        yield run


async def write_settings(data: Path, sections: dict[str, BaseModel]) -> None:
    """Write sections of the settings before the server starts."""
    settings = Settings(data)
    for section, values in sections.items():
        await settings.write(section, values)
