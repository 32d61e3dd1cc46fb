"""Conversations and messages, as the store, the service and the surfaces have them."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from server.integrations.conversations.openai_account.settings import OpenAISettings
from server.sdk.webhook_auth import WebhookSettings


class Frozen(BaseModel):
    """A value."""

    model_config = ConfigDict(frozen=True)


class Source(StrEnum):
    """Origin of a conversation.

    `chatgpt`: a data export; `openai`: held here through the API;
    `api`: a client's calls of /v1; `webhook`: delivered.
    """

    chatgpt = "chatgpt"
    openai = "openai"
    api = "api"
    webhook = "webhook"


class Role(StrEnum):
    """Author of a message."""

    user = "user"
    assistant = "assistant"
    system = "system"
    tool = "tool"


class Kind(StrEnum):
    """Kind of a message. `thoughts` are shown folded."""

    text = "text"
    code = "code"
    output = "output"
    thoughts = "thoughts"
    report = "report"
    canvas = "canvas"
    voice = "voice"


class Citation(Frozen):
    """A source of a message. Its text refers to it as a Markdown footnote, [^number]."""

    number: int
    title: str = ""
    url: str = ""


class Attachment(Frozen):
    """A file of a message: the id and name of a row of chat_asset."""

    id: str
    name: str = ""


class Details(Frozen):
    """More about a message. `language`: of code. `name`: of a tool or an author.

    `follows`: the id of the imported message that one of a delivered conversation follows.
    `delivered`: the sender of its conversation delivered it, and may change it; else it was written here.
    """

    citations: tuple[Citation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    name: str = ""
    language: str = ""
    follows: str = ""
    delivered: bool = False


class ConversationsSettings(WebhookSettings):
    """Settings of conversations."""

    project_id: str = Field("1", description="The project of conversations that name none.")
    openai: OpenAISettings = OpenAISettings()
    messages_at_once: int = Field(8, ge=1, le=100, description="How many messages are sent to OpenAI at once.")
    retry_seconds: float = Field(2, gt=0, description="How long a message waits before it is tried again; then twice as long.")
    longest_retry_seconds: float = Field(300, gt=0, description="How long it waits at most.")
    answer_wait_seconds: float = Field(
        35, ge=0, le=44, description="How long a call waits for an answer. ChatGPT waits 45 seconds."
    )
    lost_answer_seconds: float = Field(120, gt=0, description="How long an answer is looked for whose connection was lost.")
    temporary_hours: float = Field(24, gt=0, description="How long a temporary conversation is kept after its last message.")
    prune_minutes: float = Field(10, gt=0, description="How often expired conversations are looked for.")
    deliveries_per_minute: int = Field(120, ge=1, description="How many webhook deliveries are accepted in a minute.")
    restore_minutes: float = Field(
        60, ge=0, le=43_200, description="How long a deleted conversation can be restored. It is deleted at OpenAI after that."
    )
