"""Prompts, chats and leases, as the store, the queue and the surfaces have them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from server.integrations.queue.states import STATUSES, State, Status

Item = TypeVar("Item")


class ResponseType(StrEnum):
    """Kind of answer that ChatGPT is asked for."""

    auto = "auto"
    thinking = "thinking"
    instant = "instant"


class ThinkingTime(StrEnum):
    """Length of thinking; of no effect unless the response type is `thinking`."""

    standard = "standard"
    extended = "extended"


class Lane(StrEnum):
    """Way to an answer."""

    browser = "browser"
    api = "api"


class UnavailableMode(StrEnum):
    """Handling of a response type, model or project that the page does not offer."""

    default = "default"  #: the page's default is used and the result says so
    fail = "fail"


class QueueSettings(BaseModel):
    """Settings of the browser queue. `site`: in demo mode, the page that a newly written extension works on."""

    site: str = "https://chatgpt.com"
    pause_seconds: float = Field(2, ge=0, le=86_400, description="The shortest time between two prompts.")
    daily_cap: int | None = Field(200, ge=1, description="How many prompts are sent in a day; null for no limit.")
    on_unavailable_mode: UnavailableMode = Field(
        UnavailableMode.default,
        description="Whether a prompt whose model or mode ChatGPT does not offer uses the default, or fails.",
    )
    api_fallback: bool = Field(
        False,
        description="Whether prompts go through the OpenAI API, at your cost, when no browser can take them.",
    )
    fallback_seconds: float = Field(
        30,
        ge=0,
        le=86_400,
        title="Wait before the OpenAI API is used",
        description="How long no browser must be connected, if you allow the API to answer instead.",
        json_schema_extra={"unit": "seconds"},
    )
    most_attempts: int = Field(
        3, ge=1, le=100, title="Attempts", description="How often a prompt is tried that could not be sent."
    )
    retry_seconds: float = Field(
        5,
        ge=0,
        le=3_600,
        title="Wait before another attempt",
        description="It doubles with each attempt.",
        json_schema_extra={"unit": "seconds"},
    )
    lease_seconds: float = Field(
        60,
        gt=0,
        le=3_600,
        title="Wait for a silent browser",
        description="Then its prompts go back into the queue, or you are asked whether they were sent.",
        json_schema_extra={"unit": "seconds"},
    )
    keep_days: int = Field(
        0,
        ge=0,
        le=3_650,
        title="Keep prompts for",
        description="Counted from the end of each prompt. 0 keeps all.",
        json_schema_extra={"unit": "days"},
    )


@dataclass(frozen=True, slots=True)
class ClientRef:
    """A client; others' prompts do not exist for it."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class QueueClient:
    """A client as the queue knows it. `approved`: None while the person has not answered."""

    id: str
    name: str
    approved: bool | None
    webhook_url: str
    waiting: int = 0


def none_if_blank(value: Any) -> Any:
    """Read an empty text as none."""
    return None if isinstance(value, str) and not value.strip() else value


StartTime = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(9999, 1, 1, tzinfo=UTC))]
"""A time that every time zone can write."""
OptionalText = Annotated[Annotated[str, StringConstraints(max_length=2_000)] | None, BeforeValidator(none_if_blank)]


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A file of a prompt, as it is submitted."""

    name: str
    content_type: str
    data: bytes

    def describe(self) -> dict[str, Any]:
        """Describe it without its content."""
        return {"name": self.name, "content_type": self.content_type, "size": len(self.data)}


class PromptOrder(BaseModel):
    """A prompt as a client submits it."""

    model_config = ConfigDict(frozen=True)

    message: Annotated[str, StringConstraints(min_length=1, max_length=1_000_000, pattern=r"\S")]
    response_type: ResponseType = ResponseType.auto
    thinking_time: ThinkingTime = ThinkingTime.standard
    chat_id: OptionalText = None
    priority: int = Field(0, ge=-1_000, le=1_000)
    not_before: StartTime | None = None
    project: OptionalText = None
    model: OptionalText = None
    temporary: bool = False
    webhook_url: OptionalText = None
    attachments: tuple[PromptFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat of a client. `chat_id` (ChatGPT's) and `title` are None until the extension has reported them."""

    id: int
    chat_id: str | None
    title: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a prompt; there is more than one after a replay."""

    number: int
    lane: Lane
    model: str | None
    text: str
    notes: tuple[str, ...]
    citations: tuple[Mapping[str, Any], ...]
    created_at: datetime
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A change of a prompt's state."""

    at: datetime
    state: State
    reason: str = ""


