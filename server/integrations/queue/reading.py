"""Reading of a prompt: its files, waiting for its end, and estimating that."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from server.integrations.queue.models import Lane, Place, Prompt
from server.integrations.queue.states import OPEN, State
from server.integrations.queue.store import attachments, prompts
from server.integrations.queue.transactions import Transactions


@dataclass(frozen=True)
class Reading:
    """Reads single prompts."""

    transactions: Transactions

    async def wait_for_end(self, prompt_id: str, seconds: float, client_id: str | None) -> Prompt:
        """Read a prompt as soon as it has ended, at the latest after so many seconds."""
        changed = asyncio.Event()

        async def read() -> Prompt:
            changed.clear()
            return await self.transactions.read(prompts.read_prompt, prompt_id, client_id)

        with self.transactions.changes.listening(lambda change: changed.set() if change.prompt_id == prompt_id else None):
            result = await read()
            try:
                async with asyncio.timeout(seconds):
                    while result.state in OPEN:
                        await changed.wait()
                        result = await read()
            except TimeoutError:
                result = await read()
        return result

    async def read_attachment(self, prompt_id: str, token: int, place: int, offset: int, most: int) -> bytes:
        """Read a piece of a file for the extension that holds the prompt."""
        return await self.transactions.read(attachments.read_piece, prompt_id, token, place, offset, most)

    async def find_place(self, prompt_id: str) -> Place | None:
        """Find the place of a waiting prompt, and when its answer is expected at the pace of the latest ones."""
        result, ahead, durations = await self.transactions.read(prompts.read_place, prompt_id)
        if result.state not in {State.idle, State.leased}:
            return None
        if not durations or result.lane != Lane.browser or self.transactions.context.is_paused():
            return Place(ahead + 1)
        pace = sum(durations) / len(durations) + self.transactions.read_settings().pause_seconds
        expected = self.transactions.context.clock.now() + timedelta(seconds=pace * (ahead + 1))
        return Place(ahead + 1, max(expected, result.not_before or expected))
