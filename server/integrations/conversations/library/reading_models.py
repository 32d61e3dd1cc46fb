"""Conversations as clients list, read and search them: the shapes of the ChatBETO API, and more."""

from pydantic import BaseModel, Field


class ListedChat(BaseModel):
    """A conversation."""

    id: str = Field(description="Its id, for read_chat.")
    title: str = Field(description="Its title.")
    model: str = Field(description="Its model.")
    create_time: float | None = Field(None, description="When it began, in seconds since 1970.")
    update_time: float | None = Field(None, description="When it was changed last, in seconds since 1970.")
    project_id: str | None = Field(None, description="Its project.")
    openai_thread_id: str | None = Field(None, description="The id of its Conversation at OpenAI.")
    source: str = Field(description="chatgpt: from the ChatGPT history. openai: held through Deskhand.")
    message_count: int = Field(description="Its messages, on all branches.")


class ListPagination(BaseModel):
    """The place of a page in the list."""

    total: int = Field(description="How many conversations there are.")
    limit: int = Field(description="The most on a page.")
    next: str | None = Field(None, description="The cursor of the next page.")


class ChatsData(BaseModel):
    """A page of conversations."""

    conversations: list[ListedChat] = Field(description="The conversations, the last changed first.")
    pagination: ListPagination = Field(description="The place of this page.")


class ChatsAnswer(BaseModel):
    """A list of conversations."""

    status: str = Field("success", description="success")
    data: ChatsData = Field(description="The list.")
    timestamp: str = Field(description="The time of the answer.")


class ReadMessage(BaseModel):
    """A message."""

    id: str = Field(description="Its id.")
    role: str = Field(description="user, assistant, system or tool.")
    content: str = Field(description="Its text, in Markdown.")
    parts: list[str] = Field(description="The same text, as exports have it.")
    create_time: float | None = Field(None, description="When it was written, in seconds since 1970.")
    author_name: str | None = Field(None, description="The name of its author or tool.")
    kind: str = Field(description="text, code, output, thoughts, report, canvas or voice.")
    sources: list[str] = Field([], description="The addresses that its text refers to as [^1], [^2] and so on.")
    files: list[str] = Field([], description="The names of its files.")
    next_text_offset: int | None = Field(
        None, description="The text goes on at this character: read next_offset with this as text_offset."
    )


class MessagePagination(BaseModel):
    """The place of a page among the messages."""

    total: int = Field(description="The messages of this branch.")
    limit: int = Field(description="The most on a page.")
    offset: int = Field(description="The messages before this page.")
    next_offset: int | None = Field(None, description="The offset of the next page.")


class ChatData(BaseModel):
    """A conversation with messages."""

    conversation: ListedChat = Field(description="The conversation.")
    messages: list[ReadMessage] = Field(description="The messages of one branch, in their order.")
    pagination: MessagePagination = Field(description="The place of this page.")


class ChatAnswer(BaseModel):
    """A conversation."""

    status: str = Field("success", description="success")
    data: ChatData = Field(description="The conversation.")
    timestamp: str = Field(description="The time of the answer.")


class FoundMessage(BaseModel):
    """A result of a search."""

    conversation_id: str = Field(description="The conversation, for read_chat.")
    message_id: str | None = Field(None, description="The message, for read_chat; absent if the title matches.")
    title: str = Field(description="The title of the conversation.")
    role: str | None = Field(None, description="The role of the message: user, assistant, system or tool.")
    date: str | None = Field(None, description="When it was written, ISO 8601.")
    project: str | None = Field(None, description="The name of the project.")
    source: str = Field(description="chatgpt, openai, api or webhook.")
    snippet: str = Field(description="The part of the text that matches.")


class SearchData(BaseModel):
    """Results of a search."""

    results: list[FoundMessage] = Field(description="The results, the best first.")
    next: str | None = Field(None, description="The cursor of the next page.")
    note: str | None = Field(None, description="A remark on how these were found.")


class SearchAnswer(BaseModel):
    """The answer to a search."""

    status: str = Field("success", description="success")
    data: SearchData = Field(description="The results.")
    timestamp: str = Field(description="The time of the answer.")
