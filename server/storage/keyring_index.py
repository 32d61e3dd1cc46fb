"""Names of the secrets in the keyring, so that it is never asked for a secret it cannot have."""

import logging
import threading
from contextlib import suppress
from pathlib import Path

from server.core.errors import Unavailable
from server.system.files import read_json_object, write_json

INDEX_FILE = "secrets-index.json"

log = logging.getLogger(__name__)


class KeyringIndex:
    """The names, in a file beside the settings. One that is broken or cannot be written only means that the keyring is asked.

    `from_before`: where there is no index yet, the keyring may have secrets all the same, so each name is asked for once.
    """

    def __init__(self, path: Path, *, from_before: bool) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._from_before, self._names = from_before, dict[str, bool]()
        if not self._read():
            self._write()

    @property
    def is_any(self) -> bool:
        """Return whether the keyring has any secret of Deskhand's."""
        return any(self._names.values())

    def knows(self, name: str) -> bool | None:
        """Return whether the keyring has a secret, None if only the keyring knows."""
        return self._names.get(name, None if self._from_before else False)

    def record(self, name: str, *, stored: bool) -> None:
        """Record whether the keyring has a secret."""
        with self._lock:
            if self._names.get(name) is not stored:
                self._names = self._names | {name: stored}
                self._write()

    def _read(self) -> bool:
        try:
            content = read_json_object(self._path)
        except (ValueError, Unavailable):
            log.warning("%s could not be read, so the keyring is asked.", self._path.name)
            self._from_before = True
            return False
        if content is None:
            return False
        names = content.get("names")
        self._names = {name: bool(stored) for name, stored in names.items()} if isinstance(names, dict) else {}
        self._from_before = content.get("from_before") is not False
        return True

    def _write(self) -> None:
        with suppress(Unavailable):  # writing the secret itself reports a full disk
            write_json(self._path, {"from_before": self._from_before, "names": self._names})
