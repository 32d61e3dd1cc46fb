"""Orders and answers of the operations of live conversations, in the form of ChatBETO's API.

Fields have its names, and the times of answers are ISO 8601 with milliseconds.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from server.sdk.nullable import NullableText

LONGEST_MESSAGE = 400_000
MOST_MESSAGES = 2_000
WrittenId = Annotated[int | str, WithJsonSchema({"type": ["integer", "string"]})]  # tools and ChatGPT's editor take no anyOf


def read_id(value: Any) -> Any:
    """Read an id, which may be a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def write_id(project_id: str) -> int | str:
    """Write an id as it is usually sent: a number if it is one."""
    return int(project_id) if project_id.isdecimal() and len(project_id) < 16 else project_id


class Shape(BaseModel):
    """A shape whose fields have names such as projectId."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)


ProjectId = Annotated[str, BeforeValidator(read_id), Field(max_length=200)]


class ChatOrder(Shape):
    """A conversation to start."""

    project_id: ProjectId = Field("", description="The project's id, as list_projects tells it; 1 is the default one.")
    title: str = Field("", max_length=500, description="The title. Default: the beginning of the first message.")
    initial_message: str = Field("", max_length=LONGEST_MESSAGE, description="The first message, which a model answers.")


class MessageOrder(Shape):
    """A message to send."""

    message: str = Field("", max_length=LONGEST_MESSAGE, description="The text.")
    role: Literal["user", "assistant", "system"] = Field(
        "user", description="user, which a model answers, or assistant or system, which is only added."
    )


class Part(Shape):
    """A part of a content."""

    type: str = Field("text", max_length=100, description="text")
    text: str = Field("", max_length=LONGEST_MESSAGE, description="The text.")


class TurnOrder(Shape):
    """One message of a question."""

    role: Literal["user", "assistant", "system", "developer"] = Field(description="user, assistant, system or developer.")
    content: Annotated[str | list[Part], WithJsonSchema({"type": "string"})] = Field(description="The text.")

    @property
    def text(self) -> str:
        """The text of all parts."""
        return self.content if isinstance(self.content, str) else "\n".join(part.text for part in self.content)


class CompletionOrder(Shape):
    """A question with what was said before."""

    messages: list[TurnOrder] = Field([], max_length=MOST_MESSAGES, description="The messages, the last one is answered.")
    model: str = Field("", max_length=200, description="The model. Default: the project's, or the one in the settings.")
    project_id: ProjectId = Field("", description="The project that it is stored in; without one it is not stored.")


class SyncOrder(Shape):
    """Conversations to create at OpenAI."""

    imported: list[str] = Field(
        [], max_length=10_000, description="Ids of imported conversations too; default: only those that were held here."
    )
    project_id: ProjectId = Field("", description="Only those of this project.")


class ProjectOrder(Shape):
    """A project to create."""

    name: str = Field("", max_length=200, description="The name.")
    description: str = Field("", max_length=10_000, description="More about it.")


class ManualOrder(Shape):
    """A conversation or a message to store."""

    type: str = Field("", max_length=40, description="conversation or message")
    data: dict[str, Any] = Field(
        {}, description="The conversation or the message, under that name, and its project if there is one."
    )


class Envelope(Shape):
    """An answer."""

    status: str = Field("success", description="success")
    timestamp: str = Field(description="When it was made.")


class OpenAIState(Shape):
    """State of OpenAI."""

    status: str = Field(description="healthy, unhealthy or disabled")
    reason: str | None = Field(None, description="Why it is not healthy.")


class StatusData(Shape):
    """State of the connection."""

    openai: OpenAIState = Field(description="Whether it can be used.")
    initialized: bool = Field(description="Whether there is a key.")


class StatusAnswer(Envelope):
    """State of the connection with OpenAI."""

    data: StatusData = Field(description="The state.")


class CreatedData(Shape):
    """A new conversation."""

    conversation_id: str = Field(description="Its id.")
    thread_id: str = Field(description="The id of its conversation at OpenAI, or its own one until there is one.")
    project_id: WrittenId = Field(description="The project's id.")


class CreatedAnswer(Envelope):
    """A conversation was started."""

    data: CreatedData = Field(description="The conversation.")


class SentMessage(Shape):
    """A message that was stored."""

    id: str = Field(description="Its id.")
    content: str = Field(description="Its text.")
    role: str = Field(description="user, assistant or system")


class Reply(Shape):
    """A model's answer."""

    content: str = Field(description="The text.")
    role: str = Field("assistant", description="assistant")


