"""Conversations and messages as webhooks and /sync/manual deliver them. Unknown members are allowed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MILLISECONDS = 100_000_000_000  # a time from here on is in milliseconds: in seconds it would be the year 5138
LATEST = 7_258_118_400  # the year 2200


def read_time(value: Any) -> Any:
    """Read a time in seconds or milliseconds since 1970, or ISO 8601. Raises ValueError."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < LATEST * 1000:  # NaN is not either
        raise ValueError("must be a time in seconds since 1970")
    seconds = value / 1000 if value >= MILLISECONDS else float(value)
    if seconds >= LATEST:
        raise ValueError("must be a time in seconds since 1970")
    return seconds


def read_text(value: Any) -> Any:
    """Read the text of a content: a string, an object with parts or a text, a list of these, or null. Raises ValueError."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(read_part, value)))
    if isinstance(value, dict):
        return read_text(value["parts"]) if isinstance(value.get("parts"), list) else read_part(value)
    raise ValueError("must be a text, an object or a list")


def read_part(value: Any) -> str:
    """Read the text of a part; empty for one that is no text."""
    text = value.get("text", value.get("content", "")) if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""


def read_id(value: Any) -> Any:
    """Read an id, which may be a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Time = Annotated[float, BeforeValidator(read_time)]
Content = Annotated[str, BeforeValidator(read_text)]
Id = Annotated[str, BeforeValidator(read_id), Field(min_length=1, max_length=200)]
OptionalId = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(read_id)]


class Received(BaseModel):
    """A part of a delivery."""

    model_config = ConfigDict(extra="ignore")


class ReceivedProject(Received):
    """A project."""

    id: OptionalId = None
    name: str = Field(min_length=1, max_length=500)
    description: str | None = Field(None, max_length=10_000)
    is_starred: bool | None = None


class ReceivedConversation(Received):
    """A conversation."""

    id: Id
    title: str | None = Field(None, max_length=2_000)
    model: str | None = Field(None, max_length=200)
    create_time: Time
    update_time: Time
    project_id: OptionalId = None
    openai_thread_id: OptionalId = None


class ReceivedMessage(Received):
    """A message."""

    id: Id
    conversation_id: Id
    role: Literal["user", "assistant", "system"]
    content: Content = ""
    parts: Content = ""
    create_time: Time
    parent: OptionalId = None

    @property
    def text(self) -> str:
        """The text, of whichever member has one."""
        return self.content or self.parts


@dataclass(frozen=True)
class Delivered:
    """A delivery. `sender`: the client's id; empty: the signed webhook. `imported_name`: of its project, if that is imported."""

    sender: str
    item: ReceivedConversation | ReceivedMessage
    project: ReceivedProject | None = None
    imported_name: str = ""

    @property
    def project_id(self) -> str:
        """The id of its project; empty if it names none."""
        own = self.item.project_id if isinstance(self.item, ReceivedConversation) else None
        return (self.project.id if self.project else None) or own or ""
