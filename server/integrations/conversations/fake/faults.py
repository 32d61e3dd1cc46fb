"""Errors in OpenAI's format, and the faults that a test orders."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

USUAL = {  # type, code and message of each status
    400: ("invalid_request_error", None, "Invalid request."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided. You can find your API key in the dashboard."),
    403: ("invalid_request_error", "forbidden", "Your project does not have access to this resource."),
    404: ("invalid_request_error", None, "The requested resource was not found."),
    409: ("invalid_request_error", "conflict", "The resource was changed by another request."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("service_unavailable_error", "server_is_overloaded", "Our servers are currently overloaded. Please try again later."),
}


class ApiError(Exception):
    """An answer other than success. https://platform.openai.com/docs/guides/error-codes"""

    def __init__(self, status: int, message: str = "", code: str | None = None, param: str | None = None, kind: str = "") -> None:
        usual_kind, usual_code, usual_message = USUAL.get(status, USUAL[500])
        self.status = status
        self.headers: dict[str, str] = {}
        error = {"message": message or usual_message, "type": kind or usual_kind, "param": param, "code": code or usual_code}
        self.body: Mapping[str, Any] = {"error": error}
        super().__init__(message)


@dataclass
class Fault:
    """A failure of the next `times` requests whose method and path match.

    `path`: a regular expression to be searched for. `seconds` passes first. `after`: the call takes effect, and only its answer
    is lost. `drop` hangs up without an answer, `cut` after so many events; `clean`: as if the body ended there.
    """

    path: str = ""
    method: str = ""
    times: int = 1
    status: int = 0
    code: str = ""
    message: str = ""
    kind: str = ""
    retry_after: float | None = None
    seconds: float = 0
    drop: bool = False
    cut: int | None = None
    clean: bool = False
    after: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Check whether the fault applies to this request."""
        return self.method in {"", method} and re.search(self.path, path) is not None

    def describe(self) -> ApiError:
        """Answer the error that it gives."""
        error = ApiError(self.status, self.message, self.code or None, kind=self.kind)
        if self.retry_after is not None:
            error.headers["Retry-After"] = f"{self.retry_after:g}"
        return error


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
        """Take the fault of this request, if there is one."""
        with self._lock:
            fault = next((fault for fault in self.waiting if fault.fits(method, path)), None)
            if fault is not None:
                fault.times -= 1
                self.waiting = [fault for fault in self.waiting if fault.times > 0]
            return fault

    def clear(self) -> None:
        """Let everything go well again."""
        self.waiting.clear()
