"""Signals that end the program (Ctrl+C, SIGTERM, SIGHUP), received while the main thread is blocked."""

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Signals:
    """Receives the signals that end the program. A toolkit's loop or a lock may keep Python from running a handler, so each
    signal becomes a byte in a socket that a thread reads.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self._on_signal = on_signal
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)

    def listen(self) -> None:
        """Start listening. Call on the main thread."""
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        self.take()
        threading.Thread(target=self._wait, name="signals", daemon=True).start()

    def take(self) -> None:
        """Install the handlers, again after a toolkit replaced them. Call on the main thread."""
        for name in SIGNALS:
            if number := getattr(signal, name, None):
                signal.signal(number, self._pass_on)

    def _pass_on(self, *_: object) -> None:
        with suppress(OSError):
            self._writer.send(b"\0")

    def _wait(self) -> None:
        while self._reader.recv(1):
            self._on_signal()
