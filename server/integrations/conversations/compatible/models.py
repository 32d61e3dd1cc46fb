"""Requests of OpenAI's API, as far as Deskhand reads them; every other field goes to OpenAI as it is."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

LARGEST_COUNT = 10_000_000
MOST_MESSAGES = 2_048  # OpenAI takes no more messages; each is stored
Count = Field(None, ge=1, le=LARGEST_COUNT, description="The most tokens of the answer.")


class CompletionRequest(BaseModel):
    """A chat completion: https://developers.openai.com/api/reference/resources/chat"""

    model_config = ConfigDict(extra="allow")

    messages: list[dict[str, Any]] = Field(
        min_length=1, max_length=MOST_MESSAGES, fail_fast=True, description="The whole conversation."
    )
    model: str = Field("", max_length=200, description="The model; the person's own choice if it is left out.")
    stream: bool | None = Field(None, description="Whether the answer is sent while it is made.")
    stream_options: dict[str, Any] | None = Field(None, description="Options of the stream.")
    max_completion_tokens: int | None = Count
    max_tokens: int | None = Count
    n: int | None = Field(None, ge=1, le=128, description="How many answers are made.")


class ModelResponseRequest(BaseModel):
    """A response: https://developers.openai.com/api/reference/resources/responses"""

    model_config = ConfigDict(extra="allow")

    input: str | Annotated[list[dict[str, Any]], Field(max_length=MOST_MESSAGES, fail_fast=True)] | None = Field(
        None, description="A text, or items."
    )
    model: str = Field("", max_length=200, description="The model; the person's own choice if it is left out.")
    instructions: str | None = Field(None, description="Instructions, which come first.")
    stream: bool | None = Field(None, description="Whether the answer is sent while it is made.")
    background: bool | None = Field(None, description="Never true: answers are waited for.")
    previous_response_id: str | None = Field(None, max_length=200, description="The response that this one goes on with.")
    max_output_tokens: int | None = Count
