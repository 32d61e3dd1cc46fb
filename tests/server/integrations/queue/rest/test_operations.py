import asyncio
from base64 import b64encode
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from server.integrations.queue.extension.messages import Page
from server.integrations.queue.extension.worker import Worker
from server.integrations.queue.models import PromptResult
from server.integrations.queue.service import QueueService
from server.sdk.model_answers import ModelAnswer, ModelAnswers, ModelTurn
from tests.server.integrations.queue.rest_setup import serving

CHAT = "/api/chat"


class Answers:
    """Models that can be asked, and are not."""

    is_ready = True

    async def answer(self, turns: Sequence[ModelTurn], *, model: str = "", client: str = "") -> ModelAnswer:
        raise NotImplementedError


async def test_waiting_prompt_is_edited_and_cancelled_and_a_running_one_keeps_its_text(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        first, second = (await served.submit(bot))["id"], (await served.submit(bot))["id"]
        edit = {"message": "Better", "priority": 5}
        edited = await served.http.put(f"{CHAT}/requests/{second}/", json=edit, headers=bot)
        assert (edited.status_code, edited.json()["message"], edited.json()["position"]) == (200, "Better", 1)
        assert (await served.http.put(f"{CHAT}/requests/{second}/", json={}, headers=bot)).status_code == 400
        cancelled = await served.http.post(f"{CHAT}/requests/{first}/cancel/", headers=bot)
        assert (cancelled.json()["status"], cancelled.json()["error_message"]) == ("failed", "Cancelled.")
        lease = await served.begin()
        assert lease.prompt.message == "Better"
        assert (await served.http.put(f"{CHAT}/requests/{second}/", json=edit, headers=bot)).status_code == 409


async def test_replay_is_asked_about_with_what_it_sends_and_keeps_both_answers(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = {**await served.allowed(), "Prefer": "respond-async"}
        prompt_id = (await served.submit(bot, "What is 2 + 2?"))["id"]
        path = f"{CHAT}/requests/{prompt_id}/replay/"
        assert (await served.http.post(path, json={}, headers=bot)).status_code == 409
        await served.answer("4")
        assert (await served.http.post(path, json={"lane": "api"}, headers=bot)).status_code == 503
        with served.state.context.offers.offer(ModelAnswers, Answers()):
            assert (await served.http.post(path, json={"lane": "api"}, headers=bot)).status_code == 202
        assert (await served.http.post(path, json={"model": "Thinking"}, headers=bot)).status_code == 202
        api, browser = await served.requests()
        assert api.fields == (("Message", "What is 2 + 2?"), ("To", "OpenAI's API, at your cost"))
        assert api.sentence == "ask OpenAI's API again, at your cost: “What is 2 + 2?”"
        assert browser.sentence == "ask ChatGPT in your browser again: “What is 2 + 2?”"
        assert ("Model", "Thinking") in browser.fields
        await served.state.context.approval_requests.approve(browser.id)
        async with asyncio.timeout(30):
            while (await served.read(bot, prompt_id))["status"] != "idle":
                await served.queue.changes.wait(seconds=0.05)
        await served.answer("Four.")
        done = await served.read(bot, prompt_id)
        assert (done["response"], [answer["response"] for answer in done["answers"]]) == ("Four.", ["4", "Four."])


async def test_replay_needs_no_body(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = {**await served.allowed(), "Prefer": "respond-async"}
        prompt_id = (await served.submit(bot, "What is 2 + 2?"))["id"]
        await served.answer("4")
        replayed = await served.http.post(f"{CHAT}/requests/{prompt_id}/replay/", headers=bot)
        assert replayed.status_code == 202, replayed.text
        assert [request.fields for request in await served.requests()] == [
            (("Message", "What is 2 + 2?"), ("To", "ChatGPT in your browser"))
        ]


async def test_webhook_address_of_a_client_is_set_and_checked(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        address = "https://hooks.example.com/done"
        answer = await served.http.put(f"{CHAT}/webhook/", json={"webhook_url": address}, headers=bot)
        assert (answer.status_code, answer.json()) == (200, {"webhook_url": address})
        await served.submit(bot, webhook_url=address)
        for wrong in ("http://127.0.0.1:9/", "ftp://example.com", "no address"):
            refused = await served.http.put(f"{CHAT}/webhook/", json={"webhook_url": wrong}, headers=bot)
            assert (refused.status_code, list(refused.json())) == (400, ["detail"]), wrong
            refused = await served.http.post(f"{CHAT}/submit/", json={"message": "x", "webhook_url": wrong}, headers=bot)
            assert refused.status_code == 400, wrong


async def test_page_ends_where_an_answer_would_be_too_large_and_goes_on_there(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        ids = [(await served.submit(bot, "m" * 30_000))["id"] for _ in range(5)]
        first = await served.http.get(f"{CHAT}/requests/", headers=bot)
        assert len(first.text) < 90_000
        token = first.headers["x-next-page-token"]
        second = await served.http.get(f"{CHAT}/requests/", params={"page_token": token}, headers=bot)
        third = await served.http.get(
            f"{CHAT}/requests/", params={"page_token": second.headers["x-next-page-token"]}, headers=bot
        )
        assert [item["id"] for page in (first, second, third) for item in page.json()] == ids[::-1]


async def test_list_has_the_places_of_what_waits_and_the_times_while_a_browser_can_work(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        await served.submit(bot)
        await served.answer()
        ids = [(await served.submit(bot))["id"] for _ in range(2)]

        async def read_places() -> list[tuple[int | None, bool]]:
            listed = (await served.http.get(f"{CHAT}/requests/", headers=bot)).json()
            single = [await served.read(bot, prompt["id"]) for prompt in listed]
            both = [[(each["position"], each["expected_at"] is not None) for each in prompts] for prompts in (listed, single)]
            assert both[0] == both[1]
            tool = (await served.call_mcp(bot, "tools/call", name="list_prompts", arguments={}))["structuredContent"]
            assert [each.get("position") for each in tool["result"]] == [each["position"] for each in listed]
            return both[0]

        assert await read_places() == [(2, False), (1, False), (None, False)]
        session = SimpleNamespace(worker=Worker("browser", "browser", "Home"), free=False)
        async with served.state.runtime.services[QueueService].extensions.hub.connected(session):
            assert await read_places() == [(2, True), (1, True), (None, False)]
            session.worker.take_page(Page(type="page", state="signed_out"))
            assert await read_places() == [(2, False), (1, False), (None, False)]
            await served.queue.pause()
            assert await read_places() == [(2, False), (1, False), (None, False)]
        assert await served.queue.cancel(ids[0])
        assert await read_places() == [(1, False), (None, False), (None, False)]


async def test_caller_may_wait_for_the_answer(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        waiting = asyncio.ensure_future(served.http.post(f"{CHAT}/submit/?wait=60", json={"message": "Hi"}, headers=bot))
        async with asyncio.timeout(30):
            while not (lease := await served.queue.claim("extension")):
                await served.queue.changes.wait(seconds=0.05)
        await served.queue.acknowledge(lease.prompt.id, lease.token)
        reading = asyncio.ensure_future(served.read(bot, lease.prompt.id, wait=60))
        assert (await served.read(bot, lease.prompt.id, wait=0.01))["status"] == "executing"
        await served.queue.complete(lease.prompt.id, lease.token, PromptResult("Here."))
        assert [(await waiting).json()["response"], (await reading)["response"]] == ["Here.", "Here."]


def make_file(size: int = 3, **more: str) -> dict[str, str]:
    return {"name": "../notes.txt", "content_type": "text/plain", "data": b64encode(b"a" * size).decode(), **more}


async def test_files_are_stored_with_their_prompt_under_safe_names(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        order = {"message": "Read this", "attachments": [make_file(), make_file(name="b.txt", content_type="")]}
        answer = await served.http.post(f"{CHAT}/submit/", json=order, headers=bot)
        assert (answer.status_code, answer.json()["attachments"]) == (201, ["notes.txt", "b.txt"])
        lease = await served.queue.claim("browser", ("attachments",))
        assert lease is not None
        types = [file["content_type"] for file in lease.prompt.attachments]
        assert types == ["text/plain", "application/octet-stream"], "browsers name an unknown type so"
        assert await served.queue.read_attachment(lease.prompt.id, lease.token, 0, 0, 9) == b"aaa"


@pytest.mark.parametrize(
    "files",
    [
        [make_file(data="no base64!")],
        [make_file(content_type="text")],
        [make_file()] * 11,
        [make_file(2_700_000)] * 2,
        [{"name": "a.txt"}],
    ],
    ids=("base64", "type", "number", "size", "data"),
)
async def test_files_beyond_the_limits_are_refused_and_nothing_is_stored(tmp_path, files) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        refused = await served.http.post(f"{CHAT}/submit/", json={"message": "Read", "attachments": files}, headers=bot)
        assert refused.status_code == 400
        assert refused.json()["detail"]
        assert (await served.http.get(f"{CHAT}/requests/", headers=bot)).json() == []


async def test_replay_without_the_files_is_refused_before_the_person_is_asked(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        order = {"message": "Read this", "attachments": [make_file()]}
        prompt_id = (await served.http.post(f"{CHAT}/submit/", json=order, headers=bot)).json()["id"]
        await served.queue.cancel(prompt_id)
        with served.state.context.offers.offer(ModelAnswers, Answers()):
            path = f"{CHAT}/requests/{prompt_id}/replay/"
            assert (await served.http.post(path, json={"lane": "api"}, headers=bot)).status_code == 400
