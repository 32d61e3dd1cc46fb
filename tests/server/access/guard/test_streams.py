"""Streamed answers: recorded from the first byte to the end, and ended cleanly."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from server.core.errors import UpstreamFailed
from server.http.error_format import ErrorFormat, Failure
from server.http.in_process import CLIENT, OPERATION, InternalRequest
from server.sdk.operation import Effect, Operations, require_still_allowed
from server.sdk.streaming import Event, EventStream
from tests.server.access.letters import Post, posting

HIDDEN = "in\u200bvoice"


class Refusal(BaseModel):
    error: str


class Order(BaseModel):
    words: list[str]


@dataclass
class Dictation:
    """An operation that streams words, held back and broken as a test wants it."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    fail: Exception | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    rows: list[Any] = field(default_factory=list)
    made: int = 0
    checks: bool = False

    async def dictate(self, post: Post, words: list[str]) -> AsyncGenerator[Event]:
        try:
            self.began.set()
            self.rows += [(entry.operation, entry.outcome) for entry in post.state.activity.running()]
            for word in words:
                self.made += 1
                yield Event({"word": word})
                await asyncio.sleep(0)
            await self.go_on.wait()
            if self.checks:
                await require_still_allowed()
            if self.fail:
                raise self.fail
            yield Event("[DONE]")
        finally:
            await post.state.context.database.read(lambda _: None)  # what ends a stream may await
            self.closed.set()


def make_router(post: Post, dictation: Dictation) -> Operations:
    texts = Operations(
        prefix="/texts", title="Texts", errors=ErrorFormat(Refusal, lambda failure: {"error": failure.detail}), asks=False
    )

    async def preview(order: Order) -> Effect:
        return Effect(f"dictate {len(order.words)} words")

    def stream(words: list[str]) -> Response:
        return EventStream(dictation.dictate(post, words), lambda: {"words": words}, lambda: "/texts/1")

    @texts.operation("POST", "/write", scope="write:mail", preview=preview)
    async def dictate_text(order: Order) -> Response:
        """Dictate."""
        return stream(order.words)

    @texts.operation("GET", "/read", scope="read:mail")
    async def read_text() -> Response:
        """Read."""
        return stream(["hi"])

    @texts.operation("POST", "/long", scope="write:mail", preview=preview, long=True)
    async def dictate_long(order: Order) -> Response:
        """Dictate for long."""
        return stream(order.words)

    @texts.operation("GET", "/pieces", scope="read:mail")
    async def read_pieces() -> Response:
        """Read in pieces."""

        async def pieces() -> AsyncIterator[bytes]:
            yield b'{"a": "in\\u20'
            yield b'0bvoice"}'

        return StreamingResponse(pieces(), media_type="application/json")

    return texts


@asynccontextmanager
async def dictating(opened) -> AsyncIterator[tuple[Post, Dictation, dict]]:
    async with posting(opened) as post:
        dictation = Dictation()
        post.state.inside.app.include_router(make_router(post, dictation))
        yield post, dictation, await post.client(dictate_text="allow", dictate_long="allow")


class Reader:
    """A client that reads as the answer comes, and may leave."""

    def __init__(self, app: Any, path: str, headers: dict, body: Any = None) -> None:
        self._unread: list[dict] = [{"type": "http.request", "body": json.dumps(body).encode() if body else b""}]
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST" if body else "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [*raw, (b"content-type", b"application/json")],
        }
        self._gone, self.came, self.over = asyncio.Event(), asyncio.Event(), False
        self.status, self.text = 0, ""
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict:
        if self._unread:
            return self._unread.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"").decode()
        self.over |= message["type"] == "http.response.body" and not message.get("more_body", False)
        self.came.set()

    def leave(self) -> None:
        self._gone.set()

    async def until(self, text: str) -> None:
        async with asyncio.timeout(60):
            while text not in self.text:
                self.came.clear()
                await self.came.wait()


async def until_recorded(post: Post, operation: str) -> Any:
    activity = post.state.activity
    async with asyncio.timeout(60):
        while not (rows := [row for row in await activity.list() if row.operation == operation and row.status]):
            await asyncio.sleep(0.005)
        while activity.running():  # it leaves the memory just after its row is stored
            await asyncio.sleep(0.005)
    return await activity.read(rows[0].id)


