"""Which secrets were given to the keyring: their names alone, so that it is asked for nothing that it cannot have."""

import logging
import threading
from contextlib import suppress
from pathlib import Path

from server.core.errors import Unavailable
from server.system.files import read_json_object, write_json

INDEX_FILE = "secrets-index.json"

log = logging.getLogger(__name__)


class Kept:
    """The names, in a file beside the settings. One that is broken or cannot be written only means that the keyring is asked.

    `from_before`: where there is no index yet, the keyring may have secrets all the same, so each name is asked for once.
    """

    def __init__(self, path: Path, *, from_before: bool) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._from_before, self._names = from_before, dict[str, bool]()
        if not self._read():
            self._write()

    @property
    def some(self) -> bool:
        """The keyring has a secret of Deskhand's."""
        return any(self._names.values())

    def knows(self, name: str) -> bool | None:
        """Tell whether the keyring has a secret; None: only it can tell."""
        return self._names.get(name, None if self._from_before else False)

    def note(self, name: str, *, kept: bool) -> None:
        """Remember whether the keyring has a secret."""
        with self._turn:
            if self._names.get(name) is not kept:
                self._names = self._names | {name: kept}
                self._write()

    def _read(self) -> bool:
        try:
            found = read_json_object(self._path)
        except (ValueError, Unavailable):
            log.warning("%s could not be read, so the keyring is asked.", self._path.name)
            self._from_before = True
            return False
        if found is None:
            return False
        names = found.get("names")
        self._names = {name: bool(kept) for name, kept in names.items()} if isinstance(names, dict) else {}
        self._from_before = found.get("from_before") is not False
        return True

    def _write(self) -> None:
        with suppress(Unavailable):  # whoever writes the secret itself hears of a full disk
            write_json(self._path, {"from_before": self._from_before, "names": self._names})
