"""Notes and settings."""

from typing import Literal

from pydantic import BaseModel, Field


class ExampleSettings(BaseModel):
    """How notes are kept."""

    longest: int = Field(200, ge=1, le=1000, title="Longest note", description="The longest text that is kept.")


class ExampleNote(BaseModel):
    """A note."""

    name: str = Field(max_length=40, description="Its name.")
    text: str = Field(max_length=1000, description="Its text.")
    state: Literal["shared", "private"] = Field("private", description="Whether others see it.")
