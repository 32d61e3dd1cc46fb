"""Follows a running server, and tells the tray how it is."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from desktop.api_client import Local
from server.core.errors import DeskhandError

log = logging.getLogger(__name__)
SECONDS_BETWEEN = 0.5  # between two looks, however much happens
SECONDS_AT_MOST = 60.0  # a pause runs out without any news of it


@dataclass
class News:
    """`on_answer` is called with what /api/status answers, when it may have changed."""

    local: Local
    on_answer: Callable[[dict[str, Any]], None]
    _changed: threading.Event = field(default_factory=threading.Event)
    _ended: bool = False

    def follow(self) -> None:
        """Follow until the server stops, or until `stop`."""
        looking = threading.Thread(target=self._look, name="status", daemon=True)
        looking.start()
        for _ in self.local.follow():
            if self._ended:
                break
            self._changed.set()
        self.stop()
        looking.join(self.local.seconds)

    def stop(self) -> None:
        """End it."""
        self._ended = True
        self._changed.set()

    def _look(self) -> None:
        pausing = threading.Event()
        while not self._ended:
            self._changed.clear()
            try:
                self.on_answer(self.local.ask("GET", "/api/status"))
            except DeskhandError as error:
                log.debug("The tray does not know how Deskhand is: %s", error.detail)
            pausing.wait(SECONDS_BETWEEN)
            self._changed.wait(SECONDS_AT_MOST)
