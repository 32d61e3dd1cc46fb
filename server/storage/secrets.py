"""Secrets in the keyring of this computer, or in a 0600 file if there is none or it refuses."""

import asyncio
import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from server.core.errors import Unavailable
from server.storage.keyring_index import INDEX_FILE, KeyringIndex
from server.storage.keyring_worker import KeyringTimeouts, KeyringWorker
from server.storage.keyrings import Keyring, find_keyring
from server.system.files import move_aside, read_json_object, utc_now, write_json

SECRETS_FILE = "secrets.json"
SECTION = "secrets"  # of the settings: KeyringTimeouts
IN_FOLDER = f"Secrets are stored in Deskhand's folder, in {SECRETS_FILE}, readable only by you."
NO_KEYRING = f"This computer has no keyring, so secrets are stored in {SECRETS_FILE}, a file only you can read."
REFUSED = (
    "The keyring of this computer refused or did not answer, "
    f"so new secrets are stored in {SECRETS_FILE}, a file only you can read."
)
BOTH = f"New secrets are stored in {SECRETS_FILE}, a file only you can read; older ones in the keyring of this computer."
LOOKING = "Deskhand is still looking for the keyring of this computer."
OUT_OF_REACH = (
    "Some secrets are stored in a keyring that is not available now. Start Deskhand from your desktop, or sign in again."
)

log = logging.getLogger(__name__)


class SecretFile:
    """A JSON object in a file that nobody else may read. One that is broken is kept aside."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.problem: str | None = None

    @property
    def is_there(self) -> bool:
        """A secret was kept in it before."""
        return self._path.exists()

    def check(self) -> None:
        """Read the file once, to report a problem early."""
        self._read()

    def get(self, name: str) -> str | None:
        value = self._read().get(name)
        return value if isinstance(value, str) else None

    def set(self, name: str, value: str) -> None:
        with self._lock:
            write_json(self._path, self._read() | {name: value})

    def delete(self, name: str) -> None:
        with self._lock:
            secrets_by_name = self._read()
            if secrets_by_name.pop(name, None) is not None:
                write_json(self._path, secrets_by_name)

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

    The keyring is opened only for what it has, or is to have: one that was never used asks its person for a password of its
    own. `folder_only`: everything has to lie in the data folder. A file that is there stays in use, so that a start without a
    desktop and one with it find the same secrets. `from_before`: the folder was used before there was an index of names.
    """

    def __init__(
        self, data: Path, *, folder_only: bool = False, from_before: bool = False, timeouts: KeyringTimeouts | None = None
    ) -> None:
        self._timeouts = timeouts or KeyringTimeouts()
        self._file = SecretFile(data / SECRETS_FILE)
        self._ring: Future[Keyring | None] = Future()
        self._worker = KeyringWorker(self._timeouts.rest_seconds)
        index = data / INDEX_FILE
        self._folder_only = folder_only or (self._file.is_there and not index.exists())
        if self._file.is_there:
            with suppress(Unavailable):  # reading a secret reports it
                self._file.check()
        if self._folder_only:
            self._ring.set_result(None)
        else:
            self._index = KeyringIndex(index, from_before=from_before)
            threading.Thread(target=self._find, name="keyring", daemon=True).start()

    @property
    def place(self) -> str:
        """A sentence that says where secrets are stored."""
        if self._folder_only:
            return IN_FOLDER
        if not self._ring.done():
            return LOOKING
        ring = self._ring.result()
        if ring and not self._file.is_there:
            return ring.sentence
        if ring and self._index.is_any:
            return BOTH
        return REFUSED if ring else NO_KEYRING

    @property
    def problem(self) -> str | None:
        """A sentence, where secrets that were kept cannot be read, or the keyring refuses."""
        if self._file.problem or self._folder_only or not self._ring.done():
            return self._file.problem
        if self._ring.result() is None:
            return OUT_OF_REACH if self._index.is_any else None
        return self._worker.refusal if self._index.is_any or not self._file.is_there else None

    async def has(self, name: str) -> bool:
        """Return whether there is a secret of this name, without opening the keyring if the index knows."""
        if await asyncio.to_thread(self._file.get, name) is not None:
            return True
        indexed = False if self._folder_only else self._index.knows(name)
        return await self.get(name) is not None if indexed is None else indexed

    async def get(self, name: str) -> str | None:
        """Read a secret; None where there is none of this name."""
        value = await asyncio.to_thread(self._file.get, name)
        if value is not None or self._folder_only or self._index.knows(name) is False:
            return value
        return await self._worker.run(lambda: self._get(name), self._timeouts.reading_seconds)

    async def set(self, name: str, value: str) -> None:
        """Keep a secret, of any length: in the file where the keyring refuses or does not answer."""
        if not await self._set_in_keyring(name, value):
            await asyncio.to_thread(self._file.set, name, value)

    async def delete(self, name: str) -> None:
        """Forget a secret, if it is there."""
        if not self._folder_only and self._index.knows(name) is not False:
            await self._worker.run(lambda: self._delete(name), self._timeouts.writing_seconds)
        await asyncio.to_thread(self._file.delete, name)

    async def _set_in_keyring(self, name: str, value: str) -> bool:
        if self._folder_only or self._file.is_there:
            return False
        indexed, seconds = self._index.knows(name), self._timeouts.writing_seconds
        try:
            return await self._worker.run(lambda: self._set(name, value), seconds, lambda: self._forget(name))
        except Unavailable:
            if indexed is False:
                await asyncio.to_thread(self._index.record, name, stored=False)
            return False

    def _find(self) -> None:
        backend = find_keyring()
        self._ring.set_result(Keyring(backend) if backend else None)

    def _get(self, name: str) -> str | None:
        ring = self._ring.result()
        if ring is None:
            return None
        value = ring.get(name)
        self._index.record(name, stored=value is not None)
        return value

    def _set(self, name: str, value: str) -> bool:
        ring = self._ring.result()
        if ring is None:
            return False
        self._index.record(name, stored=True)  # first, so that a kill leaves no secret that the index does not know
        ring.set(name, value)
        return True

    def _delete(self, name: str) -> None:
        if ring := self._ring.result():
            ring.delete(name)
            self._index.record(name, stored=False)

    def _forget(self, name: str) -> None:
        """Delete a secret that the keyring stored after the timeout: the file has it by then."""
        with suppress(Unavailable):
            self._delete(name)
