import asyncio
import json
from typing import Any

import pytest

from server.integrations.queue.models import PromptResult
from server.integrations.queue.rest import progress
from tests.server.integrations.queue.rest_setup import Headers, Served, serving


def read_events(text: str) -> list[dict[str, Any]]:
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    return [json.loads(line) for line in lines]


async def listen(served: Served, headers: Headers, prompt_id: str) -> "asyncio.Task[list[dict[str, Any]]]":
    """Follow a prompt; return once it is followed."""

    async def follow() -> list[dict[str, Any]]:
        answer = await served.http.get(f"/api/sse/{prompt_id}/", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        return read_events(answer.text)

    before = len(served.queue.changes._listeners)
    task = asyncio.ensure_future(follow())
    async with asyncio.timeout(30):
        while len(served.queue.changes._listeners) == before:
            await asyncio.sleep(0.005)
    return task


async def test_progress_is_followed_from_the_queue_to_the_answer(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(progress, "PACE_SECONDS", 0)
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        await served.submit(bot)
        prompt_id = (await served.submit(bot))["id"]
        following = await listen(served, bot, prompt_id)
        await served.answer("first", "chat-0")
        lease = await served.begin()
        for text in ("It is", "It is four", "No: five"):
            await served.queue.progress(lease.prompt.id, lease.token, text)
            await asyncio.sleep(0.1)
        await served.queue.complete(lease.prompt.id, lease.token, PromptResult("No: five.", "chat-1", "Sums"))
        events = await asyncio.wait_for(following, 30)
        assert events[0] == {"type": "connected", "request_id": prompt_id}
        statuses = [(event["status"], event["position"]) for event in events if event["type"] == "status"]
        assert statuses[0] == ("idle", 2)
        assert statuses[-1] == ("executing", None)
        pieces = [(event["offset"], event["text"]) for event in events if event["type"] == "progress"]
        assert join(pieces) == "No: five" and len(pieces) >= 1
        assert (events[-1]["type"], events[-1]["response"], events[-1]["chat"]) == ("done", "No: five.", "chat-1")


def join(pieces: list[tuple[int, str]]) -> str:
    text = ""
    for offset, piece in pieces:
        assert offset in {0, len(text)}
        text = text[:offset] + piece
    return text


async def test_prompt_that_has_ended_is_one_event(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        await served.fail("It broke.")
        events = await asyncio.wait_for(await listen_ended(served, bot, prompt_id), 30)
        assert [event["type"] for event in events] == ["connected", "failed"]
        assert events[-1]["error_message"] == "It broke."
        entry = (await served.state.activity.list(1))[0]
        assert (entry.operation, entry.outcome) == ("follow_prompt", "done")


async def listen_ended(served: Served, headers: Headers, prompt_id: str) -> "asyncio.Task[list[dict[str, Any]]]":
    async def follow() -> list[dict[str, Any]]:
        return read_events((await served.http.get(f"/api/sse/{prompt_id}/", headers=headers)).text)

    return asyncio.ensure_future(follow())


async def test_sign_of_life_comes_while_nothing_happens(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(progress, "KEEPALIVE_SECONDS", 0.01)
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        following = await listen(served, bot, prompt_id)
        await asyncio.sleep(0.1)
        await served.queue.cancel(prompt_id)
        kinds = [event["type"] for event in await asyncio.wait_for(following, 30)]
        assert kinds[:3] == ["connected", "status", "keepalive"] and kinds[-1] == "failed"


@pytest.mark.parametrize("revoke", [True, False])
async def test_stream_ends_with_the_key(tmp_path, revoke: bool) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        following = await listen(served, bot, prompt_id)
        if revoke:
            await served.state.clients.revoke("bot")
            lease = await served.begin()
        else:
            lease = await served.begin()
            await served.queue.complete(lease.prompt.id, lease.token, PromptResult("Secret"))
        events = await asyncio.wait_for(following, 30)
        assert (events[-1].get("type") == "done") is not revoke
        assert ("detail" in events[-1]) is revoke
