import asyncio
import json
from contextlib import asynccontextmanager

import mcp_types as types
import pytest
from mcp.server.lowlevel.server import Server
from starlette.exceptions import HTTPException

from server.core.errors import TooManyRequests
from server.http.in_process import InternalRequest, make_scope
from server.projections.mcp.transport import SessionLimits, Transport
from tests.server.projections.mcp.speaking import initialize, modern, older


class Waiting:
    """A server with one tool that waits until it is cancelled."""

    def __init__(self):
        self.begun, self.cancelled = asyncio.Event(), asyncio.Event()
        self.server = Server("waiting", on_list_tools=self.list_tools, on_call_tool=self.call_tool)

    async def list_tools(self, *_):
        return types.ListToolsResult(tools=[])

    async def call_tool(self, *_):
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class Asking:
    """One request that the caller can give up."""

    def __init__(self, transport, options, *, client="one"):
        headers = {**options["headers"], "host": "desk.example.org", "content-type": "application/json"}
        request = InternalRequest("POST", "/mcp", body=json.dumps(options["json"]).encode(), headers=tuple(headers.items()))
        self._body = [{"type": "http.request", "body": request.body, "more_body": False}]
        self.gone, self.status, self.headers, self.text = asyncio.Event(), 0, {}, ""
        coming = transport.answer(make_scope(request), self.receive, self.send, client=client)
        self.done = asyncio.create_task(coming)

    async def receive(self):
        if self._body:
            return self._body.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], {name.decode(): value.decode() for name, value in message["headers"]}
        self.text += message.get("body", b"").decode()


@asynccontextmanager
async def opened(**room):
    waiting = Waiting()
    transport = Transport(waiting.server, SessionLimits(**room))
    await transport.open()
    try:
        async with asyncio.timeout(60):
            yield waiting, transport
    finally:
        await transport.close()


async def ask(transport, options, **more):
    asking = Asking(transport, options, **more)
    await asking.done
    return asking


CALL = ("tools/call", {"name": "wait", "arguments": {}})


async def test_disconnect_cancels_a_stateless_call():
    async with opened() as (waiting, transport):
        asking = Asking(transport, modern(*CALL))
        await waiting.begun.wait()
        asking.gone.set()
        await waiting.cancelled.wait()
        await asking.done


async def test_cancelled_notification_cancels_a_call_of_its_session():
    async with opened() as (waiting, transport):
        session = (await ask(transport, initialize())).headers["mcp-session-id"]
        asking = Asking(transport, older(*CALL, session=session, id=7))
        await waiting.begun.wait()
        cancel = older("notifications/cancelled", {"requestId": 7}, session=session, id=None)
        assert (await ask(transport, cancel, client="two")).status == 404
        assert not waiting.cancelled.is_set()
        assert (await ask(transport, cancel)).status == 202
        await waiting.cancelled.wait()
        asking.gone.set()


async def test_close_cancels_running_calls():
    async with opened() as (waiting, transport):
        session = (await ask(transport, initialize())).headers["mcp-session-id"]
        calls = [Asking(transport, older(*CALL, session=session))]
        await waiting.begun.wait()
        await transport.close()
        await waiting.cancelled.wait()
        calls[0].gone.set()
        await asyncio.wait([calls[0].done])


async def test_number_of_sessions_is_limited_and_an_idle_one_ends():
    async with opened(sessions=1, idle_seconds=0.2) as (_, transport):
        assert (await ask(transport, initialize())).status == 200
        assert (await ask(transport, initialize())).status == 503
        while (await ask(transport, initialize())).status == 503:
            await asyncio.sleep(0.02)


async def test_client_that_opens_too_many_sessions_evicts_its_own():
    async with opened(sessions=4, own_sessions=2) as (_, transport):
        names = [(await ask(transport, initialize())).headers["mcp-session-id"] for _ in range(2)]
        assert (await ask(transport, older("ping", session=names[0]))).status == 200
        for _ in range(3):
            assert (await ask(transport, initialize())).status == 200
            assert (await ask(transport, older("ping", session=names[0]))).status == 200, "it was used last"
        assert (await ask(transport, older("ping", session=names[1]))).status == 404, "it was not used"
        assert (await ask(transport, initialize(), client="two")).status == 200


