"""Asking a keyring, which may ask its person in turn: one at a time, not for ever, and not again at once where it refused."""

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


class Patience(BaseModel):
    """How long the keyring is waited for: the section `secrets` of the settings."""

    reading_seconds: float = Field(5.0, gt=0, description="How long a page waits for it.")
    writing_seconds: float = Field(20.0, gt=0, description="How long what is to be kept waits for it, then it goes to a file.")
    rest_seconds: float = Field(300.0, ge=0, description="How long it is left alone after it refused or did not answer.")


class Call(Generic[R]):
    """One question. Either its answer is heard or it is given up, never both."""

    def __init__(self) -> None:
        self.future: Future[R] = Future()
        self.future.set_running_or_notify_cancel()  # so that the end of the waiting does not cancel it
        self._turn = threading.Lock()
        self._over = False

    def settle(self) -> bool:
        """Have it answered, or given up, whoever comes first."""
        with self._turn:
            first, self._over = not self._over, True
        return first

    @property
    def over(self) -> bool:
        """Nobody waits for it any more."""
        return self._over


class Asking:
    """The questions to a keyring. `refusal`: the sentence of the last one, until the keyring answers again."""

    def __init__(self, rest_seconds: float) -> None:
        self._rest_seconds = rest_seconds
        self._turn = threading.Lock()
        self._until = 0.0
        self.refusal: str | None = None

    @property
    def rests(self) -> bool:
        """It refused a short while ago, or its person has still not answered it."""
        return self.refusal is not None and (self._turn.locked() or time.monotonic() < self._until)

    async def ask(self, work: Callable[[], R], seconds: float, undo: Callable[[], object] | None = None) -> R:
        """Do something with the keyring, or raise Unavailable. `undo`: what to do where it was done after all, too late."""
        if self.rests:
            raise Unavailable(self.refusal or SILENT)
        call = Call[R]()
        threading.Thread(target=self._run, args=(call, work, undo), name="secrets", daemon=True).start()
        try:
            async with asyncio.timeout(seconds):  # wait_for of Python 3.11 may lose a cancellation
                return await asyncio.wrap_future(call.future)
        except TimeoutError:
            if not call.settle():
                return call.future.result()
            self._refuse(SILENT)
            raise Unavailable(SILENT) from None

    def _run(self, call: Call[R], work: Callable[[], R], undo: Callable[[], object] | None) -> None:
        """Take the turn. The program's end does not wait for this thread, as it would for a pool's."""
        with self._turn:
            if call.over:
                return
            try:
                result = self._do(work)
            except BaseException as error:  # noqa: BLE001, whoever waits hears it
                if call.settle():
                    call.future.set_exception(error)
            else:
                if call.settle():
                    call.future.set_result(result)
                elif undo:
                    undo()

    def _do(self, work: Callable[[], R]) -> R:
        if self.refusal and time.monotonic() < self._until:  # somebody before was refused meanwhile
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
