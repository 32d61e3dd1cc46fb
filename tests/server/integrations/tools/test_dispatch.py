import json

import pytest
from fastapi.responses import JSONResponse, Response

from server.core.errors import InvalidInput
from server.integrations.tools.dispatch import Question, choose_arguments, reshape

PICTURE = {"type": "image", "url": "https://example.com/assets/a"}


def test_result_is_text_with_the_parts_that_are_none():
    answer = {"result": {"a": 1}, "content": [{"type": "text", "text": "one"}, PICTURE], "structuredContent": {"a": 1}}
    shaped = json.loads(reshape(JSONResponse(answer), {"tool_name": "x"}).body)
    assert shaped.pop("content") == answer["content"]
    assert shaped == {"result": "one", "structuredContent": {"a": 1}, "tool_name": "x", "success": True}
    plain = json.loads(reshape(JSONResponse({"content": [{"type": "text", "text": "one"}]}), {}).body)
    assert plain == {"result": "one", "success": True}


def test_refusal_and_pending_call_stay_as_they_are():
    for response in (Response(status_code=202), Response(status_code=403)):
        assert reshape(response, {}) is response


TEXT = {"type": "string"}


def choose(schema, **question):
    return choose_arguments(Question.model_validate({"query": "leads", **question}), schema)


def test_question_has_only_the_arguments_that_the_tool_knows_and_the_caller_gave():
    schema = {"properties": {"query": TEXT, "response_format": TEXT, "limit": {}}, "required": ["query"]}
    assert choose(schema, limit=2, session_id="x") == {"query": "leads", "limit": 2}
    assert choose(schema, response_format="table") == {"query": "leads", "response_format": "table"}
    assert choose({"properties": {"query": TEXT}}, response_format="table") == {"query": "leads"}


def test_question_is_the_only_required_text_whatever_it_is_called():
    assert choose({"properties": {"question": TEXT, "limit": {}}, "required": ["question"]}) == {"question": "leads"}
    for schema in ({"properties": {"a": TEXT, "b": TEXT}, "required": ["a", "b"]}, {"properties": {"a": TEXT}}, {}):
        with pytest.raises(InvalidInput):
            choose(schema)
