"""Orders and answers of the window about live conversations."""

from typing import Any

from pydantic import Base64Bytes, BaseModel, Field

from server.integrations.conversations.live.models import Project


class NewChatOrder(BaseModel):
    """A conversation to start."""

    project_id: str = Field("1", max_length=200, description="Its project.")
    title: str = Field("", max_length=500, description="Its title; empty: the beginning of the first message.")
    text: str = Field("", max_length=400_000, description="The first message.")
    model: str = Field("", max_length=200, description="Its model; empty: that of its project.")
    temporary: bool = Field(False, description="Whether it is deleted after a while, and cannot be searched.")


class ImageOrder(BaseModel):
    """An image to attach."""

    name: str = Field("", max_length=500, description="Its name.")
    data: Base64Bytes = Field(description="Its content, in Base64.")


class NewMessageOrder(BaseModel):
    """A message to send."""

    text: str = Field("", max_length=400_000, description="Its text.")
    parent_id: str | None = Field(None, max_length=200, description="The message that it follows; null: the last one shown.")
    model: str = Field("", max_length=200, description="The model that answers; empty: that of the conversation.")
    attachments: list[ImageOrder] = Field([], max_length=5, description="Images.")


class MessageOrderDone(BaseModel):
    """A message was stored."""

    message_id: str = Field(description="Its id.")
    answer_id: str = Field(description="The id of its answer, to be followed.")


class RegenerateOrder(BaseModel):
    """Another answer to ask for."""

    message_id: str = Field(max_length=200, description="The message, or one of its answers.")
    model: str = Field("", max_length=200, description="The model that answers; empty: that of the conversation.")


class ContinueOrder(BaseModel):
    """An imported conversation to go on with."""

    message_id: str = Field("", max_length=200, description="The last message of the copy; empty: the last one shown.")


class ProjectRow(BaseModel):
    """A project."""

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    description: str = Field(description="More about it.")
    instructions: str = Field(description="What each model is told in it.")
    model: str = Field(description="The model of its conversations; empty: the one in the settings.")
    retention_days: int | None = Field(description="After how many days its conversations are deleted; null: never.")
    chat_count: int = Field(description="Its conversations.")
    is_imported: bool = Field(description="Whether it was imported.")
    budget: str | None = Field(description="What may be spent in a month, in USD; null: no limit of its own.")
    spent: str | None = Field(description="What was spent this month, in USD.")


class ProjectRows(BaseModel):
    """The projects."""

    projects: list[ProjectRow] = Field(description="The projects.")


class ProjectChange(BaseModel):
    """A project to create or to change; what is left out stays as it is."""

    name: str | None = Field(None, max_length=200, description="Its name.")
    description: str | None = Field(None, max_length=10_000, description="More about it.")
    instructions: str | None = Field(None, max_length=100_000, description="What each model is told in it.")
    model: str | None = Field(None, max_length=200, description="The model of its conversations.")
    retention_days: int | None = Field(
        None, ge=1, le=36_500, description="After how many days its conversations are deleted; null: never."
    )
    starred: bool | None = Field(None, description="Whether it is starred.")
    budget: str | None = Field(None, max_length=20, description="What may be spent in a month, in USD; null: no limit.")

    @property
    def values(self) -> dict[str, Any]:
        """The fields of the project that are given."""
        given = {name: getattr(self, name) for name in self.model_fields_set & set(Project.model_fields)}
        return {name: value for name, value in given.items() if value is not None or name == "retention_days"}


class WebhookState(BaseModel):
    """State of deliveries by webhook."""

    path: str = Field(description="The path for deliveries.")
    secret_is_set: bool = Field(description="Whether there is a secret; without one every delivery is refused.")
    previous_until: str | None = Field(description="Until when the former secret works too.")


class SecretChange(BaseModel):
    """A secret to set, or none."""

    secret: str | None = Field(None, min_length=8, max_length=1000, description="The secret; null: deliveries are refused.")
