"""A small application that sends letters, behind the real guard and the real database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from pydantic import BaseModel

from server.access.clients import Policy
from server.errors import NotFound
from server.operation import Effect, Operations
from server.state import Rules, State
from server.surface import new_application


class Letter(BaseModel):
    to: str
    text: str = ""
    token: str = ""


@dataclass
class Post:
    """An application with a few operations, behind the real guard and the real database."""

    state: State
    http: httpx2.AsyncClient
    sent: list[str] = field(default_factory=list)
    fail: Exception | None = None
    hold: asyncio.Event | None = None
    hold_preview: asyncio.Event | None = None
    previewing: asyncio.Event = field(default_factory=asyncio.Event)

    async def client(
        self, name: str = "bot", scopes: str = "read:mail write:mail", rate: str | None = None, **policies: str
    ) -> dict:
        chosen = {operation: Policy(policy) for operation, policy in policies.items()}
        _, key = await self.state.clients.create(name, frozenset(scopes.split()), chosen, rate)
        return {"Authorization": f"Bearer {key}"}

    async def last(self) -> Any:
        return (await self.state.activity.list(1))[0]


def make_router(post: Post) -> Operations:
    mail = Operations(prefix="/mail", title="Mail")

    async def preview(letter: Letter) -> Effect:
        post.previewing.set()
        if post.hold_preview:
            await post.hold_preview.wait()
        if letter.to == "nobody":
            raise NotFound("There is no such person.")
        return Effect(f"send a letter to {letter.to}", (("To", letter.to), ("Text", letter.text)))

    @mail.operation("GET", "/list", scope="read:mail")
    async def list_letters(most: int = 10) -> list[str]:
        """List the letters."""
        if post.hold:
            await post.hold.wait()
        if post.fail:
            raise post.fail
        return post.sent[:most]

    @mail.operation("POST", "/send", scope="write:mail", preview=preview)
    async def send_letter(letter: Letter) -> dict[str, int]:
        """Send a letter."""
        if post.hold:
            await post.hold.wait()
        if post.fail:
            raise post.fail
        post.sent.append(letter.text)
        return {"sent": len(post.sent)}

    return mail


@asynccontextmanager
async def posting(opened, rules: Rules | None = None) -> AsyncIterator[Post]:
    async with opened(rules) as state:
        app = new_application("Test")
        app.state.gate = state.guard
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
            post = Post(state, http)
            app.include_router(make_router(post))
            yield post
