"""The output of the reading process: frames are written by a thread, so that reading goes on while the server stores a batch."""

import os
import threading
from collections import deque
from typing import BinaryIO

AHEAD = 8 * 1024 * 1024  # bytes that wait for the server, about a batch


class Output:
    """Writes to a file in the order of the calls. Ends the process when its reader has closed the pipe."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting = deque[bytes]()
        self._size = 0
        self._changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def write(self, data: bytes) -> None:
        """Let data be written; wait while much is."""
        with self._changed:
            self._changed.wait_for(lambda: self._size < AHEAD)
            self._waiting.append(data)
            self._size += len(data)
            self._changed.notify_all()

    def close(self) -> None:
        """Wait until everything is written."""
        with self._changed:
            self._changed.wait_for(lambda: not self._size)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                data = self._waiting.popleft()
            try:
                self._file.write(data)
                self._file.flush()
            except BrokenPipeError:
                os._exit(0)
            with self._changed:
                self._size -= len(data)
                self._changed.notify_all()
