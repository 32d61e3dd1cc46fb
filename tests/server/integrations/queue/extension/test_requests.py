from server.integrations.queue.extension.requests import write_refusal


def test_refusal_names_its_message_only_if_it_is_about_a_prompt():
    assert write_refusal("invalid", "Wrong.", "progress") == {"type": "error", "name": "invalid", "detail": "Wrong."}
    assert write_refusal("stale", "Wrong.", "progress", "id") == {
        "type": "error",
        "name": "stale",
        "detail": "Wrong.",
        "of": "progress",
        "request_id": "id",
    }
