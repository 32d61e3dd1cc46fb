"""Errors as a client sees them: each class is one status and one sentence that says what to do.

DeskhandError                   500
├── InvalidInput                422   the request itself must change
├── NotAuthenticated            401   no key, or an unknown one
├── SignInNeeded                401   an outside account must be signed in to again, by the person
├── Forbidden                   403   known, but not allowed
├── NotFound                    404
├── Conflict                    409   it does not fit what is there now
├── TooLarge                    413
├── Misdirected                 421   another address than ours
├── TooManyRequests             429   carries `retry_after`
├── UpstreamFailed              502   an outside service did not do its part
├── Unavailable                 503   off, broken or busy; carries `retry_after` where that helps
└── UpstreamTimedOut            504

The message is the sentence that the client reads, so it names no path, no secret and no type. The docstring stands in for it.
"""

import inspect
from typing import Any


class DeskhandError(Exception):
    """Deskhand made a mistake. Its log says more; try again."""

    status = 500

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **extra: Any) -> None:
        self.detail = detail or inspect.cleandoc(type(self).__doc__ or "")
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(self.detail)


class InvalidInput(DeskhandError):
    """The request does not fit. Read the operation's description and send it again."""

    status = 422


class NotAuthenticated(DeskhandError):
    """Send your Deskhand key or token, as `Authorization: Bearer dh_…` or as `X-API-Key: dh_…`."""

    status = 401
    challenge = 'Bearer realm="Deskhand"'  # the WWW-Authenticate header


class SignInNeeded(DeskhandError):
    """An account is not signed in. Open Deskhand's window and choose Sign in."""

    status = 401


class Forbidden(DeskhandError):
    """This client may not do that."""

    status = 403


class NotFound(DeskhandError):
    """There is no such thing."""

    status = 404


class Conflict(DeskhandError):
    """That does not fit what is there now. Look again before you repeat it."""

    status = 409


class TooLarge(DeskhandError):
    """The request is too large. Send less at once."""

    status = 413


class Misdirected(DeskhandError):
    """Deskhand does not answer at this address. Use one of those that `deskhand addresses` prints."""

    status = 421


class TooManyRequests(DeskhandError):
    """Too many calls. Wait a little and go on."""

    status = 429


class UpstreamFailed(DeskhandError):
    """The service behind this did not answer as it should. Try again in a moment."""

    status = 502


class Unavailable(DeskhandError):
    """This part of Deskhand is off or busy. Try again in a moment."""

    status = 503


class UpstreamTimedOut(DeskhandError):
    """The service behind this took too long. Try again in a moment."""

    status = 504
