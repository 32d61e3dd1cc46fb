"""Hears what asks the program to end: Ctrl+C, SIGTERM, a session that closes; whatever the main thread is busy with."""

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

ASKED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Signals:
    """The signals that ask the program to end. A toolkit's loop may keep Python from running a handler, and so may a lock that
    is waited for; so each signal becomes a byte in a socket, which a thread of its own waits for.
    """

    def __init__(self, on_asked: Callable[[], None]) -> None:
        self._on_asked = on_asked
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)

    def listen(self) -> None:
        """Begin to listen, on the main thread."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self.take()
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def take(self) -> None:
        """Take the signals, or take them back: some toolkits help themselves to Ctrl+C. On the main thread."""
        for name in ASKED:
            if number := getattr(signal, name, None):
                signal.signal(number, self._pass_on)

    def _pass_on(self, *_: object) -> None:
        with suppress(OSError):
            self._writer.send(b"\0")

    def _wait(self) -> None:
        while self._reader.recv(1):
            self._on_asked()
