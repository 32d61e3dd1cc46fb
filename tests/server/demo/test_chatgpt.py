import asyncio

import pytest

from server.demo.chatgpt import AGENT, ChatGPT, NotOffered, compose
from tests import loopback
from tests.server.conftest import demo, serve

__all__ = ["demo", "serve"]

DOCUMENT = {
    "paths": {
        "/mails/{id}": {
            "post": {
                "operationId": "mark",
                "parameters": [{"name": "id", "in": "path"}, {"name": "account", "in": "query"}],
                "requestBody": {},
            },
            "get": {"operationId": "read", "parameters": [{"name": "id", "in": "path"}]},
        }
    }
}


def test_arguments_go_into_path_query_and_body():
    made = compose(DOCUMENT, "mark", {"id": "a/b c", "account": "me", "unread": True})
    assert (made.method, made.path, made.query, made.body) == ("POST", "/mails/a%2Fb%20c", {"account": "me"}, {"unread": True})
    assert compose(DOCUMENT, "read", {"id": "7"}).body is None


def test_operation_outside_the_document_cannot_be_called():
    with pytest.raises(NotOffered, match="delete"):
        compose(DOCUMENT, "delete", {})


def test_calls_look_like_those_of_a_gpt(demo):
    sent = []

    async def note(request):
        sent.append(request)

    async def converse():
        async with loopback.AsyncClient(timeout=30, event_hooks={"request": [note]}) as http:
            gpt = ChatGPT("helper", demo.make_client("helper", scopes=["read:mail"]), http)
            await gpt.import_schema(demo.public)
            results = await gpt.call("search_mail", {"query": "is:unread", "max_results": 2})
            with pytest.raises(NotOffered):
                await gpt.call("list_apps")
            return gpt, results

    gpt, results = asyncio.run(converse())
    assert results.succeeded and len(results.body["messages"]) == 2
    assert gpt.document["servers"][0]["url"] == gpt.server == demo.public
    assert sent[0].url.path == "/gpts/helper/openapi.json" and "authorization" not in sent[0].headers
    assert {request.headers["user-agent"] for request in sent} == {AGENT}
    assert sent[1].headers["openai-conversation-id"]
    assert demo.activity()[0]["client"] == "helper"
    assert gpt.key not in repr(gpt)
