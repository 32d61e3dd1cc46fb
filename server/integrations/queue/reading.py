"""Reading of a prompt: its files, waiting for its end, and estimating that."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from server.integrations.queue.models import Lane, Place, Prompt
from server.integrations.queue.states import OPEN, WAITING
from server.integrations.queue.store import attachments, places, prompts
from server.integrations.queue.store.claims import Kind
from server.integrations.queue.transactions import Transactions


@dataclass(frozen=True)
class Reading:
    """Reads prompts that have not ended. `list_browsers`: the capabilities of those that can work."""

    transactions: Transactions
    list_browsers: Callable[[], Iterable[Collection[str]]]

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

    async def find_places(self, listed: Sequence[Prompt]) -> dict[str, Place]:
        """Find the places of those prompts that wait, by their ids, and expect their answers at the pace of the latest ones.

        No answer is expected while no browser can take it, or the queue, all of Deskhand or a client must wait for the person.
        """
        waiting = [prompt for prompt in listed if prompt.state in WAITING]
        if not waiting:
            return {}
        line = await self.transactions.read(places.read_line, waiting)
        is_served = line.durations and not line.paused and not self.transactions.context.is_paused()
        pace = sum(line.durations) / len(line.durations) + self.transactions.read_settings().pause_seconds if is_served else None
        kinds = {Kind.of(Lane.browser, capabilities) for capabilities in self.list_browsers()}
        held = {
            prompt.id for prompt in waiting if prompt.client.id in line.held or not any(kind.can_take(prompt) for kind in kinds)
        }
        return {
            prompt.id: self._estimate(prompt, line.ahead.get(prompt.number, 0), None if prompt.id in held else pace)
            for prompt in waiting
        }

    def _estimate(self, prompt: Prompt, ahead: int, pace: float | None) -> Place:
        if pace is None or prompt.lane is not Lane.browser:
            return Place(ahead + 1)
        expected = self.transactions.context.clock.now() + timedelta(seconds=pace * (ahead + 1))
        return Place(ahead + 1, max(expected, prompt.not_before or expected))
