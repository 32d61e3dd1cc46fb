"""Local routes that list, read, change and search conversations."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import FiniteFloat

from server.core.errors import DeskhandError
from server.integrations.conversations.library.models import ChatChange, ChatCounts, ChatFilter, ChatList, ChatPage, ChatRow
from server.integrations.conversations.library.positions import count_chats as count_since
from server.integrations.conversations.library.positions import list_from
from server.integrations.conversations.models import Source
from server.integrations.conversations.search.models import MailResult, MailResults, SearchResults
from server.integrations.conversations.service import ConversationsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided
from server.sdk.text_search import MailSearch
from server.storage.text_search import LARGEST_KEY

local = DeferredRouter(prefix="/api/chats", tags=["Conversations"])
Conversations = Annotated[ConversationsService, provided(ConversationsService)]
Limit = Annotated[int, Query(ge=1, le=200)]
Year = Annotated[int | None, Query(ge=1970, le=2200)]
ImportId = Annotated[int | None, Query(ge=0, le=LARGEST_KEY)]
Offset = Annotated[int, Query(ge=0, le=LARGEST_KEY)]
Times = Annotated[list[FiniteFloat], Query(max_length=1_000)]
SearchText = Annotated[str, Query(max_length=2_000)]
MOST_MAIL = 20
NO_GMAIL = "Gmail does not run."


def make_filter(
    project: str = "",
    year: Year = None,
    source: Source | None = None,
    imported_by: ImportId = None,
    *,
    starred: bool | None = None,
) -> ChatFilter:
    """Make the filter that the query names."""
    return ChatFilter(project=project, year=year, source=source, starred=starred, imported_by=imported_by)


Chats = Annotated[ChatFilter, Depends(make_filter)]


@local.get("")
async def list_chats(
    conversations: Conversations, chats: Chats, cursor: str | None = None, offset: Offset = 0, limit: Limit = 100
) -> ChatList:
    """Lists conversations, the last changed first: after a cursor, or after so many."""
    if cursor:
        return await conversations.library.list_chats(chats, cursor, limit)
    return await list_from(conversations.library, chats, offset, limit)


@local.get("/counts")
async def count_chats(conversations: Conversations, chats: Chats, since: Times) -> ChatCounts:
    """Counts the conversations that were changed at or after each time, in seconds since 1970."""
    return await count_since(conversations.library, chats, since)


@local.get("/search")
async def search_chats(
    conversations: Conversations, q: SearchText = "", cursor: str | None = None, limit: Limit = 50
) -> SearchResults:
    """Searches conversations and what OMI heard."""
    return await conversations.search.search(q, cursor, limit)


@local.get("/search/mail")
async def search_mail(conversations: Conversations, q: SearchText = "") -> MailResults:
    """Asks Gmail for mail."""
    offered = conversations.context.offers.find(MailSearch)
    if offered is None or not q.strip():
        return MailResults(results=[], problem=NO_GMAIL if offered is None else None)
    try:
        hits = await offered.search_mail(q, MOST_MAIL)
    except DeskhandError as error:
        return MailResults(results=[], problem=str(error))
    return MailResults(results=[MailResult(id=item.id, title=item.title, url=item.url) for item in hits], problem=None)


@local.get("/{chat_id}")
async def read_chat(conversations: Conversations, chat_id: str, cursor: str | None = None) -> ChatPage:
    """Shows a conversation with all its branches."""
    return await conversations.library.read_chat(chat_id, cursor)


@local.put("/{chat_id}")
async def change_chat(conversations: Conversations, chat_id: str, change: ChatChange) -> ChatRow:
    """Changes a title, star or project."""
    return await conversations.library.change(chat_id, change)
