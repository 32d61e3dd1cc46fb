import ast
from datetime import UTC, datetime

from server.integrations.omi.fake.sample_data import make_conversations, make_day, make_live
from server.integrations.omi.payload import read_conversation

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_sample_data_parses_like_omis() -> None:
    for talk in make_conversations(NOW):
        conversation = read_conversation(talk)
        assert conversation.title
        assert conversation.transcript.startswith("[0:00:00 - 0:00:05] ")
        assert conversation.todos
    assert len({segment["id"] for words in make_live("s") for segment in words["segments"]}) == 6
    day = make_day("me", NOW)
    assert ast.literal_eval(day["summary"]) == day["summary_json"]
