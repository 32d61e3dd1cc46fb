"""The keyring of this computer: Windows' credentials, the Mac's keychain, or the Secret Service of a Linux desktop."""

import itertools
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from server.core.errors import Unavailable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# Windows takes 2,560 bytes, two a character: https://github.com/jaraco/keyring/issues/355
LARGEST_PIECE = 1_200
USER = "Deskhand"
HEAD = re.compile(r"(?P<side>[ab])(?P<pieces>\d+):(?P<first>.*)", re.DOTALL)

log = logging.getLogger(__name__)


def find_keyring() -> "KeyringBackend | None":
    """Find the keyring of this computer; None where there is none, or one that keeps secrets in plain text."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    try:
        backend = keyring.get_keyring()
        candidates = backend.backends if isinstance(backend, ChainerBackend) else [backend]
        return next((backend for backend in candidates if is_safe(backend)), None)
    except Exception:
        log.exception("The keyring of this computer cannot be used.")
        return None


def is_safe(backend: "KeyringBackend") -> bool:
    """Return whether a keyring stores secrets, and encrypted."""
    from keyring.backends import fail, null

    plain = type(backend).__module__.startswith("keyrings.alt.")  # files, some of them without any encryption
    return not plain and not isinstance(backend, fail.Keyring | null.Keyring)


class Keyring:
    """Secrets of any length, in pieces that every keyring takes.

    The first piece is kept under the secret's name and tells how many there are and on which of two sides the others lie.
    A new value is written to the other side and becomes valid with its first piece, so a kill leaves the old or the new.
    """

    def __init__(self, backend: "KeyringBackend") -> None:
        self._backend = backend
        self.sentence = f"Secrets are stored in the keyring of this computer ({backend.name})."

    def get(self, name: str) -> str | None:
        with explained_errors():
            head = self._head(name)
            if head is None:
                return None
            others = [self._get(f"{name}/{head['side']}{number}") for number in range(1, int(head["pieces"]))]
            text = "".join(piece or "" for piece in (head["first"], *others))
            return str(json.loads(text)) if None not in others else None

    def set(self, name: str, value: str) -> None:
        text = json.dumps(value)  # nothing but ASCII, so that a character has one size everywhere
        pieces = [text[start : start + LARGEST_PIECE] for start in range(0, len(text), LARGEST_PIECE)]
        with explained_errors():
            old = self._head(name)
            side, other = ("b", "a") if old and old["side"] == "a" else ("a", "b")
            for number, piece in enumerate(pieces[1:], start=1):
                self._set(f"{name}/{side}{number}", piece)
            self._set(name, f"{side}{len(pieces)}:{pieces[0]}")
            self._clear(name, other)

    def delete(self, name: str) -> None:
        with explained_errors():
            if self._get(name) is not None:
                self._backend.delete_password(service(name), USER)
            for side in "ab":
                self._clear(name, side)

    def _head(self, name: str) -> re.Match[str] | None:
        return HEAD.fullmatch(self._get(name) or "")

    def _get(self, name: str) -> str | None:
        return self._backend.get_password(service(name), USER)

    def _set(self, name: str, piece: str) -> None:
        self._backend.set_password(service(name), USER, piece)

    def _clear(self, name: str, side: str) -> None:
        numbers = itertools.takewhile(lambda number: self._get(f"{name}/{side}{number}") is not None, itertools.count(1))
        for number in reversed(list(numbers)):  # so that a kill leaves no gap that hides the rest
            self._backend.delete_password(service(f"{name}/{side}{number}"), USER)


def service(name: str) -> str:
    """Name an entry. A service of its own for each: on Windows the second user of a service makes keyring move the first."""
    return f"Deskhand {name}"


@contextmanager
def explained_errors() -> Iterator[None]:
    """Raise Unavailable for any error of a keyring; those of Windows and D-Bus are not keyring's own classes."""
    try:
        yield
    except Exception as error:
        log.warning("The keyring of this computer failed: %s", type(error).__name__)
        raise Unavailable("The keyring of this computer is locked or refuses Deskhand. Unlock it and try again.") from error
