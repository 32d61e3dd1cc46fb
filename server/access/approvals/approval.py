"""An approval: a call that is stored until the person decides, and its state."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from server.access.clients.client import Client
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, Kind
from server.sdk.operation import Effect, Operation

SECTION = "approvals"  # of the settings
PREFIX = "call"  # of the ids of these questions


class ApprovalSettings(BaseModel):
    """When Deskhand asks for your approval, and how long a request stays open."""

    model_config = ConfigDict(validate_by_name=True)  # the aliases are the former names of two of them

    wait_seconds: float = Field(
        30,
        ge=0,
        le=40,
        validation_alias=AliasChoices("wait_seconds", "patience_seconds"),
        description="So long a call waits before it is answered 202.",
    )
    running_seconds: float = Field(
        10, ge=0, le=40, description="So much longer where the person has said yes meanwhile. ChatGPT gives up after 45 seconds."
    )
    result_seconds: float = Field(
        3, ge=0, le=10, description="How long an approval waits for the call to end, so that it can say what became of it."
    )
    expiry_minutes: float = Field(
        15,
        gt=0,
        le=1440,
        title="Requests expire",
        description="A request that nobody decides is denied after this time.",
        json_schema_extra={"unit": "minutes"},
    )
    duplicate_minutes: float = Field(
        10,
        ge=0,
        le=1440,
        validation_alias=AliasChoices("duplicate_minutes", "joining_minutes"),
        description="So long the same call gets what the first one has.",
    )
    allowance_minutes: float = Field(15, gt=0, le=1440, description="How long an approval for a limited time applies.")
    most_waiting: int = Field(10, ge=1, le=100, description="Calls of one client that may wait at once.")
    largest_waiting: int = Field(
        256 * 1024 * 1024, ge=1024 * 1024, description="Bytes of all calls of one client that may wait at once."
    )
    daily_mails: int = Field(
        50,
        ge=0,
        le=100_000,
        title="Emails per day",
        description="What one client may send in 24 hours without being asked. Beyond that, every email needs your approval.",
    )
    hourly_new_recipients: int = Field(
        10,
        ge=0,
        le=100_000,
        title="New recipients per hour",
        description="People to whom one client may write for the first time. Beyond that, every email needs your approval.",
    )
    most_denials: int = Field(3, ge=1, le=100, description="After so many denials in a row a client's requests are delayed.")
    denial_delay_seconds: float = Field(
        30, ge=0, le=900, description="So long at first; each further denial doubles it, up to 15 minutes."
    )


class State(StrEnum):
    """State of an approval."""

    pending = "pending"  #: the person has not decided
    approved = "approved"  #: they said yes; it has not begun
    running = "running"  #: it began
    done = "done"  #: it ran and answered
    failed = "failed"  #: it ran and did not succeed
    denied = "denied"  #: the person said no
    expired = "expired"  #: not answered in time
    cancelled = "cancelled"  #: it may not or cannot run any more
    uncertain = "uncertain"  #: Deskhand stopped while it ran, or the answer was lost


OPEN = (State.pending, State.approved, State.running)
REPLAYED = (State.done, State.failed, State.denied, State.uncertain)  # the ends with which the same call is answered


@dataclass(frozen=True)
class Approval:
    """`id`: what the client polls. `question`: what the person decides, a new one for each prompt.

    `call_hash`: of operation, client and arguments; `hash`: of these and the Effect. `status`, `result`: the answer, once it
    has ended. Fields that end in `_at` are ISO 8601, UTC.
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
        """Possible durations of an approval: a call that reaches other people is never allowed permanently.

        One with links is allowed once, as the next one's links are others.
        """
        if self.effect.links or self.effect.once:
            return (ApprovalDuration.once,)
        recipients = (ApprovalDuration.recipients,) if self.effect.recipients else ()
        return (
            ApprovalDuration.once,
            ApprovalDuration.temporary,
            *recipients,
            *(() if self.reaches_others else (ApprovalDuration.always,)),
        )

    def ask(self) -> ApprovalRequest:
        """Approval request for the person, verbatim."""
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
            html=self.effect.html,
            source=self.effect.source,
        )


@dataclass(frozen=True)
class Request:
    """A stored request, so that it can be sent again. `path` and `query` are percent-encoded."""

    method: str
    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""


def bind(call_hash: str, effect: Effect) -> str:
    """Hash of an approval request: the call and its Effect."""
    parts = [call_hash, effect.sentence, effect.fields, effect.recipients, effect.seal]
    more = [{name: value} for name, value in (("html", effect.html), ("source", effect.source)) if value]
    text = json.dumps([*parts, *more])  # without these, as earlier versions did
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def make_question(call_hash: str, effect: Effect, now: datetime, minutes: float) -> dict[str, Any]:
    """Make the fields of a new approval request, which expires after some minutes."""
    return {
        "question": f"{PREFIX}-{secrets.token_hex(8)}",
        "call_hash": call_hash,
        "hash": bind(call_hash, effect),
        "effect": effect,
        "asked_at": now.isoformat(),
        "expires_at": (now + timedelta(minutes=minutes)).isoformat(),
    }


def make_approval(client: Client, operation: Operation, key: str | None, question: dict[str, Any]) -> Approval:
    """Make an approval that is not stored yet."""
    return Approval(
        id=question["question"],
        client_id=client.id,
        client_name=client.name,
        credential=client.credential,
        operation=operation.name,
        scope=operation.scope,
        reaches_others=operation.reaches_others,
        activity_id=0,
        state=State.pending,
        key=key,
        **question,
    )


def say_minutes(minutes: float) -> str:
    """Minutes in words."""
    return "1 minute" if minutes == 1 else f"{minutes:g} minutes"
