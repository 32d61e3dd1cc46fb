"""Calls to a keyring, which may prompt for a password: one at a time, with a timeout, and with a pause after a refusal."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from server.core.errors import Unavailable

R = TypeVar("R")

SILENT = "The keyring of this computer does not answer. It may be asking for its password: look for its window."


class KeyringTimeouts(BaseModel):
    """Timeouts of the keyring: the section `secrets` of the settings."""

    reading_seconds: float = Field(5.0, gt=0, description="Seconds to wait for a secret.")
    writing_seconds: float = Field(20.0, gt=0, description="Seconds to wait when a secret is stored; then it goes to a file.")
    rest_seconds: float = Field(300.0, ge=0, description="Seconds before it is asked again after a refusal or timeout.")


class KeyringCall(Generic[R]):
    """A call that is either answered or abandoned, never both."""

    def __init__(self) -> None:
        self.future: Future[R] = Future()
        self.future.set_running_or_notify_cancel()  # so that a timeout does not cancel it
        self._lock = threading.Lock()
        self._is_over = False

    def claim(self) -> bool:
        """Claim the call. Return False if it was claimed before."""
        with self._lock:
            first, self._is_over = not self._is_over, True
        return first

    @property
    def is_abandoned(self) -> bool:
        """Return whether the call was claimed."""
        return self._is_over


class KeyringWorker:
    """Runs calls to a keyring. `refusal`: the last refusal, until the keyring answers again."""

    def __init__(self, rest_seconds: float) -> None:
        self._rest_seconds = rest_seconds
        self._lock = threading.Lock()
        self._until = 0.0
        self.refusal: str | None = None

    @property
    def is_resting(self) -> bool:
        """Return whether it refused less than `rest_seconds` ago or still waits for its password."""
        return self.refusal is not None and (self._lock.locked() or time.monotonic() < self._until)

    async def run(self, work: Callable[[], R], seconds: float, undo: Callable[[], object] | None = None) -> R:
        """Run `work` with the keyring. `undo` runs if `work` finishes after the timeout. Raises Unavailable."""
        if self.is_resting:
            raise Unavailable(self.refusal or SILENT)
        call = KeyringCall[R]()
        threading.Thread(target=self._run, args=(call, work, undo), name="secrets", daemon=True).start()
        try:
            async with asyncio.timeout(seconds):  # wait_for of Python 3.11 may lose a cancellation
                return await asyncio.wrap_future(call.future)
        except TimeoutError:
            if not call.claim():
                return call.future.result()
            self._refuse(SILENT)
            raise Unavailable(SILENT) from None

    def _run(self, call: KeyringCall[R], work: Callable[[], R], undo: Callable[[], object] | None) -> None:
        """Run one call at a time, in a daemon thread: the interpreter waits at exit for the threads of a pool."""
        with self._lock:
            if call.is_abandoned:
                return
            try:
                result = self._do(work)
            except BaseException as error:  # noqa: BLE001, raised to the caller
                if call.claim():
                    call.future.set_exception(error)
            else:
                if call.claim():
                    call.future.set_result(result)
                elif undo:
                    undo()

    def _do(self, work: Callable[[], R]) -> R:
        if self.refusal and time.monotonic() < self._until:  # an earlier call was refused meanwhile
            raise Unavailable(self.refusal)
        try:
            result = work()
        except Unavailable as error:
            self._refuse(error.detail)
            raise
        self.refusal = None
        return result

    def _refuse(self, sentence: str) -> None:
        self.refusal, self._until = sentence, time.monotonic() + self._rest_seconds
