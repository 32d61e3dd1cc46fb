import pytest

from server.core.errors import NotFound
from server.integrations.conversations.search.lookups import lookup


def test_result_of_a_search_can_be_fetched(stocked) -> None:
    hits = stocked.call("GET", "/api/v1/openai/search", params=dict(lookup.search.ask("hauptstrasse"))).json()
    (result,) = lookup.search.read(hits, "https://here")
    assert (result.id, result.title) == ("old/a", "Ort")
    assert result.url == "https://here/api/v1/openai/conversations/old?message_id=a"
    arguments = dict(lookup.reading.ask(result.id))
    read = stocked.call("GET", f"/api/v1/openai/conversations/{arguments.pop('chat_id')}", params=arguments).json()
    document = lookup.reading.read(read, "https://here")
    assert document.text == "**user**: Wie heißt die Straße?\n\n**assistant**: Hauptstraße 验证"
    assert document.metadata == {"source": "chatgpt", "messages": "1 to 2 of 2"}


def test_malformed_id_is_not_found() -> None:
    for result_id in ("", "/a", "x" * 600):
        with pytest.raises(NotFound):
            lookup.reading.ask(result_id)
