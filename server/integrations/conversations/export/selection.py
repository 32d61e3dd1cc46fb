"""The conversations of an export, one after the other."""

from collections.abc import AsyncIterator

from server.core.errors import NotFound
from server.integrations.conversations.export.models import ExportOrder
from server.integrations.conversations.library.library import FoundChat, Library, to_iso
from server.integrations.conversations.library.models import ChatFilter, ListPlace
from server.integrations.conversations.search.search import Search
from server.integrations.conversations.store.reading import Row, list_present

PAGE = 200


async def select_chats(library: Library, search: Search, order: ExportOrder) -> AsyncIterator[FoundChat]:
    """Find the conversations of an order. Those that are deleted meanwhile are left out."""
    chats = ChatFilter(**order.model_dump(include=set(ChatFilter.model_fields)))
    if order.ids is not None:
        ids = list(dict.fromkeys(order.ids))
    elif order.query.strip():
        ids = await find_ids(search, order.query)
    else:
        async for chat in list_all(library, chats):
            yield chat
        return
    for chat_id in ids:
        try:
            chat = await library.find(chat_id)
        except NotFound:
            continue
        if order.ids is not None or fits(chat.row, chats):
            yield chat


async def list_all(library: Library, chats: ChatFilter) -> AsyncIterator[FoundChat]:
    """List all conversations that fit, the last changed first."""
    place: ListPlace | None = None
    while True:
        page = await library.list_rows(chats, place, PAGE)
        delivered = set(await library.live.read(list_present, [row["id"] for row, imported in page.rows if imported]))
        for row, imported in page.rows:
            chat = FoundChat(library.archive if imported else library.live, row, imported=imported)
            yield await library.merge(chat) if row["id"] in delivered else chat
        place = page.following
        if place is None:
            return


async def find_ids(search: Search, query: str) -> list[str]:
    """Find the ids of the conversations that a search finds, the best first."""
    ids: dict[str, None] = {}
    cursor = None
    while True:
        page = await search.search(query, cursor, PAGE, chats_only=True)
        ids |= dict.fromkeys(result.chat_id for result in page.results)
        cursor = page.next
        if cursor is None:
            return list(ids)


def fits(row: Row, chats: ChatFilter) -> bool:
    """Return whether a conversation fits a filter, as lists have it."""
    return all(
        (
            not chats.project or row["project"] == chats.project,
            chats.source is None or row["source"] == chats.source,
            chats.imported_by is None or row["import_id"] == chats.imported_by,
            chats.starred is None or bool(row["starred"]) == chats.starred,
            chats.year is None or (to_iso(row["updated_at"]) or "").startswith(f"{chats.year:04}-"),
        )
    )
