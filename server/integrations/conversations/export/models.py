"""Orders and reports of exports."""

from enum import StrEnum

from pydantic import BaseModel, Field

from server.integrations.conversations.models import Source
from server.storage.text_search import LARGEST_KEY


class ExportFormat(StrEnum):
    """The form of an export."""

    markdown = "markdown"  #: a file for each conversation, for reading
    json = "json"  #: one file, for programs
    original = "original"  #: the form of ChatGPT's own export, which can be imported again


class ExportOrder(BaseModel):
    """Which conversations to export: those with these ids, or all that fit. Temporary ones only by id."""

    ids: list[str] | None = Field(None, description="Their ids; null: all that fit.", max_length=20_000)
    query: str = Field("", max_length=2_000, description="What a search finds.")
    project: str = Field("", max_length=200, description="The id of their project.")
    year: int | None = Field(None, ge=1970, le=2200, description="The year of their last change.")
    source: Source | None = Field(None, description="Where they come from.")
    starred: bool | None = Field(None, description="Whether they are starred.")
    imported_by: int | None = Field(None, ge=0, le=LARGEST_KEY, description="The id of the import that they came with.")
    format: ExportFormat = Field(ExportFormat.markdown, description="markdown, json or original.")


class FileOrder(ExportOrder):
    """An export into a file of this computer."""

    path: str = Field(max_length=1_000, description="The full path of the file.")
    overwrite: bool = Field(False, description="Whether an older export may be replaced.")


class ExportReport(BaseModel):
    """An export that was made."""

    path: str = Field(description="Its file.")
    chats: int = Field(description="The conversations in it.")
    files: int = Field(description="The files of messages in it.")
    missing: int = Field(description="Files of messages that are not here, because the export that was imported lacked them.")
