"""The server in its own thread, which leaves the main thread to the desktop toolkit."""

import threading
from dataclasses import dataclass, field

from server.http import server
from server.lifecycle.program import Program, Ready


@dataclass
class BackgroundServer:
    """A server in a background thread."""

    program: Program
    _ready: Ready | None = None
    _error: BaseException | None = None
    _decided: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self, seconds: float = 60) -> Ready:
        """Start the server and wait until it answers. Raises the error that kept it from starting."""
        self._thread = threading.Thread(target=self._run, name="server", daemon=True)
        self._thread.start()
        self._decided.wait(seconds)
        if self._error:
            raise self._error
        if self._ready is None:
            raise TimeoutError("The server did not start in time.")
        return self._ready

    @property
    def error(self) -> BaseException | None:
        """Error that ended the server."""
        return self._error

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the server has ended. Returns False after a timeout."""
        if self._thread:
            self._thread.join(seconds)
        return not (self._thread and self._thread.is_alive())

    def stop(self, seconds: float = 15) -> bool:
        """Stop the server and wait. Returns whether it has ended."""
        self.program.stop()
        return self.wait(seconds)

    def _run(self) -> None:
        try:
            server.run(lambda: self.program.run(self._on_ready))
        except BaseException as error:  # noqa: BLE001, raised again in `start` or by the caller
            self._error = error
        finally:
            self._decided.set()

    def _on_ready(self, ready: Ready) -> None:
        self._ready = ready
        self._decided.set()
