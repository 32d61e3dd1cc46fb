"""Talks to the local surface of a running Deskhand, as its window does.

It does so with the standard library: each start looks for a running Deskhand before it shows its icon, and httpx2 takes 9 MB.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from server.core.errors import DeskhandError, Unavailable
from server.lifecycle import runtime_file

SECONDS = 15.0
QUIET_SECONDS = 60.0  # the feed says something more often than this, if only that it is there


class Unanswered(Unavailable):
    """Deskhand does not answer. End it, and start it again."""


@dataclass(frozen=True)
class Local:
    """The local surface of a running server. Everything it does may block for a moment."""

    running: runtime_file.Running
    seconds: float = SECONDS

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask something and get the JSON that it answers. Raises DeskhandError with its sentence.

        Unanswered: nobody answers, or somebody who is not Deskhand.
        """
        try:
            with self._request(method, path, self.seconds, body) as answer:
                content = answer.read()
        except (OSError, HTTPException) as error:
            raise Unanswered from error
        try:
            said: Any = json.loads(content) if content else None
            if answer.status < 400:
                return said
            sentence = str(said["detail"])
        except (ValueError, KeyError, TypeError):
            raise Unanswered from None
        raise DeskhandError(sentence)

    def make_entry(self) -> tuple[str, str]:
        """Make a way into the window that works once: its address and its key."""
        entry = self.ask("POST", "/api/entries")
        return entry["address"], entry["key"]

    def follow(self) -> Iterator[str]:
        """Follow the feed: the topics of what changes, as it changes. Ends when the server stops."""
        try:
            with self._request("GET", "/api/events", QUIET_SECONDS) as answer:
                for line in answer:
                    name, _, value = line.decode().partition(":")
                    if name == "event":
                        yield value.strip()
        except (OSError, HTTPException):
            return

    @contextmanager
    def _request(self, method: str, path: str, seconds: float, body: Any = None) -> Iterator[HTTPResponse]:
        place, headers = urlsplit(self.running.local), {"Authorization": f"Bearer {self.running.key}"}
        content = None if body is None else json.dumps(body).encode()
        if content is not None:
            headers["Content-Type"] = "application/json"
        with closing(HTTPConnection(place.hostname or "", place.port, timeout=seconds)) as connection:
            connection.request(method, path, content, headers)
            yield connection.getresponse()
