"""Follows the event feed of a running server and updates the tray."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from desktop.api_client import ApiClient
from server.core.errors import DeskhandError

log = logging.getLogger(__name__)
SECONDS_BETWEEN = 0.5  # between two requests, however many events arrive
SECONDS_AT_MOST = 60.0  # a pause ends without an event


@dataclass
class StatusFeed:
    """Calls `on_answer` with the response of /api/status when it may have changed."""

    local: ApiClient
    on_answer: Callable[[dict[str, Any]], None]
    _changed: threading.Event = field(default_factory=threading.Event)
    _ended: bool = False

    def follow(self) -> None:
        """Follow until the server stops, or until `stop`."""
        polling = threading.Thread(target=self._poll, name="status", daemon=True)
        polling.start()
        for topic in self.local.follow():
            if self._ended:
                break
            if not topic.endswith(".partial"):  # an answer is being written, which is no change of the status
                self._changed.set()
        self.stop()
        polling.join(self.local.seconds)

    def stop(self) -> None:
        """Stop following."""
        self._ended = True
        self._changed.set()

    def _poll(self) -> None:
        pausing = threading.Event()
        while True:
            self._changed.clear()
            if self._ended:  # after the line above, which could undo what `stop` has set
                return
            try:
                self.on_answer(self.local.ask("GET", "/api/status"))
            except DeskhandError as error:
                log.debug("The tray does not know how Deskhand is: %s", error.detail)
            pausing.wait(SECONDS_BETWEEN)
            self._changed.wait(SECONDS_AT_MOST)
