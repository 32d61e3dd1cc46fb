"""A small application that sends letters, behind the real guard and the real database, and a person who may be asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from pydantic import BaseModel
from sqlalchemy import Connection

from server.access.approvals.approval import SECTION, ApprovalSettings
from server.access.clients.registry import Policy
from server.core.errors import NotFound
from server.core.sentences import Sentence
from server.http.application import new_application
from server.runtime.state import RateLimits, State
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest
from server.sdk.operation import Effect, Operations, require_allowed, require_still_allowed

LETTER = Sentence(
    "send a letter to {to}", "is sending a letter to {to}", "sent a letter to {to}", "could not send a letter to {to}"
)


class Letter(BaseModel):
    to: str
    text: str = ""
    token: str = ""


class Invitation(BaseModel):
    to: list[str]
    bcc: list[str] = []
    text: str = ""


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
    signature: str = ""
    paper: str = ""

    async def client(
        self, name: str = "bot", scopes: str = "read:mail write:mail", rate: str | None = None, **policies: str
    ) -> dict:
        chosen = {operation: Policy(policy) for operation, policy in policies.items()}
        _, key = await self.state.clients.create(name, frozenset(scopes.split()), chosen, rate)
        return {"Authorization": f"Bearer {key}"}

    async def send(self, headers: dict, text: str = "hi", *, wait: bool = False, **more: str) -> httpx2.Response:
        prefer = {} if wait else {"Prefer": "respond-async"}
        return await self.http.post("/mail/send", json={"to": "ann", "text": text, **more}, headers={**prefer, **headers})

    async def invite(self, headers: dict, *to: str, **more: Any) -> httpx2.Response:
        headers = {"Prefer": "respond-async", **headers}
        return await self.http.post("/mail/invite", json={"to": to, **more}, headers=headers)

    async def look(self, headers: dict, approval_id: str) -> dict:
        return (await self.http.get(f"/approvals/{approval_id}", headers=headers)).json()

    async def wait_for(self, headers: dict, approval_id: str, status: str) -> dict:
        async with asyncio.timeout(60):
            while (seen := await self.look(headers, approval_id))["status"] != status:
                await asyncio.sleep(0.005)
        return seen

    async def question(self) -> ApprovalRequest:
        async with asyncio.timeout(60):
            while not (approval_requests := await self.state.context.approval_requests.list()):
                await asyncio.sleep(0.005)
        return approval_requests[-1]

    async def approve(self, extent: ApprovalDuration = ApprovalDuration.once) -> str:
        return await self.state.context.approval_requests.approve((await self.question()).id, extent)

    async def deny(self, reason: str = "") -> str:
        return await self.state.context.approval_requests.deny((await self.question()).id, reason)

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
        return foresee(letter)

    def foresee(letter: Letter) -> Effect:
        signed = (("Signature", post.signature),) if post.signature else ()
        return Effect(LETTER.fill(to=letter.to), (("To", letter.to), ("Text", letter.text), *signed), seal=post.paper)

    async def preview_invitation(order: Invitation) -> Effect:
        post.previewing.set()
        if post.hold_preview:
            await post.hold_preview.wait()
        signed = (("Signature", post.signature),) if post.signature else ()
        shown = (("To", ", ".join(order.to)), ("Text", order.text), *signed)
        return Effect("invite some people", shown, (*order.to, *order.bcc))

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
        require_allowed(foresee(letter))
        await require_still_allowed()
        post.sent.append(letter.text)
        return {"sent": len(post.sent)}

    @mail.operation("POST", "/large", scope="write:mail", preview=preview, largest_body=8 * 1024 * 1024)
    async def send_large_letter(letter: Letter) -> dict[str, int]:
        """Send a letter with something large in it."""
        post.sent.append(letter.text[:10])
        return {"sent": len(post.sent)}

    @mail.operation("POST", "/invite", scope="write:mail", preview=preview_invitation, reaches_others=True)
    async def invite_people(order: Invitation) -> dict[str, int]:
        """Invite people."""
        post.sent.append(order.text)
        return {"sent": len(post.sent)}

    return mail


@asynccontextmanager
async def posting(opened, rules: RateLimits | None = None, **settings: float) -> AsyncIterator[Post]:
    async with opened(rules) as state:
        app = new_application("Test")
        app.state.guard = state.guard
        app.state.services = state.runtime.services
        await state.context.settings.write(
            SECTION, ApprovalSettings.model_validate({"wait_seconds": 20, "result_seconds": 0, **settings})
        )
        state.inside.app = app
        for router in state.runtime.core:
            app.include_router(router)
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as http:
            post = Post(state, http)
            app.include_router(make_router(post))
            yield post
            await state.runner.stop()


async def fill_disk(state: State, change: str) -> None:
    """Let a change such as "UPDATE ON activity" find the disk full, until `make_room`."""
    trigger = f"CREATE TRIGGER full BEFORE {change} BEGIN INSERT INTO filling VALUES (zeroblob(4000000)); END"

    def fill(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        for statement in (f"PRAGMA max_page_count = {pages + 100}", "CREATE TABLE filling (content)", trigger):
            connection.exec_driver_sql(statement)

    await state.context.database.write(fill)


async def make_room(state: State) -> None:
    """End what `fill_disk` began."""
    await state.context.database.write(lambda connection: connection.exec_driver_sql("DROP TRIGGER full") and None)
