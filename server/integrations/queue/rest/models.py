"""Requests and answers of the queue's operations. The first eleven fields of a prompt are what its clients have always had."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from server.integrations.queue.models import Lane, ResponseType, StartTime, ThinkingTime
from server.integrations.queue.states import Status
from server.sdk.nullable import NullableNumber, NullableText, NullableTime

LONGEST_MESSAGE = 1_000_000
MOST_FILES, LARGEST_FILES = 10, 5 * 1024 * 1024  # bytes of all files of a prompt, which as base64 fit beside its message
Message = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_MESSAGE, pattern=r"\S")]


def replace_null(default: Any) -> BeforeValidator:
    """Read null and an empty text as the default."""
    return BeforeValidator(lambda value: default if value is None or value == "" else value)


class FileOrder(BaseModel):
    """A file for a prompt."""

    name: str = Field(min_length=1, max_length=200, description="Its name, such as report.pdf.")
    content_type: Annotated[str, replace_null("application/octet-stream")] = Field(
        "application/octet-stream",
        max_length=100,
        pattern=r"^[\w.+-]+/[\w.+-]+$",
        description="Its media type, such as application/pdf.",
    )
    data: str = Field(min_length=1, max_length=LARGEST_FILES * 4 // 3 + 4, description="Its content as base64.")


class SubmitOrder(BaseModel):
    """A prompt."""

    message: Message = Field(description="The text for ChatGPT.")
    response_type: Annotated[ResponseType, replace_null(ResponseType.auto)] = Field(
        ResponseType.auto, description="auto, thinking or instant."
    )
    thinking_time: Annotated[ThinkingTime, replace_null(ThinkingTime.standard)] = Field(
        ThinkingTime.standard, description="standard or extended; of no effect unless response_type is thinking."
    )
    chat_id: NullableText = Field(
        None, max_length=2_000, description="ChatGPT's id of the chat to continue; empty for a new chat."
    )
    priority: int = Field(0, ge=-1_000, le=1_000, description="Higher is earlier. Within a chat the order stays.")
    not_before: StartTime | None = Field(None, description="When it may be sent at the earliest, such as 2030-01-31T09:00:00Z.")
    project: NullableText = Field(None, max_length=2_000, description="The ChatGPT project for a new chat.")
    model: NullableText = Field(None, max_length=2_000, description="The model, by the name that ChatGPT shows.")
    temporary: bool = Field(False, description="Whether a new chat is a temporary one.")
    webhook_url: NullableText = Field(
        None, max_length=2_000, description="Where the result is sent, instead of the client's address."
    )
    attachments: list[FileOrder] = Field(
        default_factory=list, max_length=MOST_FILES, description="Files to attach, 5 MB in all. Only a browser can attach them."
    )


class EditOrder(BaseModel):
    """A change of a prompt that waits."""

    message: Message | None = Field(None, description="Its new text.")
    priority: int | None = Field(None, ge=-1_000, le=1_000, description="Its new priority; higher is earlier.")


class ReplayOrder(BaseModel):
    """Another way to an answer."""

    lane: Lane = Field(Lane.browser, description="browser, or api for OpenAI's API at the person's cost.")
    model: NullableText = Field(None, max_length=2_000, description="The model, if it is to be another one.")


class WebhookOrder(BaseModel):
    """An address for results."""

    webhook_url: NullableText = Field(max_length=2_000, description="Where results are sent; null or empty for nowhere.")


class AnswerView(BaseModel):
    """One of several answers."""

    lane: Lane = Field(description="browser or api.")
    model: NullableText = Field(None, description="The model, if it is known.")
    response: str = Field(description="Its text.")
    created_at: datetime = Field(description="When it was complete.")


class PromptView(BaseModel):
    """A prompt and its answer."""

    id: str = Field(description="Its id.")
    message: str = Field(description="The text for ChatGPT.")
    response_type: ResponseType = Field(description="auto, thinking or instant.")
    thinking_time: ThinkingTime = Field(description="standard or extended.")
    status: Status = Field(description="idle: it waits. executing: ChatGPT works on it. done. failed: error_message says why.")
    response: NullableText = Field(None, description="ChatGPT's answer in Markdown.")
    error_message: NullableText = Field(None, description="Why it failed.")
    chat: NullableText = Field(None, description="ChatGPT's id of the chat, once it is known.")
    queued_at: datetime = Field(description="When it was submitted.")
    started_at: NullableTime = Field(None, description="When the browser began with it.")
    completed_at: NullableTime = Field(None, description="When it ended.")
    next_text_offset: NullableNumber = Field(None, description="Where a long answer continues; read it with text_offset.")
    error_name: NullableText = Field(None, description="A short name of the failure.")
    uncertain: bool = Field(False, description="Whether the person is asked if it was sent, as the browser was lost meanwhile.")
    position: NullableNumber = Field(None, description="Its place in the queue while it waits; 1 is next.")
    expected_at: NullableTime = Field(None, description="When the answer is expected, if that can be known.")
    priority: int = Field(0, description="Higher is earlier.")
    not_before: NullableTime = Field(None, description="When it may be sent at the earliest.")
    project: NullableText = Field(None, description="The ChatGPT project of a new chat.")
    model: NullableText = Field(None, description="The model that was ordered.")
    temporary: bool = Field(False, description="Whether a new chat is a temporary one.")
    attempts: int = Field(0, description="How often it was tried.")
    lane: Lane = Field(Lane.browser, description="browser, or api for OpenAI's API.")
    attachments: list[str] = Field(default_factory=list, description="Names of its files.")
    notes: list[str] = Field(default_factory=list, description="What ChatGPT did not offer, so that its default was used.")
    partial_response: NullableText = Field(None, description="The answer as far as it is there, while ChatGPT works on it.")
    answers: list[AnswerView] = Field(default_factory=list, description="All answers, if there is more than one.")


class ChatView(BaseModel):
    """A chat."""

    id: int = Field(description="Its number here.")
    chat_id: NullableText = Field(None, description="ChatGPT's id of it, once it is known.")
    title: NullableText = Field(None, description="Its title, once it is known.")
    created_at: datetime = Field(description="When its first prompt was submitted.")
    updated_at: datetime = Field(description="When it was last changed.")
