"""Shared parts of the fake Google: accounts, errors, and the faults that a test orders."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

JsonObject = dict[str, Any]

UNKNOWN = ("UNKNOWN", "backendError", "Request contains an invalid argument.")
ERRORS = {  # status, reason and message of each code
    400: ("INVALID_ARGUMENT", "invalidArgument", "Request contains an invalid argument."),
    401: ("UNAUTHENTICATED", "authError", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "forbidden", "Request had insufficient authentication scopes."),
    404: ("NOT_FOUND", "notFound", "Requested entity was not found."),
    409: ("ABORTED", "aborted", "Request contains an invalid argument."),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded", "Too many concurrent requests for user."),
    500: ("INTERNAL", "backendError", "Internal error encountered."),
    503: ("UNAVAILABLE", "backendError", "The service is currently unavailable."),
    504: ("DEADLINE_EXCEEDED", "backendError", "Request contains an invalid argument."),
}


class TimeSource(Protocol):
    """Anything with the time in UTC; a Context's clock is one."""

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Account:
    """A person with a Google account. `aliases`: other addresses of theirs, from which they may send."""

    address: str
    name: str
    aliases: tuple[str, ...] = ()


class GoogleError(Exception):
    """An answer other than success, in the shape that Google's APIs give it.

    https://cloud.google.com/apis/design/errors and, for `errors`, https://developers.google.com/workspace/gmail/api/guides/handle-errors
    """

    def __init__(self, status: int, message: str = "", reason: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        _, usual_reason, usual_message = ERRORS.get(status, UNKNOWN)
        self.message, self.reason = message or usual_message, reason or usual_reason
        self.headers = dict(headers or {})
        super().__init__(self.message)

    def describe(self) -> JsonObject:
        """Answer the body."""
        domain = "usageLimits" if "limit" in self.reason.casefold() else "global"
        detail = {"message": self.message, "domain": domain, "reason": self.reason}
        if self.status == 401:
            detail |= {"location": "Authorization", "locationType": "header"}
        status = ERRORS.get(self.status, UNKNOWN)[0]
        return {"error": {"code": self.status, "message": self.message, "errors": [detail], "status": status}}


@dataclass(frozen=True)
class Called:
    """A request that arrived, and the status it was answered with; 0 when the connection was dropped."""

    method: str
    path: str
    status: int


@dataclass
class Fault:
    """A failure of the next `times` requests whose method and path match.

    `path` is a regular expression that is searched for in the path. `seconds` passes first. With `after` the call takes effect,
    and only its answer is lost. A fault with neither `status` nor `drop` is just slow.
    """

    path: str = ""
    method: str = ""
    times: int = 1
    status: int = 0
    reason: str = ""
    retry_after: float | None = None
    seconds: float = 0
    drop: bool = False
    after: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Check whether the fault applies to this request."""
        return self.method in {"", method} and re.search(self.path, path) is not None

    def describe(self) -> GoogleError:
        """Answer the error that it gives."""
        wait = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return GoogleError(self.status, reason=self.reason, headers=wait)


@dataclass
class Faults:
    """The faults that were ordered and have not yet happened."""

    waiting: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def order(self, fault: Fault) -> None:
        """Let it happen to the next requests that fit."""
        with self._lock:
            self.waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Answer the fault for this request, if there is one."""
        with self._lock:
            fault = next((fault for fault in self.waiting if fault.fits(method, path)), None)
            if fault is not None:
                fault.times -= 1
                self.waiting = [fault for fault in self.waiting if fault.times > 0]
            return fault

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self.waiting.clear()
