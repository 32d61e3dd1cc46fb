"""The OpenAI API as another way to an answer: for prompts that are meant for it, and for others if no browser can take them.

The latter only if the person has allowed it (`api_fallback`), as it costs money. Each answer says that it came this way.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from server.core.errors import Conflict, DeskhandError, NotFound
from server.integrations.queue.changes import Change
from server.integrations.queue.extension.worker import Worker
from server.integrations.queue.models import Lane, Lease, Prompt, PromptFailure, PromptFilter, PromptResult
from server.integrations.queue.queue import Queue
from server.integrations.queue.states import ENDED, HELD, State
from server.sdk.model_answers import AnswerLost, ModelAnswer, ModelAnswers, ModelTurn

R = TypeVar("R")
WORKERS = ("openai-api-1", "openai-api-2", "openai-api-3")
LOOK_SECONDS = 30.0  # for a key, while there is none
RESTART_SECONDS = 5.0  # after an error that was not foreseen
MOST_EARLIER = 20  # prompts of the chat that go along
ANSWERED, BECAUSE = "Answered by the OpenAI API ({model}).", "Answered by the OpenAI API ({model}), because {reason}."
NO_BROWSER, NO_LAYOUT = "no browser was connected", "the extension did not recognize ChatGPT's page"
NO_HISTORY = "The OpenAI API did not know what was said in this ChatGPT chat before."
OTHER_MODEL = "The model “{model}” was not asked."


class Fallback:
    """Answers prompts over the API. `list_workers`: the browsers that are connected."""

    def __init__(self, queue: Queue, list_workers: Callable[[], Iterable[Worker]]) -> None:
        self._queue, self._context, self._list_workers = queue, queue.context, list_workers
        self._reason, self._since = NO_BROWSER, self._now()
        self._blocked_until = self._since

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer prompts while the block runs."""
        tasks = [
            self._context.tasks.repeat(partial(self.run, worker), lambda: RESTART_SECONDS, name="ask the OpenAI API")
            for worker in WORKERS
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    async def run(self, worker_id: str) -> None:
        """Answer one prompt after another until cancelled. What an earlier run has sent is uncertain."""
        await self._queue.lose(worker_id)
        wake = asyncio.Event()
        with self._queue.changes.listening(lambda change: self._take_change(change, wake)):
            while True:
                wake.clear()
                if lease := await self.claim(worker_id):
                    await self.answer(worker_id, lease)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self._find_delay()):
                        await wake.wait()

    async def claim(self, worker_id: str) -> Lease | None:
        """Claim a prompt that is meant for the API, or one that no browser can take."""
        self._look_at_browsers()
        if self._find_answers() is None:
            return None
        if lease := await self._queue.claim(worker_id, lane=Lane.api):
            return lease
        moment = self._find_moment()
        return await self._queue.claim(worker_id) if moment and moment <= self._now() else None

    async def answer(self, worker_id: str, lease: Lease) -> None:
        """Answer a prompt; if that fails, a browser may still take one that was meant for it."""
        beating = asyncio.create_task(self._beat(worker_id))
        try:
            with self._watching(lease.prompt.id) as ended:
                prompt = await self._queue.acknowledge(lease.prompt.id, lease.token, worker_id)
                await self._ask(worker_id, lease, prompt, ended)
        except (Conflict, NotFound):  # it was cancelled
            return
        finally:
            beating.cancel()

    @contextmanager
    def _watching(self, prompt_id: str) -> Iterator[asyncio.Event]:
        """Set an event inside the `with` as soon as a prompt has ended."""
        ended = asyncio.Event()

        def take(change: Change) -> None:
            if change.prompt_id == prompt_id and change.state in ENDED:
                ended.set()

        with self._queue.changes.listening(take):
            yield ended

    async def _ask(self, worker_id: str, lease: Lease, prompt: Prompt, ended: asyncio.Event) -> None:
        answers, earlier = self._context.offers.require(ModelAnswers), await self._read_earlier(prompt)
        turns = [*make_turns(earlier), ModelTurn("user", prompt.message)]
        model = (prompt.model or "") if prompt.lane is Lane.api else ""
        try:
            answer = await run_until(ended, answers.answer(turns, model=model, client=prompt.client.id))
        except AnswerLost:
            await self._queue.lose(worker_id)
        except DeskhandError as error:
            await self._give_up(lease, error)
        else:
            if answer is None:  # it was cancelled
                return
            notes = self._write_notes(prompt, answer, earlier)
            result = PromptResult(answer.text, model=answer.model, notes=notes, lane=Lane.api)
            await self._queue.complete(prompt.id, lease.token, result)

    async def _give_up(self, lease: Lease, error: DeskhandError) -> None:
        """Record that OpenAI has not answered. A prompt that was meant for a browser waits for one, or for OpenAI, again."""
        if lease.prompt.lane is Lane.api:
            await self._queue.fail(lease.prompt.id, lease.token, PromptFailure("api_failed", error.detail, sent=False))
        else:
            self._blocked_until = self._now() + timedelta(seconds=self._queue.read_settings().fallback_seconds)
            await self._queue.release(lease.prompt.id, lease.token, error.detail)

    def _write_notes(self, prompt: Prompt, answer: ModelAnswer, earlier: Sequence[Prompt]) -> tuple[str, ...]:
        """Write notes on the way that the answer came, and on its gaps."""
        is_fallback = prompt.lane is Lane.browser
        notes = [
            BECAUSE.format(model=answer.model, reason=self._reason)
            if is_fallback and self._reason
            else ANSWERED.format(model=answer.model)
        ]
        if prompt.chat.chat_id and not earlier:
            notes.append(NO_HISTORY)
        if prompt.model and is_fallback:
            notes.append(OTHER_MODEL.format(model=prompt.model))
        return tuple(notes)

    async def _read_earlier(self, prompt: Prompt) -> list[Prompt]:
        """Read the latest earlier prompts of the chat that were answered, oldest first."""
        client_id, chat, before = prompt.client.id, prompt.chat.id, str(prompt.number)
        done = PromptFilter(client_id, states=(State.done,), chat=chat, cursor=before, limit=MOST_EARLIER, count=False)
        return [each for each in reversed((await self._queue.list(done)).items) if each.response]

    async def _beat(self, worker_id: str) -> None:
        while True:
            await asyncio.sleep(self._queue.read_settings().lease_seconds / 3)
            await self._queue.heartbeat(worker_id)

    def _look_at_browsers(self) -> None:
        """Note since when no browser can take prompts, and why. What its person has to settle is no reason."""
        workers = list(self._list_workers())
        reason = "" if any(map(knows_page, workers)) else NO_LAYOUT if workers else NO_BROWSER
        if reason != self._reason:
            self._reason, self._since = reason, self._now()

    def _find_moment(self) -> datetime | None:
        """Find from when on prompts of browsers are answered here; None if not."""
        settings = self._queue.read_settings()
        if not settings.api_fallback or not self._reason:
            return None
        grace = settings.fallback_seconds if self._reason == NO_BROWSER else 0  # a browser that restarts is back soon
        return max(self._since + timedelta(seconds=grace), self._blocked_until)

    async def _find_delay(self) -> float | None:
        """Find in how many seconds a prompt may be claimed although nothing changes."""
        if self._find_answers() is None:
            return LOOK_SECONDS
        moments = [await self._queue.next_claim_at(Lane.api, ())]
        if begin := self._find_moment():
            ready = await self._queue.next_claim_at(capabilities=())
            moments.append(max(begin, ready) if ready else None)
        delays = [(moment - self._now()).total_seconds() for moment in moments if moment]
        return max(min(delays), 0.05) if delays else None

    def _find_answers(self) -> ModelAnswers | None:
        answers = self._context.offers.find(ModelAnswers)
        return answers if answers and answers.is_ready else None

    def _take_change(self, change: Change, wake: asyncio.Event) -> None:
        """Wake up, unless the change makes nothing claimable, or there is no key."""
        if not change.partial and change.state not in HELD and self._find_answers():
            wake.set()

    def _now(self) -> datetime:
        return self._context.clock.now()


async def run_until(ended: asyncio.Event, work: Coroutine[Any, Any, R]) -> R | None:
    """Run something to its end; cancel it as soon as an event is set, and return None."""
    task, waiting = asyncio.create_task(work), asyncio.create_task(ended.wait())
    try:
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        return await task if task.done() else None
    finally:
        waiting.cancel()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)  # it closes its request, and counts what was used


def knows_page(worker: Worker) -> bool:
    """Return whether an extension recognizes ChatGPT's page, as far as it has reported."""
    tested = worker.self_test is None or worker.self_test.ok
    return tested and (worker.page is None or worker.page.state != "unknown_layout")


def make_turns(earlier: Sequence[Prompt]) -> list[ModelTurn]:
    """Make the turns of earlier prompts and their answers."""
    return [
        turn for prompt in earlier for turn in (ModelTurn("user", prompt.message), ModelTurn("assistant", prompt.response or ""))
    ]
