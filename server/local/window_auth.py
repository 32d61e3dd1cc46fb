"""Authentication of the window's pages: a key that works once and for half a minute.

Cookies are shared between the ports of a computer, so the cookie alone opens nothing: the page also sends a token that it was
given in the fragment of its address, which no other page and no server sees. A page on another port could also put a cookie in
the place of ours, so its name is random. All pages of one run share the cookie and have each their own token:
a browser that enters from a file does not send the cookie, so entering gives the same one again, and the other tabs live on.
"""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request
from fastapi.responses import RedirectResponse

from server.core.clock import Clock
from server.core.errors import NotAuthenticated

TOKEN_HEADER = "x-deskhand-token"  # noqa: S105, the name of a header
KEY_SECONDS = 30.0
MOST_PAGES = 50
PAGE = re.compile(r"[a-z][a-z0-9/-]{0,99}")


@dataclass
class Entries:
    """The keys and pages of one run of the server. `key` is the command line's, from the runtime file.

    `cookie`: the name of the cookie.
    """

    key: str
    clock: Clock
    cookie: str
    seconds: float = KEY_SECONDS
    _keys: dict[str, float] = field(default_factory=dict)
    _session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _tokens: dict[str, None] = field(default_factory=dict)  # their hashes, oldest first

    def make_key(self) -> str:
        """Make a key that lets one page in, within half a minute."""
        now = self.clock.monotonic()
        self._keys = {key: until for key, until in self._keys.items() if until > now}
        key = secrets.token_urlsafe(32)
        self._keys[key] = now + self.seconds
        return key

    def enter(self, key: str, page: str = "") -> RedirectResponse:
        """Change a key for a token, and lead to a page.

        Raises NotAuthenticated for a key that was used, is too old, or never was.
        """
        until = self._keys.pop(key, None)
        if until is None or until < self.clock.monotonic():
            raise NotAuthenticated("This link was used before, or it is too old. Open the window again.")
        token = secrets.token_urlsafe(32)
        while len(self._tokens) >= MOST_PAGES:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[digest(token)] = None
        place = f"&page={page}" if PAGE.fullmatch(page) else ""
        answer = RedirectResponse(f"/#token={token}{place}", 303)
        answer.set_cookie(self.cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def check(self, request: Request) -> None:
        """Let in the command line, by its key, and pages, by cookie and token together. Raises NotAuthenticated."""
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(key.encode(), self.key.encode()):
            return
        session = digest(request.cookies.get(self.cookie, ""))
        if hmac.compare_digest(session, digest(self._session)) and digest(request.headers.get(TOKEN_HEADER, "")) in self._tokens:
            return
        raise NotAuthenticated("This belongs to Deskhand's window and command line. Open the window from Deskhand.")


def name_cookie(data: Path) -> str:
    """Name the cookie of the server with this data: as no page could guess, and the same at every start, so that a browser
    does not gather the cookies of earlier ones.
    """
    status = data.stat()
    return f"deskhand_{digest(f'{os.fspath(data)} {status.st_dev} {status.st_ino} {status.st_uid}')[:16]}"


def digest(value: str) -> str:
    """SHA-256, so that the comparison leaks nothing about the stored value."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
