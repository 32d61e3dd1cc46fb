"""The public surface with the browser queue alone, in this process, and hands that do the work of an extension."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp

from server.access.clients.client import Policy
from server.http.addresses import Address
from server.integrations import find_migrations
from server.integrations.queue import integration
from server.integrations.queue.models import Lease, Prompt, PromptFailure, PromptResult, QueueSettings
from server.integrations.queue.queue import Queue
from server.integrations.queue.service import QueueService
from server.public.app import create_public
from server.runtime.state import RateLimits, State, open_state
from server.sdk.approval_requests import ApprovalRequest
from server.sdk.desktop import Screen
from server.storage.data_dir import open_home
from server.storage.database import DATABASE_FILE
from server.storage.migrations import migrate
from tests.server.projections.mcp.speaking import modern, read

HOST = "127.0.0.1:80"
Headers = dict[str, str]


@dataclass
class Served:
    """A running public surface."""

    state: State
    app: ASGIApp
    http: httpx2.AsyncClient
    queue: Queue

    async def client(
        self, name: str = "bot", scopes: str = "read:queue write:queue", rate: str | None = "none", **policies: str
    ) -> Headers:
        """Make a client; return the headers of its requests."""
        chosen = {operation: Policy(policy) for operation, policy in policies.items()}
        _, key = await self.state.clients.create(name, frozenset(scopes.split()), chosen, rate)
        return {"X-API-Key": key}

    async def allowed(self, name: str = "bot") -> Headers:
        """Make a client that the person has allowed by name."""
        return await self.client(name, submit_prompt="allow")

    async def submit(self, headers: Headers, message: str = "Hello", **more: Any) -> dict[str, Any]:
        answer = await self.http.post("/api/chat/submit/", json={"message": message, **more}, headers=headers)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def read(self, headers: Headers, prompt_id: str, **query: Any) -> dict[str, Any]:
        answer = await self.http.get(f"/api/chat/requests/{prompt_id}/", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def begin(self) -> Lease:
        """Take the next prompt and acknowledge it."""
        lease = await self.queue.claim("extension", {"find"})
        assert lease
        await self.queue.acknowledge(lease.prompt.id, lease.token)
        return lease

    async def answer(self, text: str = "Hi", chat_id: str | None = "chat-1", title: str | None = "A chat") -> Prompt:
        """Answer the next prompt."""
        lease = await self.begin()
        return await self.queue.complete(lease.prompt.id, lease.token, PromptResult(text, chat_id, title))

    async def fail(self, text: str = "It broke.") -> Prompt:
        """Let the next prompt fail for good."""
        lease = await self.begin()
        return await self.queue.fail(lease.prompt.id, lease.token, PromptFailure("broken", text, sent=True, final=True))

    async def call_mcp(self, headers: Headers, method: str, **parameters: Any) -> dict[str, Any]:
        """Make an MCP request; return its result."""
        request = modern(method, parameters)
        answer = await self.http.post("/mcp", json=request["json"], headers=request["headers"] | headers)
        result: dict[str, Any] = read(answer)["result"]
        return result

    async def requests(self) -> list[ApprovalRequest]:
        return await self.state.context.approval_requests.list()


@cache
def make_database() -> bytes:
    """Make an empty database, once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / DATABASE_FILE
        migrate(path, find_migrations())
        return path.read_bytes()


@asynccontextmanager
async def serving(
    tmp_path: Path, rules: RateLimits | None = None, screen: Screen | None = None, **settings: Any
) -> AsyncIterator[Served]:
    with open_home(tmp_path / "data", demo=False) as home:
        if not (path := home.folders.data / DATABASE_FILE).exists():
            path.write_bytes(make_database())
        async with open_state(home, Address(public_port=80), rules=rules, screen=screen) as state:
            chosen = QueueSettings.model_validate({"pause_seconds": 0, "daily_cap": None, **settings})
            await state.context.settings.write("queue", chosen)
            app = create_public(state)
            state.runtime.start(state.context, lambda: [integration])
            await state.runtime.wait()
            queue = state.runtime.services[QueueService].queue
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url=f"http://{HOST}", headers={"Host": HOST}) as http:
                yield Served(state, app, http, queue)
            await state.guard.streams.close()
            await state.runtime.stop()
