"""Secrets: in the keyring of this computer, or in a file for this person alone where there is none."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from server.errors import Unavailable
from server.storage.files import move_aside, read_json_object, utc_now, write_json
from server.storage.keyrings import Keyring, find_keyring

R = TypeVar("R")

SECRETS_FILE = "secrets.json"
SECONDS = 60.0  # a keyring may have to ask its person for a password first

log = logging.getLogger(__name__)


class Place(Protocol):
    """Where secrets lie. `sentence` says it to a person."""

    @property
    def sentence(self) -> str: ...

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str) -> None: ...

    def delete(self, name: str) -> None: ...


class SecretFile:
    """A JSON object in a file that nobody else may read. One that is broken is kept aside."""

    def __init__(self, path: Path, sentence: str) -> None:
        self._path = path
        self.sentence = sentence
        self.problem: str | None = None

    def check(self) -> None:
        """Look whether the file can be read."""
        self._read()

    def get(self, name: str) -> str | None:
        value = self._read().get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: str) -> None:
        write_json(self._path, self._read() | {name: value})

    def delete(self, name: str) -> None:
        kept = self._read()
        if kept.pop(name, None) is not None:
            write_json(self._path, kept)

    def _read(self) -> dict[str, object]:
        try:
            return read_json_object(self._path) or {}
        except ValueError:
            aside = move_aside(self._path, utc_now)
            self.problem = f"The secrets could not be read, so sign in again. {aside.name} is the old file."
            log.warning(self.problem)
            return {}


class Secrets:
    """Secrets by name. Each verb raises Unavailable, with a sentence, where the keyring is locked or the disk is full.

    `folder_only`: everything has to lie in the data folder. A file that is there stays in use, so that a start without a
    desktop and one with it find the same secrets.
    """

    def __init__(self, data: Path, *, folder_only: bool = False, seconds: float = SECONDS) -> None:
        self._path = data / SECRETS_FILE
        self._seconds = seconds
        self._turn = threading.Lock()
        self._found: Future[Place] = Future()
        if folder_only or self._path.exists():
            place = SecretFile(self._path, f"Secrets lie in Deskhand's folder, in {SECRETS_FILE}, for you alone.")
            with suppress(Unavailable):  # whoever asks for a secret hears it
                place.check()
            self._found.set_result(place)
        else:
            settle_in_thread(self._found, self._find)

    @property
    def place(self) -> str:
        """Where secrets lie, in a sentence."""
        if not self._found.done():
            return "Deskhand is still looking for the keyring of this computer."
        return self._found.result().sentence

    @property
    def problem(self) -> str | None:
        """A sentence, where secrets that were kept could not be read."""
        return getattr(self._found.result(), "problem", None) if self._found.done() else None

    async def get(self, name: str) -> str | None:
        """Read a secret; None where there is none of this name."""
        return await self._do(lambda place: place.get(name))

    async def set(self, name: str, value: str) -> None:
        """Keep a secret, of any length."""
        await self._do(lambda place: place.set(name, value))

    async def delete(self, name: str) -> None:
        """Forget a secret, if it is there."""
        await self._do(lambda place: place.delete(name))

    def _find(self) -> Place:
        found = find_keyring()
        if found is None:
            sentence = f"This computer has no keyring, so secrets lie in {SECRETS_FILE}, a file for you alone."
            return SecretFile(self._path, sentence)
        return Keyring(found)

    async def _do(self, work: Callable[[Place], R]) -> R:
        def take_turn() -> R:
            if not self._turn.acquire(timeout=self._seconds):
                raise TimeoutError
            try:
                return work(self._found.result())
            finally:
                self._turn.release()

        done: Future[R] = Future()
        settle_in_thread(done, take_turn)
        try:
            async with asyncio.timeout(self._seconds):  # wait_for of Python 3.11 may lose a cancellation
                return await asyncio.wrap_future(done)
        except TimeoutError:
            raise Unavailable(
                "The keyring of this computer does not answer. It may be asking for its password: look for its window."
            ) from None


def settle_in_thread(future: Future[R], function: Callable[[], R]) -> None:
    """Run a function that may wait for a person. Nobody waits for this thread when the program ends, as for a pool's."""

    def settle() -> None:
        future.set_running_or_notify_cancel()
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001, whoever waits for the future hears it
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=settle, name="secrets", daemon=True).start()
