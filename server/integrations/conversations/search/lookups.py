"""Conversations in `search` and `fetch`, by the operations that search and read them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from server.core.errors import NotFound
from server.integrations.conversations.library.reading_models import ChatAnswer, FoundMessage, SearchAnswer
from server.sdk.search import Document, Lookup, Reading, Result, Search

MOST_RESULTS = 20
LONGEST_ID = 500
UNTITLED = "(no title)"
NO_CHAT = "There is no such conversation. Give the id as search answered it."


def list_results(answer: Any, base: str) -> list[Result]:
    """List the results. An id names the message too, so that it is read with those around it."""
    hits = SearchAnswer.model_validate(answer).data.results
    return [Result(make_id(item), item.title or UNTITLED, make_url(base, item.conversation_id, item.message_id)) for item in hits]


def make_id(message: FoundMessage) -> str:
    """Make the id of a result."""
    return f"{message.conversation_id}/{message.message_id}" if message.message_id else message.conversation_id


def ask_read(result_id: str) -> Mapping[str, Any]:
    """Make the arguments that read a conversation. Raises NotFound if the id cannot be one."""
    chat_id, _, message_id = result_id.partition("/")
    if not chat_id or len(result_id) > LONGEST_ID:
        raise NotFound(NO_CHAT)
    return {"chat_id": chat_id, **({"message_id": message_id} if message_id else {})}


def make_document(answer: Any, base: str) -> Document:
    """Make a document of a conversation."""
    data = ChatAnswer.model_validate(answer).data
    chat, page = data.conversation, data.pagination
    text = "\n\n".join(f"**{message.author_name or message.role}**: {message.content}" for message in data.messages)
    fields = {
        "model": chat.model,
        "source": chat.source,
        "messages": f"{page.offset + 1} to {page.offset + len(data.messages)} of {page.total}",
        "goes_on": f"read_chat with offset {page.next_offset} has the rest" if page.next_offset else "",
    }
    metadata = {name: value for name, value in fields.items() if value}
    return Document(chat.title or UNTITLED, text, make_url(base, chat.id, None), metadata)


def make_url(base: str, chat_id: str, message_id: str | None) -> str:
    """Make the URL at which a client reads it."""
    place = f"?{urlencode({'message_id': message_id})}" if message_id else ""
    return f"{base}/api/v1/openai/conversations/{quote(chat_id, safe='')}{place}"


lookup = Lookup(
    "chat",
    Search("search_chats", lambda query: {"query": query[:1_000], "limit": MOST_RESULTS}, list_results),
    Reading("read_chat", ask_read, make_document),
)