class MessageData(Shape):
    """A message and its answer."""

    conversation_id: str = Field(description="The conversation's id.")
    thread_id: str = Field(description="The id of its conversation at OpenAI, or its own one until there is one.")
    user_message: SentMessage = Field(description="The message.")
    assistant_response: Reply | None = Field(None, description="The answer; null until there is one: see state.")
    state: str = Field(
        "done",
        description="State of the answer: done, waiting (it is sent once OpenAI can be reached), running (read it later), "
        "failed, uncertain (not sent again) or none.",
    )
    error: str | None = Field(None, description="Why there is no answer.")


class MessageAnswer(Envelope):
    """A message was stored."""

    data: MessageData = Field(description="The message and its answer.")


class TokenUsage(BaseModel):
    """Tokens, named as chat completions name them."""

    prompt_tokens: int = Field(description="Tokens of the messages.")
    completion_tokens: int = Field(description="Tokens of the answer.")
    total_tokens: int = Field(description="Both.")


class CompletionData(Shape):
    """An answer without a conversation."""

    response: Reply = Field(description="The answer.")
    conversation_id: NullableText = Field(None, description="The conversation that it was stored as; null without a project.")
    usage: TokenUsage = Field(description="Its tokens.")


class CompletionAnswer(Envelope):
    """A model answered."""

    data: CompletionData = Field(description="The answer.")


class ProjectView(Shape):
    """A project."""

    id: WrittenId = Field(description="Its id.")
    name: str = Field(description="Its name.")
    description: str = Field(description="More about it.")
    is_starred: bool = Field(description="Whether the person starred it.")


class ProjectList(Shape):
    """Projects."""

    projects: list[ProjectView] = Field(description="The projects, the oldest first.")


class ProjectsAnswer(Envelope):
    """The projects."""

    data: ProjectList = Field(description="The projects.")


class ProjectData(Shape):
    """A new project."""

    project: ProjectView = Field(description="The project.")


class ProjectAnswer(Envelope):
    """A project was created."""

    data: ProjectData = Field(description="The project.")


class StoredResult(Shape):
    """A conversation or message that was stored."""

    status: str = Field(description="conversation_created, conversation_updated, message_created or message_updated")
    conversation_id: str | None = Field(None, description="The conversation's id.")
    message_id: str | None = Field(None, description="The message's id.")


class ManualAnswer(Envelope):
    """A conversation or message was stored."""

    type: str = Field(description="conversation or message")
    result: StoredResult = Field(description="The outcome.")


class FailedSync(Shape):
    """A conversation that could not be copied."""

    id: str = Field(description="Its id.")
    title: str = Field(description="Its title.")
    reason: str = Field(description="Why not.")


class SyncAccepted(Envelope):
    """Copying has begun."""

    status: str = Field("accepted", description="accepted")
    message: str = Field("Sync started in background", description="Sync started in background")
    job_id: str = Field(description="The number for read_sync.")
    poll: str = Field(description="The path to look at for its progress.")


class SyncData(Shape):
    """Progress and report of copying."""

    job_id: str = Field(description="Its number.")
    state: str = Field(description="running, done, cancelled or failed")
    total: int = Field(description="Conversations to copy.")
    created: int = Field(description="Conversations that are at OpenAI now.")
    failed: list[FailedSync] = Field(description="Conversations that could not be copied.")
    error: str | None = Field(None, description="Why it failed.")


class SyncAnswer(Envelope):
    """Progress of copying."""

    data: SyncData = Field(description="The progress.")
