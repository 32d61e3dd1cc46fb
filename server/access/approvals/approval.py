"""An approval: a call that is kept until the person decides, and what became of it."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field

from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, Kind
from server.sdk.operation import Effect

SECTION = "approvals"  # of the settings
PREFIX = "call"  # with which the numbers of these questions begin


class ApprovalSettings(BaseModel):
    """How calls wait for the person's word."""

    patience_seconds: float = Field(30, ge=0, le=40, description="So long a call waits before it is answered 202.")
    running_seconds: float = Field(
        10, ge=0, le=40, description="So much longer where the person has said yes meanwhile. ChatGPT gives up after 45 seconds."
    )
    expiry_minutes: float = Field(15, gt=0, le=1440, description="After that a question is not asked any more.")
    joining_minutes: float = Field(10, ge=0, le=1440, description="So long the same call gets what the first one has.")
    allowance_minutes: float = Field(15, gt=0, le=1440, description="How long a yes for a while holds.")
    most_waiting: int = Field(10, ge=1, le=100, description="Calls of one client that may wait at once.")


class State(StrEnum):
    """How far an approval is."""

    pending = "pending"  #: the person has not decided
    approved = "approved"  #: they said yes; it has not begun
    running = "running"  #: it began
    done = "done"  #: it ran and answered
    failed = "failed"  #: it ran and did not succeed
    denied = "denied"  #: the person said no
    expired = "expired"  #: nobody answered in time
    cancelled = "cancelled"  #: it may not or cannot run any more
    uncertain = "uncertain"  #: Deskhand stopped while it ran


OPEN = (State.pending, State.approved, State.running)
JOINED = (State.done, State.failed, State.denied, State.uncertain)  # an end that the same call is told again


@dataclass(frozen=True)
class Approval:
    """`id`: what the client looks at. `question`: what the person decides, another one whenever it is asked anew.

    `call_hash`: of operation, client and arguments; `hash`: of these and the Effect. `status`, `result`: the answer,, once
    it has ended. What ends in `_at` is ISO 8601, UTC.
    """

    id: str
    question: str
    client_id: str
    client_name: str
    credential: str
    operation: str
    scope: str
    reaches_others: bool
    call_hash: str
    hash: str
    effect: Effect
    activity_id: int
    state: State
    asked_at: str
    expires_at: str
    key: str | None = None
    decided_at: str | None = None
    ended_at: str | None = None
    extent: ApprovalDuration | None = None
    reason: str = ""
    status: int | None = None
    result: str | None = None

    @property
    def extents(self) -> tuple[ApprovalDuration, ...]:
        """How far a yes may go: what reaches other people is never allowed for good."""
        recipients = (ApprovalDuration.recipients,) if self.effect.recipients else ()
        return (
            ApprovalDuration.once,
            ApprovalDuration.quarter,
            *recipients,
            *(() if self.reaches_others else (ApprovalDuration.always,)),
        )

    def ask(self) -> ApprovalRequest:
        """It as a question for the person, word for word."""
        return ApprovalRequest(
            id=self.question,
            kind=Kind.call,
            client=self.client_name,
            sentence=self.effect.sentence,
            asked_at=self.asked_at,
            expires_at=self.expires_at,
            fields=self.effect.fields,
            operation=self.operation,
            extents=self.extents,
            recipients=self.effect.recipients,
        )


@dataclass(frozen=True)
class Request:
    """A call as it came, so that it can be made again. `path` and `query` are percent-encoded."""

    method: str
    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""


def bind(call_hash: str, effect: Effect) -> str:
    """Hash what the person is asked: this call, with this Effect."""
    text = json.dumps([call_hash, effect.sentence, effect.fields, effect.recipients, effect.seal])
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def say_minutes(minutes: float) -> str:
    """Some minutes in words."""
    return "1 minute" if minutes == 1 else f"{minutes:g} minutes"
