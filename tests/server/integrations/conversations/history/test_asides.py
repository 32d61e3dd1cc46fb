from server.integrations.conversations.history.asides import list_asides, list_feedback, list_instructions, list_memories
from server.integrations.conversations.history.decode import convert_message
from tests.history_exports import message


def contents(records):
    return [(record.kind, record.text) for record in records]


def test_custom_instructions_are_set_apart_from_messages():
    content = {"content_type": "user_editable_context", "user_profile": "lives in Berlin", "user_instructions": "be brief"}
    made = convert_message(message("m", "user", 5.0, content))
    assert contents(list_asides(made)) == [("instructions", "lives in Berlin"), ("instructions", "be brief")]
    about = {"is_user_system_message": True, "user_context_message_data": {"about_user_message": "lives in Berlin"}}
    old = convert_message(message("m", "system", None, {"content_type": "text", "parts": [""]}, metadata=about))
    assert [record.id for record in list_asides(old)] == [next(iter(list_asides(made))).id]


def test_usual_message_has_no_aside():
    assert not list(list_asides(convert_message(message("m", "user", 5.0, {"content_type": "text", "parts": ["x"]}))))


def test_memories_are_read_in_every_form():
    full = {"memories": [{"content": "tea", "enabled": False, "timestamps": {"created_at": "2025-05-05T10:00:00Z"}}, 5, {}]}
    (record,) = list_memories(full)
    assert (record.text, record.is_enabled, record.created_at) == ("tea", False, 1746439200.0)
    for value in (["tea"], [{"content": "tea"}], {"content": "tea"}, {"items": [{"text": "tea"}]}):
        assert contents(list_memories(value)) == [("memory", "tea")]
    for value in (None, [], {}, 5, "x"):
        assert not list(list_memories(value))


def test_instructions_and_feedback_are_read():
    assert contents(list_instructions({"about_user_message": "me"})) == [("instructions", "me")]
    (record,) = list_feedback([{"id": "m", "conversation_id": "c", "rating": "thumbs_up", "create_time": 5.0, "content": "{}"}])
    assert (record.kind, record.created_at) == ("feedback", 5.0)
    assert '"thumbs_up"' in record.text
