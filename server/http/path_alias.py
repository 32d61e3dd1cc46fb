"""A second address of paths: a request below one prefix is handled as if it were below another."""

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


class PathAlias(BaseRoute):
    """A route that matches everything at and below `prefix`, and routes it again at and below `target`."""

    def __init__(self, prefix: str, target: str) -> None:
        self.prefix, self.target = prefix, target

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match requests by their path alone."""
        below = scope["type"] == "http" and f"{scope['path']}/".startswith(f"{self.prefix}/")
        return (Match.FULL, {}) if below else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route a request again, by its other path. Everything after it sees that one alone, also what is stored of the call."""
        old, new = self.prefix, self.target
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        if not raw.startswith(old.encode()):  # parts of the prefix are percent-encoded
            raw = scope["path"].encode()
        scope.update(path=new + scope["path"][len(old) :], raw_path=new.encode() + raw[len(old) :])
        await scope["app"].router(scope, receive, send)
