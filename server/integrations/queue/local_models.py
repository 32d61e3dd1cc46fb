"""The queue as the window and the command line see it. Times are ISO 8601 in UTC."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from server.integrations.queue.models import Lane, UnavailableMode

QueueGroup = Literal["all", "waiting", "running", "uncertain", "done", "failed", "dead"]
StateName = Literal["idle", "leased", "executing", "uncertain", "done", "failed", "cancelled"]
Place = Literal["first", "up", "down", "last"]
MessageText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class QueueCap(BaseModel):
    """Prompts that were sent today, and the most of a day."""

    used: int
    most: int | None


class WaitingClient(BaseModel):
    """A client whose first prompt waits for the person's approval."""

    id: str
    name: str


class QueueRules(BaseModel):
    """The person's rules."""

    pause_seconds: float = Field(description="Shortest time between two prompts.")
    daily_cap: int | None
    on_unavailable_mode: UnavailableMode = Field(description="If ChatGPT does not offer the response type: default or fail.")
    api_fallback: bool = Field(
        description="Prompts go through the OpenAI API, at the person's cost, if no browser can take them."
    )


class QueueRulesChange(BaseModel):
    """Changes of the rules; what is left out stays."""

    pause_seconds: Annotated[float, Field(ge=0, le=3600)] | None = None
    daily_cap: Annotated[int, Field(ge=1, le=100_000)] | None = None
    on_unavailable_mode: UnavailableMode | None = None
    api_fallback: bool | None = None


class QueueOverview(BaseModel):
    """The state of the queue in numbers."""

    waiting: int
    running: int
    uncertain: int
    done_today: int
    failed_today: int
    dead: int
    paused: bool
    draining: bool
    limit_until: str | None = Field(description="ChatGPT's own limit: nothing is sent before.")
    cap: QueueCap
    approval_needed: list[WaitingClient]
    browsers: int = Field(description="Browsers that are connected.")
    paired: int = Field(description="Browsers that were ever connected and not removed.")
    problem: str | None = Field(description="What keeps prompts from being sent, as a sentence.")
    api_ready: bool = Field(description="Whether the OpenAI API could be used.")
    rules: QueueRules


class QueuePrompt(BaseModel):
    """A prompt as lists have it."""

    id: str
    number: int
    state: StateName
    dead: bool
    client: str = Field(description="Its name.")
    message: str = Field(description="The beginning of the message.")
    message_length: int
    response_length: int | None
    chat: int | None = Field(description="Number of the chat; None for a new one.")
    chat_title: str | None
    lane: Lane
    queued_at: str
    not_before: str | None
    started_at: str | None
    completed_at: str | None
    attempts: int
    error: str | None


class QueuePage(BaseModel):
    """A page of prompts. `total`: of all that match, as far as they are counted."""

    prompts: list[QueuePrompt]
    total: int


class QueueAnswer(BaseModel):
    """An answer; there is more than one after a replay. `seconds`: how long it took."""

    number: int
    lane: Lane
    model: str | None
    text: str
    notes: list[str]
    created_at: str
    seconds: float | None


class QueueTransition(BaseModel):
    """A change of state."""

    at: str
    state: StateName
    reason: str


class QueuePromptDetails(QueuePrompt):
    """A prompt with all of its text and its history."""

    text: str
    response: str | None
    partial: str
    position: int | None = Field(description="Place among those that wait, from 1.")
    expected_at: str | None
    worker: str | None = Field(description="The browser that has it.")
    chat_url: str | None = Field(description="ChatGPT's address of the chat.")
    response_type: str
    thinking_time: str
    model: str | None
    project: str | None
    temporary: bool
    priority: int
    attachments: list[str] = Field(description="Names of its files.")
    notes: list[str]
    answers: list[QueueAnswer] = Field(description="Those of replays, the oldest first.")
    history: list[QueueTransition]


class QueueChat(BaseModel):
    """A chat."""

    id: int
    title: str


class QueueChats(BaseModel):
    """The chats whose title is known, the newest first."""

    chats: list[QueueChat]


class MessageChange(BaseModel):
    """Another text for a prompt that waits."""

    message: MessageText


class Replay(BaseModel):
    """Another run of a prompt that has ended; its answer is kept beside the first."""

    lane: Lane = Lane.browser
    model: Annotated[str, StringConstraints(max_length=100)] = ""


class Resolution(BaseModel):
    """The person's decision on a prompt if it is unknown whether it was sent."""

    decision: Literal["resend", "fail", "answered"]
    text: Annotated[str, StringConstraints(max_length=10_000_000)] = Field("", description="The answer, if it was answered.")


class Move(BaseModel):
    """Another place among those that wait."""

    place: Place


class QueuePromptId(BaseModel):
    """The id of a prompt."""

    id: str


class QueueCount(BaseModel):
    """A number of prompts."""

    count: int


class HistoryView(BaseModel):
    """The import of the person's ChatGPT history by a browser."""

    count: int = Field(description="Conversations that were brought so far.")
    total: int | None
    skipped: int = Field(description="Conversations that are too long.")
    done: bool
    paused: bool
    problem: str = Field(description="What it waits for, as a sentence; empty if nothing.")
    seconds_left: int | None


class ExtensionView(BaseModel):
    """A paired browser and its health."""

    id: str
    name: str
    browser: str
    version: str
    connected: bool
    last_seen: str | None
    page: str = Field(description="State of ChatGPT's page, such as ready, signed_out or limit; empty if it is not known.")
    detail: str
    missing: list[str] = Field(description="What the page's adapter did not find.")
    test_ok: bool | None = Field(description="Result of the last self-test; None without one.")
    outdated: bool
    history: HistoryView | None = Field(description="None without an import, and while the browser is not connected.")


class ExtensionList(BaseModel):
    """The paired browsers. `wanted_version`: of this Deskhand's extension. `site`: the page that it works on."""

    extensions: list[ExtensionView]
    wanted_version: str
    site: str
    command: str = Field(description="The command that writes the extension's zip file.")


class PairingView(BaseModel):
    """A code that pairs one browser."""

    code: str
    expires_at: str
