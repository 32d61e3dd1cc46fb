"""How a page on this computer gets in: a key that works once and for half a minute opens a session.

Cookies are shared between the ports of a computer, so the cookie alone opens nothing: the page also sends a token that it was
given in the fragment of its address, which no other page and no server sees.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import RedirectResponse

from server.context import Clock
from server.errors import NotAuthenticated

COOKIE = "deskhand_session"
TOKEN_HEADER = "x-deskhand-token"  # noqa: S105, the name of a header
KEY_SECONDS = 30.0
MOST_SESSIONS = 50


@dataclass
class Entries:
    """The keys and sessions of one run of the server. `key` is the command line's, from the runtime file."""

    key: str
    clock: Clock
    seconds: float = KEY_SECONDS
    _keys: dict[str, float] = field(default_factory=dict)
    _sessions: dict[str, str] = field(default_factory=dict)  # cookie → token, both as hashes

    def make_key(self) -> str:
        """Make a key that opens one session, within half a minute."""
        now = self.clock.monotonic()
        self._keys = {key: until for key, until in self._keys.items() if until > now}
        key = secrets.token_urlsafe(32)
        self._keys[key] = now + self.seconds
        return key

    def enter(self, key: str) -> RedirectResponse:
        """Change a key for a session. Raises NotAuthenticated for one that was used, is too old, or never was."""
        until = self._keys.pop(key, None)
        if until is None or until < self.clock.monotonic():
            raise NotAuthenticated("This link was used before, or it is too old. Open the window again.")
        cookie, token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        self._sessions[digest(cookie)] = digest(token)
        answer = RedirectResponse(f"/#token={token}", 303)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/")
        return answer

    def check(self, request: Request) -> None:
        """Let in the command line, by its key, and pages, by cookie and token together. Raises NotAuthenticated."""
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(key.encode(), self.key.encode()):
            return
        token = self._sessions.get(digest(request.cookies.get(COOKIE, "")))
        if token and hmac.compare_digest(token, digest(request.headers.get(TOKEN_HEADER, ""))):
            return
        raise NotAuthenticated("This belongs to Deskhand's window and command line. Open the window from Deskhand.")


def digest(value: str) -> str:
    """SHA-256, so that what is compared says nothing about what is kept."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
