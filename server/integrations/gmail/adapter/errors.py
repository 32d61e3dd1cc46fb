"""Conversion of Google's errors into Deskhand's.

https://developers.google.com/workspace/gmail/api/guides/handle-errors
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from server.core.errors import (
    Conflict,
    DeskhandError,
    Forbidden,
    InvalidInput,
    NotFound,
    SignInNeeded,
    TooLarge,
    TooManyRequests,
    UpstreamFailed,
    UpstreamTimedOut,
)
from server.integrations.gmail.mime.text import one_line

USUAL_WAIT = 10.0  # seconds, where Google names none
LONGEST_WAIT = 3600.0
_LIMITS = {"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded", "limitExceeded"}
_SCOPES = {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
_API_OFF = {"accessNotConfigured", "SERVICE_DISABLED"}


class NotReached(UpstreamFailed):
    """Google could not be reached. Check this computer's internet connection and try again."""


def read_failure(status: int, headers: Mapping[str, str], content: bytes) -> DeskhandError:
    """Make our error of an answer of Google's."""
    message, reasons = read_reasons(content)
    if status == 429 or (status == 403 and reasons & _LIMITS):
        return TooManyRequests("Gmail takes no more requests for the moment.", retry_after=read_wait(headers))
    if status == 403:
        return Forbidden(explain_refusal(message, reasons))
    if status == 400 and message.lower().startswith("invalid id value"):
        return NotFound("Gmail knows nothing with this id.")
    errors: dict[int, tuple[type[DeskhandError], str]] = {
        400: (InvalidInput, f"Gmail did not accept this: {message}."),
        401: (SignInNeeded, ""),
        404: (NotFound, "Gmail knows nothing with this id. It may have been deleted, or lie in another account."),
        409: (Conflict, f"Gmail could not do this now: {message}."),
        412: (Conflict, f"Gmail could not do this now: {message}."),
        413: (TooLarge, "Gmail says that this is too large."),
        504: (UpstreamTimedOut, "Gmail took too long. Try again in a moment."),
    }
    kind, sentence = errors.get(status, (UpstreamFailed, f"Gmail had a problem of its own ({status}). Try again in a moment."))
    return kind(sentence)


def explain_refusal(message: str, reasons: set[str]) -> str:
    """Say why Google refused, and what the person does."""
    if reasons & _SCOPES:
        return "Google was not asked for this permission, or it was not ticked. Sign in again in Deskhand's window and tick all."
    if reasons & _API_OFF:
        return (
            "The Gmail API is off in the Google Cloud project of this client. Switch it on there, and try again after a minute."
        )
    return f"Gmail refused: {message}."


def read_reasons(content: bytes) -> tuple[str, set[str]]:
    """Read Google's sentence and the names of what went wrong; both shapes in which Google writes them."""
    try:
        error = json.loads(content)["error"]
        details = [*_dicts(error.get("errors")), *_dicts(error.get("details"))]
        message = error.get("message")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "it did not say why", set()
    reasons = {detail["reason"] for detail in details if isinstance(detail.get("reason"), str)}
    return one_line(message, 200).rstrip(".") if isinstance(message, str) else "it did not say why", reasons


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def read_wait(headers: Mapping[str, str]) -> float:
    """Read Retry-After in seconds."""
    with suppress(ValueError):
        return min(LONGEST_WAIT, max(1.0, float(headers.get("retry-after", ""))))
    return USUAL_WAIT
