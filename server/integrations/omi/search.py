"""How `search` and `fetch` find conversations: with the operations that list and read them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from server.core.errors import NotFound
from server.integrations.omi.models import ConversationList, WholeConversation
from server.sdk.search import Document, Lookup, Reading, Result, Search

MOST_FOUND = 20
UNTITLED = "(no title)"


def ask_search(query: str) -> Mapping[str, Any]:
    """The arguments that find conversations."""
    return {"query": query[:500], "limit": MOST_FOUND}


def list_results(answer: Any, base: str) -> list[Result]:
    """What was found."""
    found = ConversationList.model_validate(answer).conversations
    return [Result(one.id, one.title or UNTITLED, make_url(base, one.id)) for one in found]


def ask_read(asked: str) -> Mapping[str, Any]:
    """The arguments that read a conversation."""
    if not asked or len(asked) > 200:
        raise NotFound("There is no such conversation. Give the id as search answered it.")
    return {"conversation_id": asked}


def make_document(answer: Any, base: str) -> Document:
    """A conversation with what OMI made of it."""
    told = WholeConversation.model_validate(answer)
    more = {
        "date": told.created_at,
        "category": told.structured.category,
        "goes_on": f"read_conversation with offset {told.next_offset} has the rest" if told.truncated else "",
    }
    text = "\n\n".join(part for part in (told.structured.overview, told.transcript) if part)
    metadata = {name: words for name, words in more.items() if words}
    return Document(told.structured.title or UNTITLED, text, make_url(base, told.id), metadata)


def make_url(base: str, conversation_id: str) -> str:
    """Where a client reads it."""
    return f"{base}/api/conversations/{quote(conversation_id, safe='')}"


lookup = Lookup(
    "conversation", Search("list_conversations", ask_search, list_results), Reading("read_conversation", ask_read, make_document)
)