@dataclass(slots=True)  # frozen takes seven times as long to make
class Prompt:
    """A prompt in the queue. `number`: the order of submission. `token`: the fencing token of its latest lease.

    `response`: the latest answer. `answers`, `history` and `partial` are only read by `Queue.read`.
    `find_first`: the message may be in the chat already, so the extension looks for it before it sends.
    `attachments`: name, content_type and size of its files.
    `chat_key`, `ends`, `result_url` and `webhook_depth` are the queue's own: see its tables.
    """

    id: str
    number: int
    client: ClientRef
    state: State
    message: str
    response_type: ResponseType
    thinking_time: ThinkingTime
    chat: Chat
    queued_at: datetime
    priority: int = 0
    not_before: datetime | None = None
    project: str | None = None
    model: str | None = None
    temporary: bool = False
    webhook_url: str | None = None
    attachments: tuple[Mapping[str, Any], ...] = ()
    lane: Lane = Lane.browser
    attempts: int = 0
    token: int = 0
    worker: str | None = None
    expires_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    response: str | None = None
    error_message: str | None = None
    error_name: str | None = None
    dead: bool = False
    find_first: bool = False
    notes: tuple[str, ...] = ()
    partial: str | None = None
    answers: tuple[Answer, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    chat_key: str = ""
    ends: int = 0
    result_url: str = ""
    webhook_depth: int = 0

    @property
    def status(self) -> Status:
        """The status that a client sees."""
        return STATUSES[self.state]


@dataclass(frozen=True, slots=True)
class Lease:
    """A prompt in the hands of an extension until `expires_at`, which each heartbeat moves.

    `token`: the fencing token; an older one is refused with Conflict.
    """

    prompt: Prompt
    token: int
    expires_at: datetime

    @classmethod
    def of(cls, leased: Prompt | None) -> "Lease | None":
        """Make the lease of a prompt that was leased."""
        return cls(leased, leased.token, leased.expires_at) if leased and leased.expires_at else None


@dataclass(frozen=True, slots=True)
class PromptResult:
    """An answer, as an extension (or the API) reports it. `chat_id`, `chat_title`: None if unknown."""

    text: str
    chat_id: str | None = None
    chat_title: str | None = None
    model: str | None = None
    notes: tuple[str, ...] = ()
    citations: tuple[Mapping[str, Any], ...] = ()
    lane: Lane = Lane.browser


@dataclass(frozen=True, slots=True)
class PromptFailure:
    """A failure, as an extension reports it. `sent`: whether the message may have been sent. `final`: it is not tried again."""

    name: str
    text: str
    sent: bool
    final: bool = False


class DecisionKind(StrEnum):
    """Kind of a decision."""

    resend = "resend"
    fail = "fail"
    answered = "answered"


@dataclass(frozen=True, slots=True)
class Decision:
    """The person's decision on an uncertain prompt, or the extension's after it has looked into the chat."""

    kind: DecisionKind
    result: PromptResult | None = None

    resend: ClassVar["Decision"]
    fail: ClassVar["Decision"]

    @classmethod
    def answered(cls, text: str, chat_id: str | None = None, chat_title: str | None = None) -> "Decision":
        """Decide that it was answered with a text."""
        return cls(DecisionKind.answered, PromptResult(text, chat_id, chat_title))


Decision.resend = Decision(DecisionKind.resend)
Decision.fail = Decision(DecisionKind.fail)


@dataclass(frozen=True, slots=True)
class PromptFilter:
    """A selection of prompts, newest first unless `oldest_first`, which takes no cursor.

    `query`: part of the message. `chat`: the integer id. `count`: with the total.
    """

    client_id: str | None = None
    status: Status | None = None
    states: tuple[State, ...] = ()
    dead: bool | None = None
    chat: int | None = None
    query: str = ""
    cursor: str | None = None
    limit: int = 100
    count: bool = True
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page. `next`: the cursor of the next one; `total`: all that match."""

    items: list[Item]
    next: str | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a waiting prompt: 1 is next. `expected_at`: None if it cannot be known."""

    position: int
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """The queue in figures. `sent_today`: towards `daily_cap`. `approval_needed`: clients that wait for the person's answer."""

    waiting: int = 0
    running: int = 0
    uncertain: int = 0
    done_today: int = 0
    failed_today: int = 0
    dead: int = 0
    paused: bool = False
    draining: bool = False
    limit_until: datetime | None = None
    sent_today: int = 0
    daily_cap: int | None = None
    approval_needed: list[QueueClient] = field(default_factory=list)
