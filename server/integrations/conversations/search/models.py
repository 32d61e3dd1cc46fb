"""Results of a search, as the window shows them."""

from pydantic import BaseModel, Field

from server.integrations.conversations.models import Frozen
from server.storage.text_search import LARGEST_KEY


class SnippetPiece(BaseModel):
    """A part of a snippet."""

    text: str = Field(description="The text.")
    match: bool = Field(description="Whether it is what was searched.")


class SearchResult(BaseModel):
    """A result. It opens at its message, or at the beginning if the title matches."""

    chat_id: str = Field(description="The conversation.")
    message_id: str | None = Field(description="The message; null if the title matches.")
    title: str = Field(description="The title of the conversation.")
    role: str = Field(description="The role of the message: user, assistant, system or tool.")
    date: str | None = Field(description="When it was written, ISO 8601 in UTC.")
    project: str = Field(description="The name of the project.")
    source: str = Field(description="chatgpt, openai, api, webhook, or omi for what was heard.")
    snippet: list[SnippetPiece] = Field(description="The part of the text that matches.")


class SearchResults(BaseModel):
    """A page of results."""

    results: list[SearchResult] = Field(description="The results, the best first.")
    next: str | None = Field(description="The cursor of the next page; null on the last one.")
    note: str | None = Field(description="A remark on how these were found.")


class MailResult(BaseModel):
    """A mail that was found."""

    id: str = Field(description="Its id.")
    title: str = Field(description="Its subject and sender.")
    url: str = Field(description="Where it can be read.")


class MailResults(BaseModel):
    """Mail that was found."""

    results: list[MailResult] = Field(description="The mail, the newest first.")
    problem: str | None = Field(description="Why no mail was found; null if Gmail was asked.")


class SourcePlace(Frozen):
    """The place of a source: the batch that follows it. `done`: there is none."""

    key: int = Field(0, ge=0, le=LARGEST_KEY)
    ranked: bool = False
    done: bool = False


class SearchPlace(Frozen):
    """The place of a page: where the batch of each source begins, and the order of the last result of it that was shown.

    `now`: when the search began, as results are rated by their age.
    """

    sources: dict[str, SourcePlace] = Field(default_factory=dict)
    last: tuple[float, float, str] | None = None
    now: float = 0
