import asyncio
import json

import httpx2
import pytest

from server.core.errors import TooManyRequests
from server.integrations.queue.rest import held_requests
from server.integrations.queue.rest.held_requests import HeldRequests
from tests.server.integrations.queue.rest.test_progress import Follower
from tests.server.integrations.queue.rest_setup import Headers, Served, serving

CHAT = "/api/chat"


async def ask_all(served: Served, headers: Headers, prompt_id: str) -> list[httpx2.Response]:
    """Make each kind of request that is held open, for a moment."""
    return [
        await served.http.get(f"{CHAT}/requests/{prompt_id}/?wait=0.01", headers=headers),
        await served.http.post(f"{CHAT}/submit/?wait=0.01", json={"message": "Hi"}, headers=headers),
        await served.http.get(f"/api/sse/{prompt_id}/", headers=headers),
    ]


async def test_client_holds_some_requests_and_one_more_is_refused_until_one_has_ended(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(held_requests, "MOST_OF_CLIENT", 2)
    async with serving(tmp_path) as served:
        bot, other = await served.allowed(), await served.allowed("other")
        prompt_id, ended_id = (await served.submit(bot))["id"], (await served.submit(other))["id"]
        await served.queue.cancel(ended_id)
        followers = [Follower(served, bot, prompt_id) for _ in range(2)]
        for follower in followers:
            await follower.until(lambda event: event["type"] == "connected")
        stored = len((await served.http.get(f"{CHAT}/requests/", headers=bot)).json())
        for refused in await ask_all(served, bot, prompt_id):
            assert (refused.status_code, refused.headers["retry-after"], list(refused.json())) == (429, "5", ["detail"])
        assert len((await served.http.get(f"{CHAT}/requests/", headers=bot)).json()) == stored, "what is refused is not stored"
        assert (await served.read(bot, prompt_id))["status"] == "idle", "reading is not waiting"
        assert [answer.status_code for answer in await ask_all(served, other, ended_id)] == [200, 201, 200]
        await served.answer()
        for follower in followers:
            await follower.read_to_end()
        for _ in range(3):
            assert [answer.status_code for answer in await ask_all(served, bot, prompt_id)] == [200, 201, 200]


async def test_client_that_hangs_up_gives_its_place_back(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(held_requests, "MOST_OF_CLIENT", 2)
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        order = json.dumps({"message": "Stored once"}).encode()
        callers = [
            Follower(served, bot, path=f"{CHAT}/requests/{prompt_id}/", query="wait=60"),
            Follower(served, bot | {"Idempotency-Key": "once"}, path=f"{CHAT}/submit/", query="wait=60", body=order),
        ]
        for caller in callers:
            caller.gone.set()
        async with asyncio.timeout(30):
            await asyncio.wait([caller.ended for caller in callers])
        reading = f"{CHAT}/requests/{prompt_id}/?wait=0.01"
        assert (await served.http.get(reading, headers=bot)).status_code == 200
        assert [caller.status for caller in callers] == [200, 201], (
            "which nobody reads, but a repetition with its Idempotency-Key"
        )
        again = await served.http.post(
            f"{CHAT}/submit/?wait=60",
            content=order,
            headers=bot | {"Idempotency-Key": "once", "Content-Type": "application/json"},
        )
        assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
        listed = (await served.http.get(f"{CHAT}/requests/", headers=bot)).json()
        assert [prompt["message"] for prompt in listed].count("Stored once") == 1


@pytest.mark.parametrize("most", ["MOST_OF_CLIENT", "MOST"])
async def test_most_are_of_each_client_and_of_all(monkeypatch, most) -> None:
    monkeypatch.setattr(held_requests, most, 2)
    held = HeldRequests()
    requests = [held.hold("one"), held.hold("one" if most == "MOST_OF_CLIENT" else "two")]
    with pytest.raises(TooManyRequests):
        held.hold("one")
    with requests[1]:
        pass
    held.hold("one")
    requests.append(held.hold("one"))  # the one before was given up before it began
    with pytest.raises(TooManyRequests):
        held.hold("one")
