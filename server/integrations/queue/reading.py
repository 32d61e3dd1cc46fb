"""Reading: prompts, their places in the queue, and chats."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from server.core.errors import NotFound
from server.integrations.queue.core import UNKNOWN, Core
from server.integrations.queue.models import Chat, Lane, Page, Place, Prompt, PromptFilter
from server.integrations.queue.states import OPEN, State
from server.integrations.queue.store import chats, prompts

NO_CHAT = "There is no such chat."


@dataclass(frozen=True)
class Reading:
    """Reads prompts and chats."""

    core: Core

    async def read(self, prompt_id: str, client_id: str | None) -> Prompt:
        """Read a prompt with everything that is stored of it."""
        found = await self.core.context.database.read(prompts.read_prompt, prompt_id, client_id)
        if found is None:
            raise NotFound(UNKNOWN)
        return found

    async def wait_for_end(self, prompt_id: str, seconds: float, client_id: str | None) -> Prompt:
        """Read a prompt as soon as it has ended."""
        changed = asyncio.Event()
        with self.core.changes.listening(lambda change: changed.set() if change.prompt_id == prompt_id else None):
            try:
                async with asyncio.timeout(seconds):
                    while (found := await self.read(prompt_id, client_id)).state in OPEN:
                        await changed.wait()
                        changed.clear()
            except TimeoutError:
                return await self.read(prompt_id, client_id)
        return found

    async def list(self, selection: PromptFilter) -> Page[Prompt]:
        """List prompts."""
        return await self.core.context.database.read(prompts.list_prompts, selection)

    async def find_place(self, prompt_id: str) -> Place | None:
        """Find the place of a waiting prompt, and when its answer is expected at the pace of the latest ones."""
        core = self.core
        found, ahead, durations = await core.context.database.read(read_place, prompt_id)
        if found.state not in {State.idle, State.leased}:
            return None
        if not durations or found.lane != Lane.browser:
            return Place(ahead + 1)
        pace = sum(durations) / len(durations) + core.read_settings().pause_seconds
        expected = core.context.clock.now() + timedelta(seconds=pace * (ahead + 1))
        return Place(ahead + 1, max(expected, found.not_before or expected))

    async def chats(self, client_id: str | None) -> "list[Chat]":
        """List chats."""
        return await self.core.context.database.read(chats.list_chats, client_id)

    async def find_chat(self, chat_id: str, client_id: str | None) -> Chat:
        """Find a chat by ChatGPT's id of it."""
        found = await self.core.context.database.read(chats.find_chat, client_id, chat_id)
        if found is None:
            raise NotFound(NO_CHAT)
        return found


def read_place(connection: Connection, prompt_id: str) -> tuple[Prompt, int, list[float]]:
    """Read a prompt, how many are before it, and how long the latest answers took."""
    found = prompts.find_prompt(connection, prompt_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found, prompts.count_ahead(connection, found), prompts.list_durations(connection)
