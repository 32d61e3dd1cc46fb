import pytest

from server.core.errors import NotFound
from server.integrations.omi.search import lookup
from server.integrations.omi.store.conversations import ConversationQuery
from tests.server.integrations.omi.pendant import make_memory


def test_search_result_can_be_fetched(pendant) -> None:
    pendant.send(make_memory())

    memories, query = pendant.omi.memories, lookup.search.ask("timeline")
    listed = pendant.run(memories.list_conversations(ConversationQuery(query["limit"], words=(query["query"],)))).model_dump(
        mode="json"
    )
    (result,) = lookup.search.read(listed, "https://here")
    assert (result.id, result.title, result.url) == ("c1", "Timeline talk", "https://here/api/conversations/c1")
    read = pendant.run(memories.read_conversation(**lookup.reading.ask(result.id), offset=0)).model_dump(mode="json")
    document = lookup.reading.read(read, "https://here")
    assert document.text == "What comes when\n\n[0:00:10 - 0:00:15] John: Let's plan."
    assert document.metadata == {"date": "2026-11-20T23:59:45+00:00", "category": "work"}


def test_malformed_id_is_not_found() -> None:
    with pytest.raises(NotFound):
        lookup.reading.ask("")
