"""Conversations as the window lists and reads them."""

from pydantic import BaseModel, Field

from server.integrations.conversations.models import Frozen, Source
from server.storage.text_search import LARGEST_KEY


class ProjectName(BaseModel):
    """The project of a conversation."""

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")


class ChatRow(BaseModel):
    """A conversation in a list."""

    id: str = Field(description="Its id.")
    title: str = Field(description="Its title; empty if it has none.")
    created_at: str | None = Field(description="When it began, ISO 8601 in UTC.")
    updated_at: str | None = Field(description="When its last message came, ISO 8601 in UTC.")
    project: ProjectName | None = Field(description="Its project.")
    model: str = Field(description="Its model.")
    source: str = Field(description="Where it comes from: chatgpt (an export), openai, api or webhook.")
    message_count: int = Field(description="Its messages.")
    starred: bool = Field(description="Whether the person has starred it.")
    archived: bool = Field(description="Whether it is archived.")
    temporary: bool = Field(description="Whether it is deleted after a while, and cannot be searched.")
    cost: str | None = Field(description="What it cost, in USD; null if nothing is known.")


class ChatList(BaseModel):
    """A page of conversations, the last changed first."""

    chats: list[ChatRow] = Field(description="The conversations.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    total: int = Field(description="How many there are altogether.")


class ChatCounts(BaseModel):
    """Numbers of conversations by the time of their last change."""

    since: list[int] = Field(description="How many were changed at or after each time that was asked for.")
    dated: int = Field(description="How many have a time.")
    total: int = Field(description="How many there are altogether.")


class AttachmentView(BaseModel):
    """A file of a message."""

    id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    content_type: str = Field(description="Its type, as its content says.")
    size: int = Field(description="Its bytes.")
    available: bool = Field(description="Whether it can be opened; an export may lack it.")


class CitationView(BaseModel):
    """A source of a message, to which its text refers as [^number]."""

    number: int = Field(description="Its number.")
    title: str = Field(description="Its title.")
    url: str = Field(description="Its address.")


class MessageView(BaseModel):
    """A message. Those with the same parent are branches."""

    id: str = Field(description="Its id.")
    parent_id: str = Field(description="The message that it follows; empty for the first one.")
    role: str = Field(description="Its role: user, assistant, system or tool.")
    kind: str = Field(description="What it is: text, code, output, thoughts, report, canvas or voice.")
    text: str = Field(description="Its text, in Markdown.")
    created_at: str | None = Field(description="When it was written, ISO 8601 in UTC.")
    model: str = Field(description="The model that wrote it.")
    state: str = Field(description="done, or of an answer waiting, running, failed or uncertain.")
    error: str = Field("", description="Why there is no answer.")
    name: str = Field("", description="The name of its tool or author.")
    language: str = Field("", description="The language of code.")
    attachments: list[AttachmentView] = Field([], description="Its files.")
    citations: list[CitationView] = Field([], description="Its sources.")
    cost: str | None = Field(None, description="What it cost, in USD; null if that is not known.")


class ChatPage(BaseModel):
    """A conversation with its messages, all branches, the oldest first."""

    chat: ChatRow = Field(description="The conversation.")
    messages: list[MessageView] = Field(description="Its messages.")
    current_id: str = Field(description="The last message of the branch that is shown first.")
    next: str | None = Field(description="The cursor of the messages that follow; null if these are the last.")


class ChatChange(BaseModel):
    """Changes of a conversation."""

    title: str | None = Field(None, description="Its title.", max_length=500)
    starred: bool | None = Field(None, description="Whether it is starred.")
    project_id: str | None = Field(None, description="Its project; empty for none.", max_length=200)


class ChatFilter(Frozen):
    """Which conversations are listed. `year`: of the last change; `project` and `imported_by`: ids; empty or None: all."""

    project: str = ""
    year: int | None = None
    source: Source | None = None
    starred: bool | None = None
    imported_by: int | None = None


class ListPlace(Frozen):
    """The last conversation of a page: its time, whether it was imported, and its key there."""

    updated_at: float | None
    imported: bool
    key: int = Field(ge=0, le=LARGEST_KEY)
