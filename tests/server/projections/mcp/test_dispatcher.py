import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest

from server.access.clients.registry import Change, Policy
from server.core.errors import UpstreamFailed
from server.http.application import new_application
from server.http.in_process import CLIENT, OPERATION, InternalRequest
from server.projections.documents import Documents
from server.projections.mcp.dispatcher import ToolDispatcher, UnknownTool
from server.runtime.catalogue import LoadedIntegration
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Operations
from server.sdk.search import Document, Lookup, Reading, Result, Search
from tests.server.access.letters import Post, make_router


def make_lookup():
    def results(answer, _):
        return [Result(str(number), text, "") for number, text in enumerate(answer)]

    def document(answer, address):
        return Document("Letters", ", ".join(answer), address)

    return Lookup(
        "letter", Search("list_letters", lambda _: {}, results), Reading("list_letters", lambda _: {"most": 1}, document)
    )


@asynccontextmanager
async def boxed(opened):
    """A dispatcher over an application that sends letters, with a client that may do everything."""
    async with opened() as state:
        app = new_application("Test")
        app.state.guard, state.inside.app = state.guard, app
        post = Post(state, httpx2.AsyncClient())
        router: Operations = make_router(post)
        app.include_router(router)
        parts = IntegrationSpec(start=lambda _: None, public=(router,), lookups=(make_lookup(),))
        state.runtime.members.append(LoadedIntegration(Integration("post", "Post", ("/mail",), lambda: parts), parts))
        await post.client(send_letter="allow")
        yield post, ToolDispatcher(state, Documents(state)), (await state.clients.list())[0]
        await post.http.aclose()


async def test_tool_call_runs_its_operation(opened):
    async with boxed(opened) as (post, box, client):
        assert (await box.call(client, "send_letter", {"to": "ann", "text": "hi"})).structured == {"sent": 1}
        assert (await box.call(client, "list_letters", {"most": 5})).structured == {"result": ["hi"]}
        assert [entry.operation for entry in await post.state.activity.list()] == ["list_letters", "send_letter"]


async def test_argument_that_is_a_list_may_be_json_or_a_single_value(opened):
    async with boxed(opened) as (post, box, _):
        await post.client("host", invite_people="ask")
        host = await post.state.clients.show("host")
        headers = (("Prefer", "respond-async"),)
        called = await box.call(host, "invite_people", {"to": "ann", "bcc": '["bob", "eve"]', "text": '["hi"]'}, headers)
        assert called.structured["status"] == "pending", called
        question = await post.question()
        assert (question.recipients, dict(question.fields)["Text"]) == (("ann", "bob", "eve"), '["hi"]')


async def test_tools_of_a_client_are_those_it_may_use(opened):
    async with boxed(opened) as (post, box, client):
        names = [tool.name for tool in box.list_tools(client)]
        assert names[:4] == ["search", "fetch", "list_letters", "send_letter"]
        await post.client("writer", scopes="write:mail")
        writer = await post.state.clients.show("writer")
        assert not {"search", "fetch", "list_letters"} & {tool.name for tool in box.list_tools(writer)}
        for name in ("search", "fetch", "unheard_of"):
            with pytest.raises(UnknownTool):
                await box.call(writer, name, {"query": "hi", "id": "letter:1"})
        answer = await box.call(writer, "list_letters", {})
        assert answer.failed
        assert "read:mail" in answer.texts[0]


async def test_search_and_fetch_pass_the_guard(opened):
    async with boxed(opened) as (post, box, client):
        post.sent = ["hello", "bye"]
        documents = (await box.call(client, "search", {"query": "words"})).structured["results"]
        assert [result["id"] for result in documents] == ["letter:0", "letter:1"]
        assert (await box.call(client, "fetch", {"id": "letter:0"})).structured["text"] == "hello"
        assert {(entry.operation, entry.client_name) for entry in await post.state.activity.list()} == {("list_letters", "bot")}
        post.fail = UpstreamFailed("The post office is closed.")
        assert (await box.call(client, "search", {"query": "words"})).texts == ("The post office is closed.",)
        await post.state.clients.change("bot", Change(policies={"list_letters": Policy.deny}))
        with pytest.raises(UnknownTool):
            await box.call(await post.state.clients.show("bot"), "search", {"query": "words"})


async def give_up(post, box, client, name, arguments):
    """Call, go away while it runs, and say when it is under way."""
    post.hold = asyncio.Event()
    calling = asyncio.create_task(box.call(client, name, arguments))
    async with asyncio.timeout(60):
        while not (await post.state.activity.list() or post.state.activity.running()):
            await asyncio.sleep(0.01)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


async def wait_for(post, outcome):
    async with asyncio.timeout(60):
        while (entries := await post.state.activity.list(1)) == [] or entries[0].outcome != outcome:
            await asyncio.sleep(0.01)
    return entries[0]


async def test_reading_call_ends_when_its_client_disconnects(opened):
    async with boxed(opened) as (post, box, client):
        await give_up(post, box, client, "list_letters", {})
        assert (await wait_for(post, "failed")).status == 499


async def test_changing_call_goes_on_when_its_client_disconnects(opened):
    async with boxed(opened) as (post, box, client):
        await give_up(post, box, client, "send_letter", {"to": "ann", "text": "hi"})
        post.hold.set()
        assert (await wait_for(post, "done")).status == 200
        assert post.sent == ["hi"]


async def test_running_changing_calls_are_cancelled_on_close(opened):
    async with boxed(opened) as (post, box, client):
        await give_up(post, box, client, "send_letter", {"to": "ann", "text": "hi"})
        await box.close(0.01)
        assert post.sent == []
        assert (await post.last()).outcome == "running"  # at the next start nobody will know


async def test_request_with_the_path_of_another_operation_is_not_found(opened):
    async with boxed(opened) as (post, _, client):
        for meant, status in (("send_letter", 404), ("list_letters", 200)):
            reply = await post.state.inside.call(InternalRequest("GET", "/mail/list"), **{CLIENT: client, OPERATION: meant})
            assert reply.status == status
