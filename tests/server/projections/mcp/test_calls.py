import json
from types import SimpleNamespace

import pytest

from server.core.errors import InvalidInput
from server.http.in_process import Reply
from server.projections.mcp.calls import read_reply, write_letter

TIME = {"type": "object", "properties": {"at": {"type": "string"}, "until": {"type": "null", "description": "Always."}}}
ANSWERS = {"type": "object", "properties": {"times": {"type": "array", "items": TIME}}}


def plan(*, changes=False, wraps=False, has_body=True):
    names = ("box", "labels", "unread", "text", "files")
    takes = {"properties": {name: {} for name in names}, "required": ["box"]}
    return SimpleNamespace(
        tool=SimpleNamespace(name="send", input_schema=takes, output_schema=ANSWERS),
        operation=SimpleNamespace(changes=changes),
        method="POST",
        path="/mail/{box}/send",
        places={"box": "path", "labels": "query", "unread": "query"},
        has_body=has_body,
        whole_body=False,
        wraps=wraps,
    )


def reply(status, body, **headers):
    return Reply(status, headers, json.dumps(body).encode())


def test_each_argument_goes_where_its_operation_has_it():
    given = {"box": "a/ä?b", "labels": ["x", "y&z"], "unread": True, "text": "hi", "files": [{"name": "n"}]}
    letter = write_letter(plan(), given)
    assert (letter.method, letter.path) == ("POST", "/mail/a%2F%C3%A4%3Fb/send")
    assert letter.query == "labels=x&labels=y%26z&unread=true"
    assert json.loads(letter.body) == {"text": "hi", "files": [{"name": "n"}]}


def test_what_is_null_is_left_out():
    letter = write_letter(plan(), {"box": "in", "unread": None, "text": None, "files": [{"name": "n", "kind": None}]})
    assert letter.query == ""
    assert json.loads(letter.body) == {"files": [{"name": "n"}]}


@pytest.mark.parametrize(("arguments", "told"), [({"box": "in", "hue": 1}, "hue"), ({}, "needs box"), ({"box": None}, "box")])
def test_arguments_that_do_not_fit_are_told(arguments, told):
    with pytest.raises(InvalidInput, match=told):
        write_letter(plan(), arguments)


def test_a_lone_surrogate_is_sent_as_something_that_can_be_sent():
    assert write_letter(plan(), {"box": "\ud800", "labels": ["\ud800"]}).path == "/mail/%3F/send"


def test_an_answer_is_told_as_an_object_and_as_the_same_text():
    answer = read_reply(plan(), reply(200, {"subject": "Grüße"}))
    assert answer.structured == json.loads(answer.texts[0]) == {"subject": "Grüße"}
    assert not answer.failed


def test_a_list_is_wrapped_together_with_the_token_of_the_next_page():
    answer = read_reply(plan(wraps=True), Reply(200, {"x-next-page-token": "p2"}, b"[1]"))
    assert answer.structured == {"result": [1], "next_page_token": "p2"}
    assert read_reply(plan(wraps=True), reply(200, [])).structured == {"result": []}


def test_a_failure_is_its_sentence():
    answer = read_reply(plan(), reply(403, {"detail": "The person has switched it off."}))
    assert (answer.structured, answer.texts, answer.failed) == (None, ("The person has switched it off.",), True)
    assert read_reply(plan(), Reply(500)).texts == ("The answer is 500.",)


def test_that_the_person_is_asked_is_no_failure_of_what_changes_something():
    pending = {"status": "pending", "approval_id": "call-1", "summary": "send mail to bob", "poll": "/approvals/call-1"}
    answer = read_reply(plan(changes=True), reply(202, pending))
    assert answer.structured == pending
    assert not answer.failed
    assert "read_approval" in answer.texts[1]


def test_what_reads_has_promised_an_answer_so_it_says_in_words_that_it_waits():
    answer = read_reply(plan(), reply(202, {"status": "pending", "approval_id": "call-1"}))
    assert answer.failed
    assert answer.structured is None
    assert "call-1" in answer.texts[0]


def test_what_is_null_is_left_out_where_the_schema_knows_no_null():
    answer = read_reply(plan(), reply(200, {"times": [{"at": None, "until": None, "other": None}]}))
    assert answer.structured == {"times": [{"until": None, "other": None}]}
