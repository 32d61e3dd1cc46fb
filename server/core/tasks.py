"""Background tasks of the program: supervised in one place, cancelled and awaited at its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


class Tasks:
    """Supervised group of background tasks. A failure is logged and shown in `problem`; it ends no other task.

    `name` finishes the sentence "Deskhand could not …": tasks with the same purpose share it.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failed: dict[str, None] = {}

    @property
    def problem(self) -> str | None:
        """Sentence for the person while the last task of some name has failed."""
        return f"Deskhand could not {' or '.join(self._failed)}. Its log says why." if self._failed else None

    def start(self, coroutine: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
        """Run a coroutine in the background."""
        task = self._add(coroutine, name)
        task.add_done_callback(self._report)
        return task

    def repeat(self, job: Callable[[], Awaitable[object]], seconds: Callable[[], float], *, name: str) -> asyncio.Task[None]:
        """Run a job now and again after `seconds()`, read anew each time. A failed run does not prevent the next."""

        async def run_forever() -> None:
            while True:
                try:
                    await job()
                    self._failed.pop(name, None)
                except Exception as error:  # noqa: BLE001, reported
                    self._note_failure(name, error)
                await asyncio.sleep(seconds())

        return self.start(run_forever(), name=name)

    async def complete(self, coroutine: Coroutine[Any, Any, T], *, name: str, abandon: bool = False) -> T:
        """Await a coroutine that continues to its end if the caller is cancelled; its failures are the caller's.

        `abandon`: it is then cancelled instead, once (anyio would cancel each of its awaits, also those that clean up).
        """
        task = self._add(coroutine, name)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if abandon:
                task.cancel()
            task.add_done_callback(self._report)
            raise

    async def wait(self, name: str, seconds: float | None = None) -> set[asyncio.Task[Any]]:
        """Wait for the tasks of this name, at most so long; return those that still run."""
        tasks = {task for task in self._tasks if task.get_name() == name}
        return (await asyncio.wait(tasks, timeout=seconds))[1] if tasks else set()

    async def close(self) -> None:
        """Cancel and await all tasks, including those that others start meanwhile."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    def _add(self, coroutine: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _report(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            return
        if error := task.exception():
            self._note_failure(task.get_name(), error)
        else:
            self._failed.pop(task.get_name(), None)

    def _note_failure(self, name: str, error: BaseException) -> None:
        self._failed[name] = None
        log.error("Deskhand could not %s.", name, exc_info=error)


async def run_to_end(work: Callable[[], object], on_cancel: Callable[[], object] = lambda: None) -> None:
    """Run blocking work in a thread. If this is cancelled, `on_cancel` is called, and the end of the work is still awaited."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        on_cancel()
        await asyncio.gather(running, return_exceptions=True)
        raise
