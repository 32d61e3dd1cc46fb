"""Local routes that list, read, change and search conversations."""

from typing import Annotated

from fastapi import Query

from server.core.errors import DeskhandError
from server.integrations.conversations.library.models import ChatChange, ChatFilter, ChatList, ChatPage, ChatRow
from server.integrations.conversations.models import Source
from server.integrations.conversations.search.models import MailResult, MailResults, SearchResults
from server.integrations.conversations.service import ConversationsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided
from server.sdk.text_search import MailSearch

local = DeferredRouter(prefix="/api/chats", tags=["Conversations"])
Conversations = Annotated[ConversationsService, provided(ConversationsService)]
Limit = Annotated[int, Query(ge=1, le=200)]
Year = Annotated[int | None, Query(ge=1970, le=2200)]
SearchText = Annotated[str, Query(max_length=2_000)]
MOST_MAIL = 20
NO_GMAIL = "Gmail does not run."


@local.get("")
async def list_chats(
    conversations: Conversations,
    project: str = "",
    year: Year = None,
    source: Source | None = None,
    starred: bool | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> ChatList:
    """Lists conversations, the last changed first."""
    chats = ChatFilter(project=project, year=year, source=source, starred=starred)
    return await conversations.library.list_chats(chats, cursor, limit)


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
