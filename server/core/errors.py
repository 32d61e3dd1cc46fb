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
`uncertain=True`: it is unknown whether the call was carried out. The answer has it as a member, the activity as the outcome.
"""

import inspect
from typing import Any


class DeskhandError(Exception):
    """Deskhand made a mistake. Its log says more; try again."""

    status = 500

    def __init_subclass__(cls, *, status: int = 0, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.status = status or cls.status

    def __init__(self, detail: str = "", *, retry_after: float | None = None, **extra: Any) -> None:
        self.detail = detail or inspect.cleandoc(type(self).__doc__ or "")
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(self.detail)


class InvalidInput(DeskhandError, status=422):
    """The request does not fit. Read the operation's description and send it again."""


class NotAuthenticated(DeskhandError, status=401):
    """Send your Deskhand key or token, as `Authorization: Bearer dh_…` or as `X-API-Key: dh_…`."""

    challenge = 'Bearer realm="Deskhand"'  # the WWW-Authenticate header


class SignInNeeded(DeskhandError, status=401):
    """An account is not signed in. Open Deskhand's window and choose Sign in."""


class Forbidden(DeskhandError, status=403):
    """This client may not do that."""


class NotFound(DeskhandError, status=404):
    """There is no such thing."""


class Conflict(DeskhandError, status=409):
    """That does not fit what is there now. Look again before you repeat it."""


class TooLarge(DeskhandError, status=413):
    """The request is too large. Send less at once."""


class Misdirected(DeskhandError, status=421):
    """Deskhand does not answer at this address. Use one that its window shows."""


class TooManyRequests(DeskhandError, status=429):
    """Too many calls. Wait a little and go on."""


class UpstreamFailed(DeskhandError, status=502):
    """The service behind this did not answer as it should. Try again in a moment."""


class Unavailable(DeskhandError, status=503):
    """This part of Deskhand is off or busy. Try again in a moment."""


class UpstreamTimedOut(DeskhandError, status=504):
    """The service behind this took too long. Try again in a moment."""
