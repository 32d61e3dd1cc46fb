"""Receivers, deliveries and attempts, and the settings of outgoing webhooks."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from server.core.errors import InvalidInput
from server.outbound.webhooks.receivers import check_listed

SECTION = "webhooks"  # of the settings


class EndpointState(StrEnum):
    """State of a receiver. Only an enabled one gets new events."""

    enabled = "enabled"
    disabled = "disabled"  #: by the person, or with a reason
    unconfirmed = "unconfirmed"  #: it comes from a restored backup


class DeliveryState(StrEnum):
    """State of one event for one receiver."""

    waiting = "waiting"
    delivered = "delivered"
    dead = "dead"  #: given up; the person can replay it


@dataclass(frozen=True)
class Endpoint:
    """A receiver. `kind`: "person" or "request". `types`: empty for all. Fields that end in `_at` are ISO 8601, UTC."""

    id: str
    kind: str
    url: str
    name: str
    types: tuple[str, ...]
    state: str
    reason: str
    secret_name: str
    previous_until: str | None
    created_at: str
    failures: int
    next_attempt_at: str | None

    @property
    def title(self) -> str:
        """Its name, or else its address."""
        return self.name or self.url


@dataclass(frozen=True)
class Delivery:
    """An event for a receiver. `message_id`: the webhook-id. `depth`: webhooks that led to it."""

    id: int
    endpoint_id: str
    message_id: str
    type: str
    body: str
    depth: int
    state: str
    created_at: str
    first_attempt_at: str | None
    ended_at: str | None
    attempts: int


@dataclass(frozen=True)
class Attempt:
    """Result of one request. `error`: empty if it was delivered. `answer`: the beginning of the response, without secrets.

    `retry_after`: seconds that the receiver wants to be left alone. `is_ours`: nothing was sent, for a reason on this computer.
    """

    at: datetime
    duration_ms: int = 0
    status: int | None = None
    error: str = ""
    answer: str = ""
    retry_after: float | None = None
    is_ours: bool = False


@dataclass(frozen=True)
class Outcome:
    """Consequence of an attempt for its delivery and its receiver. `disabled`: the reason why the receiver is disabled."""

    state: DeliveryState
    failures: int = 0
    next_attempt_at: datetime | None = None
    disabled: str = ""


@dataclass(frozen=True)
class DeliveryFilter:
    """Selection of the log: before an id, newest first; empty texts select all."""

    state: str = ""
    endpoint_id: str = ""
    before: int | None = None
    limit: int = 50


@dataclass(frozen=True)
class LoggedAttempt:
    """An attempt, as stored."""

    number: int
    at: str
    duration_ms: int
    status: int | None
    error: str
    answer: str


@dataclass(frozen=True)
class LoggedDelivery:
    """A delivery with its attempts, latest first, and what is known of its receiver."""

    delivery: Delivery
    endpoint: Endpoint
    attempts: list[LoggedAttempt] = field(default_factory=list)


def read_types(stored: str) -> tuple[str, ...]:
    """Read the types that a receiver wants; damaged ones stand for none that exists."""
    try:
        types = json.loads(stored)
    except ValueError:
        types = None
    return tuple(map(str, types)) if isinstance(types, list) else ("-",)


def check_listed_value(text: str) -> str:
    """Check host and port. Raises ValueError."""
    try:
        return check_listed(text)
    except InvalidInput as error:
        raise ValueError(error.detail) from None


class WebhookSettings(BaseModel):
    """Outgoing webhooks: deliveries of events to the receivers that you added."""

    local_receivers: list[Annotated[str, AfterValidator(check_listed_value)]] = Field(
        [], max_length=100, description="Receivers on this computer or its network: host and port."
    )
    give_up_hours: float = Field(
        72,
        ge=1,
        le=720,
        title="Give up after (hours)",
        description="An event that is not delivered by then becomes a dead letter.",
    )
    keep_days: float = Field(
        14,
        ge=1,
        le=365,
        title="Keep deliveries (days)",
        description="Older deliveries, and dead letters, are removed from the log.",
    )
    delays: list[float] = Field(
        [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
        min_length=1,
        max_length=100,
        description="Seconds before each further attempt, more or less a fifth; the last is repeated.",
    )
    attempt_seconds: float = Field(15, gt=0, le=15, description="How long one attempt may take in all.")
    most_at_once: int = Field(16, ge=1, le=100, description="Receivers that are delivered to at once.")
    most_answer_bytes: int = Field(65_536, ge=1, le=65_536, description="Bytes of a response that are read.")
    longest_retry_after_hours: float = Field(24, gt=0, le=240, description="Longest Retry-After of a receiver that is honoured.")
    rotation_hours: float = Field(24, ge=0, le=720, description="How long a replaced secret still signs.")
    test_seconds: float = Field(20, gt=0, le=60, description="How long the result of a test is awaited.")
