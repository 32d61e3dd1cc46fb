"""Search provider for conversations: `search` and `fetch` use the operations that list and read them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from server.core.errors import NotFound
from server.integrations.omi.models import ConversationList, WholeConversation
from server.sdk.search import Document, Lookup, Reading, Result, Search

MAX_RESULTS = 20
UNTITLED = "(no title)"


def list_results(answer: Any, base: str) -> list[Result]:
    """List the results."""
    conversations = ConversationList.model_validate(answer).conversations
    return [Result(item.id, item.title or UNTITLED, make_url(base, item.id)) for item in conversations]


def ask_read(conversation_id: str) -> Mapping[str, Any]:
    """Make the arguments that read a conversation. Raises NotFound if the id cannot be one."""
    if not conversation_id or len(conversation_id) > 200:
        raise NotFound("There is no such conversation. Give the id as search answered it.")
    return {"conversation_id": conversation_id}


def make_document(answer: Any, base: str) -> Document:
    """Make a document of a conversation."""
    conversation = WholeConversation.model_validate(answer)
    fields = {
        "date": conversation.created_at,
        "category": conversation.structured.category,
        "goes_on": f"read_conversation with offset {conversation.next_offset} has the rest" if conversation.truncated else "",
    }
    text = "\n\n".join(part for part in (conversation.structured.overview, conversation.transcript) if part)
    metadata = {name: value for name, value in fields.items() if value}
    return Document(conversation.structured.title or UNTITLED, text, make_url(base, conversation.id), metadata)


def make_url(base: str, conversation_id: str) -> str:
    """Make the URL at which a client reads it."""
    return f"{base}/api/conversations/{quote(conversation_id, safe='')}"


lookup = Lookup(
    "conversation",
    Search("list_conversations", lambda query: {"query": query[:500], "limit": MAX_RESULTS}, list_results),
    Reading("read_conversation", ask_read, make_document),
)