async def test_events_arrive_as_they_are_made_and_the_row_runs_before_the_first(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        reader = Reader(post.state.inside.app, "/texts/write", bot, {"words": ["one", "two"]})
        await reader.until("two")
        assert not reader.over
        assert dictation.rows == [("dictate_text", "running")]
        stored = await post.state.context.database.read(
            lambda connection: connection.exec_driver_sql("select outcome from activity").scalars().all()
        )
        assert stored == ["running"]
        dictation.go_on.set()
        await reader.task
        assert reader.text == 'data: {"word":"one"}\n\ndata: {"word":"two"}\n\ndata: [DONE]\n\n'
        entry = await until_recorded(post, "dictate_text")
        assert (entry.outcome, entry.status, json.loads(entry.result)) == ("done", 200, {"words": ["one", "two"]})
        assert entry.sentence == "dictate 2 words"


async def test_reading_stream_is_shown_while_it_runs_and_recorded_at_its_end(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        reader = Reader(post.state.inside.app, "/texts/read", bot)
        await reader.until("hi")
        assert [entry.operation for entry in post.state.activity.running()] == ["read_text"]
        dictation.go_on.set()
        await reader.task
        assert post.state.activity.running() == []
        assert (await until_recorded(post, "read_text")).outcome == "done"


async def test_hidden_characters_are_removed_from_every_event(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        dictation.go_on.set()
        answer = await post.http.post("/texts/write", json={"words": [HIDDEN, "\u202e"]}, headers=bot)
        assert answer.text.startswith('data: {"word":"invoice"}\n\ndata: {"word":""}\n\n')
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["ratelimit-remaining"] == "59"
        assert (await post.http.get("/texts/pieces", headers=bot)).json() == {"a": "invoice"}


async def test_failure_in_a_stream_is_an_event_in_the_format_of_its_router(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        dictation.fail = UpstreamFailed("The other side hung up.")
        dictation.go_on.set()
        answer = await post.http.post("/texts/write", json={"words": ["one"]}, headers=bot)
        assert answer.text == 'data: {"word":"one"}\n\nevent: error\ndata: {"error": "The other side hung up."}\n\n'
        entry = await until_recorded(post, "dictate_text")
        assert (entry.outcome, entry.status) == ("failed", 502)
        assert json.loads(entry.result)["sent"] == 'data: {"word":"one"}\n\n'
        dictation.fail = RuntimeError("secret inside")
        assert "secret" not in (await post.http.post("/texts/write", json={"words": []}, headers=bot)).text


@pytest.mark.parametrize(
    ("path", "operation", "body"), [("write", "dictate_text", {"words": ["a"]}), ("read", "read_text", None)]
)
async def test_stream_of_a_client_that_left_is_closed_and_recorded(opened, path: str, operation: str, body: Any) -> None:
    async with dictating(opened) as (post, dictation, bot):
        reader = Reader(post.state.inside.app, f"/texts/{path}", bot, body)
        await reader.until("word")
        reader.leave()
        await reader.task
        async with asyncio.timeout(60):
            await dictation.closed.wait()
        entry = await until_recorded(post, operation)
        assert (entry.outcome, entry.status) == ("failed", 499)


async def test_stream_ends_with_an_event_when_deskhand_stops(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        reader = Reader(post.state.inside.app, "/texts/write", bot, {"words": ["one"]})
        await reader.until("one")
        await post.state.guard.streams.close()
        await reader.task
        assert reader.over
        assert reader.text.endswith(
            'event: error\ndata: {"error": "Deskhand stops, so this answer is not complete. '
            'Send the request again when Deskhand runs."}\n\n'
        )
        assert dictation.closed.is_set()
        assert (await until_recorded(post, "dictate_text")).status == 503
        dictation.closed.clear()
        dictation.go_on.set()
        late = await post.http.post("/texts/write", json={"words": ["two"]}, headers=bot)
        assert "Deskhand stops" in late.text
        assert "[DONE]" not in late.text
        assert dictation.closed.is_set()


async def test_stream_ends_when_its_key_is_revoked(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        reader = Reader(post.state.inside.app, "/texts/write", bot, {"words": ["one"]})
        await reader.until("one")
        await post.state.clients.revoke("bot")
        dictation.go_on.set()
        await reader.task
        assert "event: error" in reader.text
        assert "[DONE]" not in reader.text


async def test_stream_may_ask_whether_it_is_still_allowed(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        dictation.checks = True
        reader = Reader(post.state.inside.app, "/texts/write", bot, {"words": ["one"]})
        await reader.until("one")
        await post.state.pause.begin(15)
        dictation.go_on.set()
        await reader.task
        assert "event: error" in reader.text
        assert "[DONE]" not in reader.text


async def test_slow_reader_holds_up_the_stream(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        blocked = asyncio.Event()

        async def slowly(scope, receive, send) -> None:
            async def send_slowly(message) -> None:
                await blocked.wait()
                await send(message)

            await post.state.inside.app(scope, receive, send_slowly)

        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(slowly), base_url="http://test") as http:
            body = {"words": [str(number) for number in range(1000)]}
            call = asyncio.create_task(http.post("/texts/write", json=body, headers=bot))
            async with asyncio.timeout(60):
                await dictation.began.wait()
            for _ in range(1000):
                await asyncio.sleep(0)
            assert 0 < dictation.made < 100
            blocked.set()
            dictation.go_on.set()
            assert (await call).text.count("data:") == 1001


async def test_repeated_key_of_a_stream_gets_the_path_of_its_answer(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        dictation.go_on.set()
        headers = {**bot, "Idempotency-Key": "one"}
        assert (await post.http.post("/texts/write", json={"words": ["a"]}, headers=headers)).status_code == 200
        again = await post.http.post("/texts/write", json={"words": ["a"]}, headers=headers)
        assert (again.status_code, again.json()["detail"]) == (
            409,
            "The answer to this Idempotency-Key was a stream, which is not sent again. Read it at /texts/1.",
        )
        assert (await post.http.post("/texts/write", json={"words": ["b"]}, headers=headers)).status_code == 422


async def test_in_process_caller_gets_the_complete_answer(opened) -> None:
    async with dictating(opened) as (post, dictation, _):
        dictation.go_on.set()
        client = (await post.state.clients.list())[0]
        request = InternalRequest("POST", "/texts/write", body=b'{"words": ["in\\u200bvoice"]}')
        answer = await post.state.inside.call(request, **{CLIENT: client, OPERATION: "dictate_text"})
        assert (answer.status, json.loads(answer.body)) == (200, {"words": ["invoice"]})
        assert answer.headers["content-type"] == "application/json"
        dictation.fail = UpstreamFailed("The other side hung up.")
        answer = await post.state.inside.call(request, **{CLIENT: client, OPERATION: "dictate_text"})
        assert answer.status == 502


async def test_long_operation_answers_completely(opened) -> None:
    async with dictating(opened) as (post, dictation, bot):
        dictation.go_on.set()
        answer = await post.http.post("/texts/long", json={"words": ["a"]}, headers=bot)
        assert answer.json() == {"words": ["a"]}


async def test_call_that_needs_approval_is_refused_where_nobody_can_wait(opened) -> None:
    async with dictating(opened) as (post, dictation, _):
        other = await post.client("other")
        answer = await post.http.post("/texts/write", json={"words": ["a"]}, headers=other)
        assert answer.status_code == 403
        assert answer.json()["detail"] == (
            "The person at this computer has not allowed dictate_text for 'other', and calls of it cannot wait for their "
            "approval. They can allow it in Deskhand's window, under Access."
        )
        assert await post.state.context.approval_requests.list() == []
        assert ((await post.last()).outcome, dictation.began.is_set()) == ("refused", False)


def test_format_of_failures_needs_a_prefix() -> None:
    with pytest.raises(TypeError, match="prefix"):
        Operations(prefix="", title="All", errors=ErrorFormat(Refusal, lambda failure: {"error": failure.detail}))
    assert Failure(400, "").extra == {}