async def test_evicted_session_is_over_even_if_the_new_one_is_refused():
    async with opened(sessions=1, own_sessions=1) as (_, transport):
        assert (await ask(transport, initialize())).status == 200
        refused = initialize()
        refused["headers"]["Accept"] = "text/html"
        assert (await ask(transport, refused)).status == 406
        assert (await ask(transport, initialize())).status == 200


async def test_unknown_session_id_takes_no_place():
    async with opened(own_sessions=2, largest_body=1000) as (_, transport):
        session = (await ask(transport, initialize())).headers["mcp-session-id"]
        with pytest.raises(HTTPException):
            await ask(transport, older("ping", {"x": "y" * 1000}, session="made-up"))
        assert (await ask(transport, older("ping", session="made-up"))).status == 404
        assert (await ask(transport, initialize())).status == 200
        assert (await ask(transport, older("ping", session=session))).status == 200


async def test_busy_session_is_not_evicted():
    async with opened(own_sessions=1) as (waiting, transport):
        session = (await ask(transport, initialize())).headers["mcp-session-id"]
        asking = Asking(transport, older(*CALL, session=session, id=7))
        await waiting.begun.wait()
        with pytest.raises(TooManyRequests):
            await ask(transport, initialize())
        cancel = older("notifications/cancelled", {"requestId": 7}, session=session, id=None)
        assert (await ask(transport, cancel)).status == 202
        await waiting.cancelled.wait()
        asking.gone.set()
        await asyncio.wait([asking.done])
        assert (await ask(transport, initialize())).status == 200


async def test_body_larger_than_the_limit_is_refused():
    async with opened(largest_body=1000) as (_, transport):
        asking = Asking(transport, modern("tools/call", {"name": "wait", "arguments": {"x": "y" * 1000}}))
        with pytest.raises(HTTPException) as refused:
            await asking.done
        assert refused.value.status_code == 413


async def test_body_of_too_many_values_is_refused():
    async with opened() as (_, transport):
        asking = Asking(transport, modern("tools/call", {"name": "wait", "arguments": {"x": [0] * 110_000}}))
        with pytest.raises(HTTPException) as refused:
            await asking.done
        assert refused.value.status_code == 413


@pytest.mark.parametrize("accept", ["application/json, text/event-stream", "application/json", "*/*", None])
async def test_answer_is_json_for_every_client_that_takes_it(accept):
    async with opened() as (_, transport):
        session = (await ask(transport, initialize())).headers["mcp-session-id"]
        for options in (modern("tools/list"), older("tools/list", session=session), initialize()):
            del options["headers"]["Accept"]
            options["headers"] |= {"Accept": accept} if accept else {}
            asking = await ask(transport, options)
            assert (asking.status, asking.headers["content-type"]) == (200, "application/json")
            assert json.loads(asking.text)["result"]


async def test_client_that_takes_no_json_is_refused():
    async with opened() as (_, transport):
        for options in (modern("tools/list"), initialize()):
            options["headers"]["Accept"] = "text/html"
            assert (await ask(transport, options)).status == 406


async def test_client_with_a_progress_token_is_answered_with_events():
    async with opened() as (_, transport):
        session = (await ask(transport, initialize())).headers["mcp-session-id"]
        for options in (modern("tools/list"), older("tools/list", session=session)):
            options["json"]["params"].setdefault("_meta", {})["progressToken"] = "p1"
            asking = await ask(transport, options)
            assert (asking.status, asking.headers["content-type"]) == (200, "text/event-stream")
            event, data = asking.text.strip().split("\r\n")
            assert event == "event: message"
            assert json.loads(data.removeprefix("data: "))["result"]["tools"] == []


async def test_client_with_a_progress_token_that_takes_no_events_is_answered_with_json():
    async with opened() as (_, transport):
        options = modern("tools/list")
        options["json"]["params"]["_meta"]["progressToken"] = "p1"
        options["headers"]["Accept"] = "application/json"
        assert (await ask(transport, options)).headers["content-type"] == "application/json"
