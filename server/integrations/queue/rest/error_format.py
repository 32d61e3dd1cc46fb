"""Failures as the queue's clients expect them: {"detail"}, with 400 for a request that does not fit."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from server.sdk.operation import ErrorFormat, Failure


class QueueError(BaseModel):
    """A failure."""

    detail: str = Field(description="What happened and what to do, in a sentence.")


def write_error(failure: Failure) -> Mapping[str, Any]:
    """Write a failure."""
    return {"detail": failure.detail}


QUEUE_ERRORS = ErrorFormat(QueueError, write_error)
