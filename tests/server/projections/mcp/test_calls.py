import json
from types import SimpleNamespace

import pytest

from server.core.clock import Clock
from server.core.errors import InvalidInput
from server.http.in_process import InternalResponse
from server.projections.mcp.calls import make_request, read_response
from server.sdk.assets import Assets
from server.sdk.content import Block

TIME = {"type": "object", "properties": {"at": {"type": "string"}, "until": {"type": "null", "description": "Always."}}}
ANSWERS = {"type": "object", "properties": {"times": {"type": "array", "items": TIME}}}


def binding(*, changes=False, wraps=False, has_body=True):
    names = ("box", "labels", "unread", "text", "files")
    input_schema = {"properties": {name: {} for name in names}, "required": ["box"], "additionalProperties": False}
    return SimpleNamespace(
        tool=SimpleNamespace(name="send", input_schema=input_schema, output_schema=ANSWERS),
        operation=SimpleNamespace(changes=changes, content=False),
        method="POST",
        path="/mail/{box}/send",
        locations={"box": "path", "labels": "query", "unread": "query"},
        has_body=has_body,
        whole_body=False,
        wraps=wraps,
    )


def reply(status, body, **headers):
    return InternalResponse(status, headers, json.dumps(body).encode())


def test_argument_goes_to_its_path_query_or_body():
    given = {"box": "a/ä?b", "labels": ["x", "y&z"], "unread": True, "text": "hi", "files": [{"name": "n"}]}
    request = make_request(binding(), given)
    assert (request.method, request.path) == ("POST", "/mail/a%2F%C3%A4%3Fb/send")
    assert request.query == "labels=x&labels=y%26z&unread=true"
    assert json.loads(request.body) == {"text": "hi", "files": [{"name": "n"}]}


def test_null_argument_is_left_out():
    request = make_request(binding(), {"box": "in", "unread": None, "text": None, "files": [{"name": "n", "kind": None}]})
    assert request.query == ""
    assert json.loads(request.body) == {"files": [{"name": "n"}]}


@pytest.mark.parametrize(("arguments", "sentence"), [({"box": "in", "hue": 1}, "hue"), ({}, "needs box"), ({"box": None}, "box")])
def test_unknown_or_missing_argument_is_named(arguments, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        make_request(binding(), arguments)


def test_lone_surrogate_in_an_argument_is_replaced():
    assert make_request(binding(), {"box": "\ud800", "labels": ["\ud800"]}).path == "/mail/%3F/send"


def test_result_is_an_object_and_the_same_as_text():
    answer = read_response(binding(), reply(200, {"subject": "Grüße"}))
    assert answer.structured == json.loads(answer.texts[0]) == {"subject": "Grüße"}
    assert not answer.failed


def test_list_is_wrapped_with_the_token_of_the_next_page():
    answer = read_response(binding(wraps=True), InternalResponse(200, {"x-next-page-token": "p2"}, b"[1]"))
    assert answer.structured == {"result": [1], "next_page_token": "p2"}
    assert read_response(binding(wraps=True), reply(200, [])).structured == {"result": []}


def test_failure_is_its_detail():
    answer = read_response(binding(), reply(403, {"detail": "The person has switched it off."}))
    assert (answer.structured, answer.texts, answer.failed) == (None, ("The person has switched it off.",), True)
    assert read_response(binding(), InternalResponse(500)).texts == ("The answer is 500.",)


def test_pending_changing_call_is_no_failure():
    pending = {"status": "pending", "approval_id": "call-1", "summary": "send mail to bob", "poll": "/approvals/call-1"}
    answer = read_response(binding(changes=True), reply(202, pending))
    assert answer.structured == pending
    assert not answer.failed
    assert "read_approval" in answer.texts[1]


def test_pending_reading_call_is_a_failure_with_its_approval_id():
    answer = read_response(binding(), reply(202, {"status": "pending", "approval_id": "call-1"}))
    assert answer.failed
    assert answer.structured is None
    assert "call-1" in answer.texts[0]


def test_null_field_is_left_out_if_its_schema_has_no_null():
    answer = read_response(binding(), reply(200, {"times": [{"at": None, "until": None, "other": None}]}))
    assert answer.structured == {"times": [{"until": None, "other": None}]}


def test_call_that_became_a_job_says_how_to_look_for_its_result():
    answer = read_response(binding(), reply(202, {"status": "running", "job_id": "job-1", "summary": "x", "poll": "/jobs/job-1"}))
    assert (answer.structured["job_id"], answer.failed) == ("job-1", False)
    assert "read_job" in answer.texts[1]


def test_answer_in_parts_has_the_bytes_of_its_pictures_while_they_are_there():
    assets, parts = Assets(Clock()), binding()
    parts.operation.content = True
    url = f"https://example.com/assets/{assets.add(b'sound', 'audio/wav')}"
    content = [
        {"type": "audio", "url": url, "mimeType": "audio/wav"},
        {"type": "image", "url": "https://example.com/assets/gone", "text": "A picture."},
        {"type": "resource_link", "uri": "file:///a", "name": "A"},
    ]
    answer = read_response(parts, reply(200, {"result": "", "content": content}), assets)
    assert answer.parts == (
        Block("audio", data=b"sound", mime_type="audio/wav"),
        Block("text", "A picture."),
        Block("resource_link", uri="file:///a", name="A"),
    )
    assert answer.structured is None


def test_tool_that_takes_any_argument_gets_it():
    anything = binding()
    anything.tool.input_schema["additionalProperties"] = True
    assert json.loads(make_request(anything, {"box": "in", "hue": 1}).body) == {"hue": 1}
