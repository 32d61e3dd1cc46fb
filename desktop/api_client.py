"""Client of the local surface of a running Deskhand.

Uses the standard library: each start looks for a running Deskhand before it shows its icon, and httpx2 takes 9 MB.
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
QUIET_SECONDS = 60.0  # the feed sends at least a comment more often than this


class NoResponse(Unavailable):
    """Deskhand does not answer. End it, and start it again."""


@dataclass(frozen=True)
class ApiClient:
    """The local surface of a running server. All methods block."""

    running: runtime_file.Running
    seconds: float = SECONDS

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request and return the JSON of the response. Raises DeskhandError with its detail.

        Raises NoResponse if there is none, or it is another program's.
        """
        try:
            with self._request(method, path, self.seconds, body) as answer:
                content = answer.read()
        except (OSError, HTTPException) as error:
            raise NoResponse from error
        try:
            result: Any = json.loads(content) if content else None
            if answer.status < 400:
                return result
            sentence = str(result["detail"])
        except (ValueError, KeyError, TypeError):
            raise NoResponse from None
        raise DeskhandError(sentence)

    def create_entry_key(self) -> tuple[str, str]:
        """Create a one-time key for the window. Returns its address and the key."""
        entry = self.ask("POST", "/api/entries")
        return entry["address"], entry["key"]

    def follow(self) -> Iterator[str]:
        """Yield the topics of the event feed. Ends when the server stops."""
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
