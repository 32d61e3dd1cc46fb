"""Conversations as clients read them: one branch, without hidden characters, in answers of bounded size."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from server.core.errors import InvalidInput, NotFound
from server.core.invisible import remove_hidden
from server.integrations.conversations.library.delivered import climb
from server.integrations.conversations.library.library import FoundChat, Library, decode_cursor, encode_cursor, read_details
from server.integrations.conversations.library.models import ChatFilter, ListPlace
from server.integrations.conversations.library.reading_models import (
    ChatData,
    ChatsData,
    ListedChat,
    ListPagination,
    MessagePagination,
    ReadMessage,
)
from server.integrations.conversations.store import reading
from server.integrations.conversations.store.reading import Row

LONGEST_ANSWER = 80_000  # characters of all messages as JSON, below the 90,000 that any answer may have
LONGEST_TEXT = 34_000  # characters of one message as JSON, which has it twice
MESSAGE_SIZE = 600  # characters of a message besides its text, at least
LONGEST_TITLE = 300
MOST_NAMES = 20  # sources or files of a message
BEFORE = 4  # messages that are read before the one that is asked for
NO_MESSAGE = "This conversation has no such message. Give the id as search_chats answered it."
BEYOND = "This conversation has {total} messages on this branch. Give a smaller offset."


@dataclass(frozen=True)
class PageQuery:
    """The part of a conversation to read. `message_id`: of the branch, and where the page begins without an offset.

    `text_offset`: the character at which the first message begins.
    """

    limit: int = 50
    offset: int | None = None
    message_id: str = ""
    text_offset: int = 0


async def list_chats(library: Library, chats: ChatFilter, cursor: str | None, limit: int) -> ChatsData:
    """List a page of conversations. Raises InvalidInput for a cursor that is none."""
    page = await library.list_rows(chats, decode_cursor(ListPlace, cursor) if cursor else None, limit)
    listed = [list_chat(row) for row, _ in page.rows]
    following = encode_cursor(page.following) if page.following else None
    return ChatsData(conversations=listed, pagination=ListPagination(total=page.total, limit=limit, next=following))


async def read_chat(library: Library, chat_id: str, query: PageQuery) -> ChatData:
    """Read a page of a branch. Raises NotFound for a conversation or message that is not there."""
    chat = await library.find(chat_id)
    more = {str(row["id"]): row for row in chat.lacking}
    nodes = await chat.database.read(reading.read_nodes, chat.key) | {name: row["parent"] for name, row in more.items()}
    path = find_path(nodes, chat.current_message, query.message_id)
    offset = query.offset
    if offset is None:
        offset = max(0, path.index(query.message_id) - BEFORE) if query.message_id else 0
    if offset > len(path):
        raise InvalidInput(BEYOND.format(total=len(path)))
    ids = path[offset : offset + query.limit]
    stored = {str(row["id"]): row for row in await chat.database.read(reading.read_some, chat.key, ids)} | more
    rows = [stored[message_id] for message_id in ids if message_id in stored]
    messages = await read_messages(chat, rows, query.text_offset)
    is_cut = bool(messages) and messages[-1].next_text_offset is not None
    end = offset + len(messages) - is_cut
    pagination = MessagePagination(
        total=len(path), limit=query.limit, offset=offset, next_offset=end if end < len(path) else None
    )
    return ChatData(conversation=list_chat(chat.row), messages=messages, pagination=pagination)


async def read_messages(chat: FoundChat, rows: Sequence[Row], text_offset: int) -> list[ReadMessage]:
    """Convert messages, as many as one answer holds."""
    names = {asset_id: row["name"] for asset_id, row in (await chat.read_files()).items()}
    messages: list[ReadMessage] = []
    left = LONGEST_ANSWER
    for row in rows:
        message = read_message(row, names, 0 if messages else text_offset)
        left -= measure(message)
        if messages and left < 0:
            break
        messages.append(message)
        if message.next_text_offset is not None:
            break
    return messages


def measure(message: ReadMessage) -> int:
    """Measure a message as JSON."""
    return len(message.model_dump_json()) + MESSAGE_SIZE


def read_message(row: Row, names: Mapping[str, str], text_offset: int) -> ReadMessage:
    """Convert a message, or the part of a long one that begins at a character."""
    details = read_details(row["details"])
    text, end = cut(remove_hidden(row["text"]), text_offset)
    return ReadMessage(
        id=row["id"],
        role=row["role"],
        content=text,
        parts=[text],
        create_time=row["created_at"],
        author_name=remove_hidden(details.name)[:LONGEST_TITLE] or None,
        kind=row["kind"],
        sources=[remove_hidden(item.url or item.title)[:LONGEST_TITLE] for item in details.citations][:MOST_NAMES],
        files=[remove_hidden(item.name or names.get(item.id, ""))[:LONGEST_TITLE] for item in details.attachments][:MOST_NAMES],
        next_text_offset=end,
    )


def cut(text: str, start: int) -> tuple[str, int | None]:
    """Cut the part of a text that an answer holds; return it and where the rest begins."""
    part = text[start : start + LONGEST_TEXT]
    while len(json.dumps(part, ensure_ascii=False)) > LONGEST_TEXT + 2:
        part = part[: len(part) * 3 // 4]
    end = start + len(part)
    return part, end if end < len(text) else None


def find_path(nodes: Mapping[str, str], current: str, wanted: str) -> list[str]:
    """Find the branch that is shown first, or the one of a message with the newest that follow it. Raises NotFound."""
    if wanted and wanted not in nodes:
        raise NotFound(NO_MESSAGE)
    leaf = current if current in nodes else next(reversed(list(nodes)), "")
    path = climb(nodes, leaf)
    if not wanted or wanted in path:
        return path
    newest = {parent: child for child, parent in nodes.items()}  # the last of each parent remains
    leaf, seen = wanted, {wanted}
    while (following := newest.get(leaf)) and following not in seen:
        leaf = following
        seen.add(leaf)
    return climb(nodes, leaf)


def list_chat(row: Row) -> ListedChat:
    """Convert a conversation."""
    return ListedChat(
        id=row["id"],
        title=remove_hidden(row["title"])[:LONGEST_TITLE],
        model=row["model"],
        create_time=row["created_at"],
        update_time=row["updated_at"],
        project_id=row["project"] or None,
        openai_thread_id=row.get("thread_id") or None,
        source=row["source"],
        message_count=row["message_count"],
    )
