"""Talks to the local surface of a running Deskhand, as its window does."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2

from server import runtimefile
from server.errors import DeskhandError, Unavailable

SECONDS = 15.0
QUIET_SECONDS = 60.0  # the feed says something more often than this, if only that it is there


@dataclass(frozen=True)
class Local:
    """The local surface of a running server. Everything it does may block for a moment."""

    running: runtimefile.Running
    seconds: float = SECONDS

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask something and get the JSON that it answers. Raises DeskhandError with its sentence."""
        try:
            with self._client(self.seconds) as http:
                answer = http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            raise Unavailable("Deskhand does not answer. End it, and start it again.") from error
        if answer.is_error:
            raise DeskhandError(read_sentence(answer))
        return answer.json() if answer.content else None

    def make_entry(self) -> tuple[str, str]:
        """Make a way into the window that works once: its address and its key."""
        entry = self.ask("POST", "/api/entries")
        return entry["address"], entry["key"]

    def follow(self) -> Iterator[str]:
        """Follow the feed: the topics of what changes, as it changes. Ends when the server stops."""
        try:
            with self._client(QUIET_SECONDS) as http, http.stream("GET", "/api/events") as answer:
                for line in answer.iter_lines():
                    name, _, value = line.partition(":")
                    if name == "event":
                        yield value.strip()
        except httpx2.HTTPError:
            return

    def _client(self, seconds: float) -> httpx2.Client:
        headers = {"Authorization": f"Bearer {self.running.key}"}
        plain = httpx2.HTTPTransport(verify=False)  # noqa: S501, there is no TLS on loopback, and certificates take 3 MB to read
        return httpx2.Client(base_url=self.running.local, headers=headers, timeout=seconds, trust_env=False, transport=plain)


def read_sentence(answer: httpx2.Response) -> str:
    """The sentence of a refusal."""
    try:
        return str(json.loads(answer.content)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"Deskhand answered {answer.status_code}."
