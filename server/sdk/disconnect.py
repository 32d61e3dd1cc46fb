"""Calls whose client hangs up."""

import asyncio

from starlette.types import Receive

WATCH_SECONDS = 0.1  # after which a call is watched for a client that hangs up; most have been answered by then


class DisconnectWatch:
    """Cancels the task inside the `with` when its client hangs up, once it takes long. The body must have been read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task = asyncio.current_task()
        self._watching: asyncio.Task[None] | None = None
        self._disconnected = False

    def __enter__(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_SECONDS, self._begin)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._timer.cancel()
        if self._watching:
            self._watching.cancel()
        if not self._disconnected or self._task is None:
            return False
        self._task.uncancel()
        return kind is asyncio.CancelledError

    def _begin(self) -> None:
        self._watching = asyncio.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._disconnected = True
        if self._task:
            self._task.cancel()
