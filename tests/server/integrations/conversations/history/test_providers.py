import pytest

from server.integrations.conversations.history.providers import recognize
from tests.history_exports import text, thread
from tests.server.integrations.conversations.history.reading import conversations, end, read_items

OTHERS = {
    "Claude": {"uuid": "u", "name": "n", "chat_messages": [{"sender": "human", "text": "x"}]},
    "Open WebUI": {"id": "i", "user_id": "u", "chat": {"title": "t", "history": {"messages": {}}}},
    "LibreChat": {"conversationId": "c", "endpoint": "openAI", "messages": []},
    "Gemini": {"header": "Gemini Apps", "title": "Prompted x", "time": "2026-01-01T00:00:00Z"},
    "Grok": {"conversation": {"id": "c"}, "responses": []},
    "DeepSeek": {"id": "i", "title": "t", "inserted_at": "2026-01-01", "mapping": {"root": {"id": "root", "message": None}}},
    "Le Chat": {"id": "i", "chatId": "c", "role": "user", "content": "x"},
    "GitHub Copilot": {"requesterUsername": "u", "requests": []},
    "TypingMind": {"chatID": "c", "messages": []},
    "another program": {"title": "t", "messages": [{"role": "user", "content": "x"}]},
}


@pytest.mark.parametrize("provider", OTHERS)
def test_export_of_another_program_is_refused_by_name(provider, tmp_path):
    records = read_items(tmp_path, OTHERS[provider], OTHERS[provider])
    assert end(records).refusal == f"This is an export of {provider}. Deskhand imports exports of ChatGPT only."
    assert not conversations(records)


@pytest.mark.parametrize("value", [thread("c", ("user", text("x"))), {"id": "f", "title": "folder"}, None, [], "x"])
def test_entry_of_chatgpt_is_not_refused(value):
    assert recognize(value) == ""
