"""Failures in the form of ChatBETO's API: {"error", "message", "timestamp"}, with 400 for what does not fit."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field

from server.sdk.operation import ErrorFormat, Failure

SHORT = {  # each is an error by itself there
    "Conversation not found.",
    "Invalid sync type.",
    "Project not found.",
    "Project name is required.",
    "Project ID is required.",
    "Message is required.",
    "Messages array is required.",
}
NAMES = {
    401: "Invalid API key",
    404: "Not found",
    413: "Request too large",
    422: "Invalid payload",
    429: "Too many requests",
    503: "Service unavailable",
}


class ChatError(BaseModel):
    """A failure."""

    error: str = Field(description="What went wrong, in a few words.")
    message: str | None = Field(None, description="What to do, in a sentence.")
    timestamp: str = Field(description="When it was.")


def write_error(failure: Failure) -> Mapping[str, Any]:
    """Write a failure: its name and its sentence, or one of ChatBETO's own errors."""
    body: dict[str, Any] = {"error": name_error(failure), "message": failure.detail}
    if failure.detail in SHORT:
        body = {"error": failure.detail.removesuffix(".")}
    if fields := failure.extra.get("errors"):
        body = {"error": NAMES[422], "message": failure.detail, "details": fields}
    return {**body, "timestamp": write_time(datetime.now(UTC))}


def name_error(failure: Failure) -> str:
    """Name an error by its status."""
    if failure.status in NAMES:
        return NAMES[failure.status]
    return HTTPStatus(failure.status).phrase if failure.status in set(HTTPStatus) else "Error"


def write_time(moment: datetime) -> str:
    """Write a time as JavaScript does."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


CHAT_ERRORS = ErrorFormat(ChatError, write_error)
