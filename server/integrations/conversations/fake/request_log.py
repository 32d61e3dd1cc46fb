"""The requests that arrived at the fake OpenAI, so that a test can count what was sent."""

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import Scope

LONGEST = 10_000


@dataclass
class Arrived:
    """A request. `status`: of its answer; 0: none was given. Header names are in lower case."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    query: str = ""

    @property
    def idempotency_key(self) -> str:
        """Return the Idempotency-Key; empty without it."""
        return self.headers.get("idempotency-key", "")


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self.arrived: deque[Arrived] = deque(maxlen=LONGEST)

    def add(self, scope: Scope, body: bytes) -> Arrived:
        """Note a request."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        arrived = Arrived(
            scope["method"], unquote(scope["path"]), read_json(body), headers, query=scope["query_string"].decode("latin-1")
        )
        if not arrived.path.startswith("/fake/"):
            self.arrived.append(arrived)
        return arrived

    def find(self, path: str, method: str = "POST") -> list[Arrived]:
        """Find the requests to a path, given as a regular expression that fits all of it."""
        return [each for each in self.arrived if each.method == method and re.fullmatch(path, each.path)]

    def clear(self) -> None:
        """Forget all of them."""
        self.arrived.clear()


def read_json(body: bytes) -> Any:
    """Read a body; None if it is no JSON."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
