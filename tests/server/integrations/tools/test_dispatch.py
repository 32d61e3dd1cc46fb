import json

from fastapi.responses import JSONResponse, Response

from server.integrations.tools.dispatch import reshape

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
