import json

import pytest

from server.core.errors import InvalidInput
from server.integrations.queue.extension.messages import Failure, Hello, History, Response, StatusUpdate, read_message

SEED = [
    '{"type": "status_update", "request_id": "uuid", "status": "executing"}',
    '{"type": "response", "request_id": "uuid", "response": "Yes", "chat_id": "abc", "chat_title": "Chat"}',
    '{"type": "response", "request_id": "uuid", "response": "Yes", "chat_id": "abc"}',
    '{"type": "error", "request_id": "uuid", "error": "Error message"}',
]


@pytest.mark.parametrize("text", SEED)
def test_seed_messages_need_no_token(text):
    message = read_message(text)
    assert isinstance(message, StatusUpdate | Response | Failure)
    assert (message.request_id, message.token) == ("uuid", None)


def test_failure_without_sent_does_not_say_whether_it_was():
    assert [read_message(SEED[3]).sent, read_message(SEED[3][:-1] + ', "sent": false}').sent] == [None, False]


def test_unknown_fields_of_newer_extensions_are_ignored():
    message = read_message('{"type": "hello", "key": "dh_k", "version": "9.0.0", "capabilities": ["find"], "mood": "good"}')
    assert isinstance(message, Hello)
    assert (message.capabilities, message.protocol, hasattr(message, "mood")) == (["find"], 1, False)


def test_history_keeps_where_its_import_stands():
    message = read_message('{"type": "history", "conversations": [{"id": "1"}], "cursor": "28", "count": 1, "total": 9}')
    assert isinstance(message, History)
    assert (message.conversations, message.cursor, message.count, message.total, message.done) == (
        [{"id": "1"}],
        "28",
        1,
        9,
        False,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '"x"',
        "{",
        "{}",
        '{"type": "explode"}',
        '{"type": ["hello"]}',
        '{"type": "status_update", "status": "executing"}',
        '{"type": "status_update", "request_id": 7, "status": "executing"}',
        '{"type": "response", "request_id": "a", "token": "1"}',
        '{"type": "response", "request_id": "a", "token": 1.5}',
        '{"type": "response", "request_id": "a", "token": true}',
        '{"type": "response", "request_id": "a", "token": -1}',
        '{"type": "response", "request_id": "a", "token": 9223372036854775808}',
        '{"type": "response", "request_id": "a", "token": NaN}',
        '{"type": "response", "request_id": "a", "response": "\\ud800"}',
        '{"type": "progress", "request_id": "a", "offset": 1e999}',
        '{"type": "hello", "instance": "../../x"}',
        '{"type": "hello", "key": "' + "k" * 501 + '"}',
        "[" * 100_000,
    ],
)
def test_malformed_message_is_refused_in_one_sentence(text):
    with pytest.raises(InvalidInput) as refused:
        read_message(text)
    assert refused.value.detail.endswith(".")
    assert "\n" not in refused.value.detail
    assert len(refused.value.detail) < 300


def test_refusal_quotes_no_value():
    with pytest.raises(InvalidInput) as refused:
        read_message(json.dumps({"type": "hello", "key": ["dh_secret"]}))
    assert "dh_secret" not in refused.value.detail
    assert "key" in refused.value.detail


def test_key_is_not_in_the_repr_of_a_message():
    assert "dh_secret" not in repr(read_message('{"type": "hello", "key": "dh_secret"}'))
