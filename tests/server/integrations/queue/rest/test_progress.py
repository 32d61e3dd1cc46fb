import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message

from server.integrations.queue.models import PromptResult
from server.integrations.queue.rest import progress
from tests.server.integrations.queue.rest_setup import HOST, Headers, Served, serving


class Follower:
    """A client that reads a stream as it comes and can hang up, which httpx's ASGI transport does not."""

    def __init__(
        self, served: Served, headers: Headers, prompt_id: str = "", path: str = "", query: str = "", body: bytes = b""
    ) -> None:
        self.status, self._body = 0, b""
        self._grown, self.gone = asyncio.Event(), asyncio.Event()
        names = [(name.lower().encode(), value.encode()) for name, value in ({"Host": HOST} | headers).items()]
        path = path or f"/api/sse/{prompt_id}/"
        names += [(b"content-type", b"application/json")] if body else []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST" if body else "GET",
            "scheme": "http",
            "path": path,
        }
        scope |= {"raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": names}
        self._requests = [{"type": "http.request", "body": body, "more_body": False}]
        self.ended = asyncio.ensure_future(served.app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        if self._requests:
            return self._requests.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self._body += message.get("body", b"")
        self._grown.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The complete events so far."""
        blocks = self._body.decode().split("\n\n")[:-1]
        return [json.loads(line.removeprefix("data: ")) for block in blocks for line in block.splitlines() if line[:5] == "data:"]

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for an event."""
        async with asyncio.timeout(30):
            while True:
                self._grown.clear()
                if event := next(filter(condition, self.events), None):
                    return event
                await self._grown.wait()

    async def read_to_end(self) -> list[dict[str, Any]]:
        await asyncio.wait_for(self.ended, 30)
        return self.events


async def test_progress_is_followed_from_the_queue_to_the_answer(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(progress, "PACE_SECONDS", 0)
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        await served.submit(bot)
        prompt_id = (await served.submit(bot))["id"]
        follower, pieces = Follower(served, bot, prompt_id), list[tuple[int, str]]()
        await follower.until(lambda event: event.get("position") == 2)
        await served.answer("first", "chat-0")
        await follower.until(lambda event: event.get("position") == 1)
        lease = await served.begin()
        await follower.until(lambda event: event.get("status") == "executing")
        for whole in ("It is", "It is four", "No: five"):
            await served.queue.progress(lease.prompt.id, lease.token, whole)
            piece = await follower.until(lambda event, whole=whole: whole.endswith(event.get("text", "-")))
            pieces.append((piece["offset"], piece["text"]))
        assert pieces == [(0, "It is"), (5, " four"), (0, "No: five")]
        await served.queue.complete(lease.prompt.id, lease.token, PromptResult("No: five.", "chat-1", "Sums"))
        events = await follower.read_to_end()
        assert (follower.status, events[0]) == (200, {"type": "connected", "request_id": prompt_id})
        assert (events[-1]["type"], events[-1]["response"], events[-1]["chat"]) == ("done", "No: five.", "chat-1")


async def test_prompt_that_has_ended_is_one_event(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        await served.fail("It broke.")
        answer = await served.http.get(f"/api/sse/{prompt_id}/", headers=bot)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = await Follower(served, bot, prompt_id).read_to_end()
        assert [event["type"] for event in events] == ["connected", "failed"]
        assert events[-1]["error_message"] == "It broke."
        entry = (await served.state.activity.list(1))[0]
        assert (entry.operation, entry.outcome) == ("follow_prompt", "done")


async def test_sign_of_life_comes_while_nothing_happens(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(progress, "KEEPALIVE_SECONDS", 0.01)
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        follower = Follower(served, bot, prompt_id)
        await follower.until(lambda event: event["type"] == "keepalive")
        await served.queue.cancel(prompt_id)
        assert (await follower.read_to_end())[-1]["type"] == "failed"


@pytest.mark.parametrize("revoked", [True, False])
async def test_stream_ends_with_the_key(tmp_path, revoked: bool) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        follower = Follower(served, bot, prompt_id)
        lease = await served.begin()
        await follower.until(lambda event: event.get("status") == "executing")
        if revoked:
            await served.state.clients.revoke("bot")
        await served.queue.complete(lease.prompt.id, lease.token, PromptResult("Secret"))
        events = await follower.read_to_end()
        assert ("detail" in events[-1], "Secret" in str(events)) == (revoked, not revoked)
