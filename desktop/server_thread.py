"""The server in its own thread, so that the main thread is free for what a desktop demands of it."""

import threading
from dataclasses import dataclass, field

from server.http import server
from server.lifecycle.program import Program, Ready


@dataclass
class BackgroundServer:
    """A server that runs beside the program."""

    program: Program
    _ready: Ready | None = None
    _error: BaseException | None = None
    _decided: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self, seconds: float = 60) -> Ready:
        """Start it and wait until it answers. Raises what kept it from starting."""
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
        """What ended it, where nobody had asked it to end."""
        return self._error

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended; False if it has not by then."""
        if self._thread:
            self._thread.join(seconds)
        return not (self._thread and self._thread.is_alive())

    def stop(self, seconds: float = 15) -> bool:
        """Stop it and wait. True when it has ended."""
        self.program.stop()
        return self.wait(seconds)

    def _run(self) -> None:
        try:
            server.run(lambda: self.program.run(self._tell))
        except BaseException as error:  # noqa: BLE001, it is raised again where somebody waits for it
            self._error = error
        finally:
            self._decided.set()

    def _tell(self, ready: Ready) -> None:
        self._ready = ready
        self._decided.set()
