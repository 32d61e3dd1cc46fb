from typing import ClassVar

import pytest

from server.access.clients.registry import Change, Policy
from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.queue import approval
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.desktop import SHOW_NOTIFICATION, NoScreen
from tests.server.integrations.queue.rest_setup import serving


async def test_first_prompt_of_a_client_asks_once_and_a_yes_holds_from_then_on(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot, approvals = await served.client(), served.state.context.approval_requests
        first = await served.submit(bot, "What is 2 + 2?")
        assert (first["status"], await served.queue.claim("extension")) == ("idle", None)
        await served.submit(bot, "And 3 + 3?")
        (request,) = await served.requests()
        assert (request.client, request.operation, request.kind) == ("bot", "submit_prompt", "call")
        assert [value for name, value in request.fields if name == "Prompt"] == ["What is 2 + 2?", "And 3 + 3?"]
        assert ("from now on" in request.sentence, request.extents) == (True, (ApprovalDuration.always,))
        assert "bot" in await approvals.approve(request.id)
        assert await served.requests() == []
        assert (await served.answer("4")).id == first["id"]
        await served.submit(bot, "And 4 + 4?")
        assert await served.requests() == []
        with pytest.raises(NotFound):
            await approvals.approve(request.id)


async def test_person_is_shown_the_files_of_a_prompt(tmp_path) -> None:
    async with serving(tmp_path) as served:
        file = {"name": "taxes.pdf", "content_type": "application/pdf", "data": "YWJj"}
        order = {"message": "Sum it up", "attachments": [file]}
        await served.http.post("/api/chat/submit/", json=order, headers=await served.client())
        (request,) = await served.requests()
        assert request.fields[:2] == (("Prompt", "Sum it up"), ("File", "taxes.pdf"))


async def test_person_is_shown_where_a_prompt_and_its_answer_go(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        set_webhook = {"json": {"webhook_url": "https://hooks.example/all"}, "headers": bot}
        assert (await served.http.put("/api/chat/webhook", **set_webhook)).status_code == 200
        where = {"chat_id": "private", "project": "Taxes", "model": "gpt-99", "webhook_url": "https://hooks.example/own"}
        await served.submit(bot, "Sum it up", **where)
        await served.submit(bot, "Hello", temporary=True)
        (request,) = await served.requests()
        assert request.fields[:-1] == (
            ("Prompt", "Sum it up"),
            ("Chat", "private"),
            ("Project", "Taxes"),
            ("Model", "gpt-99"),
            ("Answer goes to", "https://hooks.example/own"),
            ("Prompt", "Hello"),
            ("Chat", "a new one, temporary"),
            ("Answer goes to", "https://hooks.example/all"),
            ("Later answers go to", "https://hooks.example/all"),
        )


async def test_person_is_shown_the_title_of_a_chat_that_is_known(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        await served.submit(bot)
        (request,) = await served.requests()
        await served.state.context.approval_requests.approve(request.id)
        await served.answer("Hi", "chat-1", "Wedding plans")
        client_id = (await served.queue.clients())[0].id
        statement = f"UPDATE queue_client SET approved = NULL WHERE id = '{client_id}'"
        await served.state.context.database.write(lambda connection: connection.exec_driver_sql(statement))
        await served.submit(bot, chat_id="chat-1")
        (request,) = await served.requests()
        assert ("Chat", "Wedding plans (chat-1)") in request.fields


@pytest.mark.parametrize("change", ["edit", "cancel", "webhook"])
async def test_yes_is_for_what_was_shown(tmp_path, change) -> None:
    async with serving(tmp_path) as served:
        bot, approvals = await served.client(), served.state.context.approval_requests
        own = {"webhook_url": "https://hooks.example/own"} if change == "webhook" else {}
        prompt = await served.submit(bot, "What is 2 + 2?", **own)
        await served.submit(bot, "And 3 + 3?", **own)
        (shown,) = await served.requests()
        path = f"/api/chat/requests/{prompt['id']}"
        if change == "edit":
            answer = await served.http.put(path, json={"message": "Show me the secrets"}, headers=bot)
        elif change == "cancel":
            answer = await served.http.post(f"{path}/cancel/", headers=bot)
        else:
            order = {"webhook_url": "https://hooks.example/all"}
            answer = await served.http.put("/api/chat/webhook", json=order, headers=bot)
        assert answer.status_code == 200, answer.text
        with pytest.raises(Conflict, match="Look at it again"):
            await approvals.approve(shown.id)
        assert await served.queue.claim("extension") is None
        (now,) = await served.requests()
        await approvals.approve(now.id)
        assert await served.queue.claim("extension")


async def test_prompts_that_come_meanwhile_are_no_reason_to_look_again(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        await served.submit(bot, "Number 0")
        (shown,) = await served.requests()
        for number in range(1, 5):
            await served.submit(bot, f"Number {number}")
        (now,) = await served.requests()
        assert [value for name, value in now.fields if name == "Prompt"] == ["Number 0", "Number 1", "Number 2"]
        assert ("More prompts", "2") in now.fields
        await served.state.context.approval_requests.approve(shown.id)
        assert await served.requests() == []


async def test_no_holds_for_whatever_waits(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        prompt = await served.submit(bot)
        (shown,) = await served.requests()
        await served.http.put(f"/api/chat/requests/{prompt['id']}", json={"message": "Another"}, headers=bot)
        await served.state.context.approval_requests.deny(shown.id)
        assert (await served.read(bot, prompt["id"]))["status"] == "failed"
        with pytest.raises(NotFound):
            await served.state.context.approval_requests.deny("queue-none")


async def test_no_fails_the_prompts_of_the_client_with_the_reason_and_refuses_more(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot, other = await served.client(), await served.allowed("other")
        prompt, others = await served.submit(bot), await served.submit(other)
        (request,) = await served.requests()
        await served.state.context.approval_requests.deny(request.id, "Not today.")
        failed = await served.read(bot, prompt["id"])
        assert failed["status"] == "failed"
        assert failed["error_message"].endswith("Not today.") and "does not allow" in failed["error_message"]
        assert (await served.read(other, others["id"]))["status"] == "idle"
        refused = await served.http.post("/api/chat/submit/", json={"message": "Hi"}, headers=bot)
        assert (refused.status_code, list(refused.json())) == (403, ["detail"])
        assert await served.requests() == []


async def test_client_that_the_person_has_allowed_by_name_is_not_asked_about(tmp_path) -> None:
    async with serving(tmp_path) as served:
        first, second = await served.allowed("first"), await served.allowed("second")
        for bot in (first, second, first):
            await served.submit(bot)
            assert await served.requests() == []
        assert [(await served.answer()).client.name for _ in range(3)] == ["first", "second", "first"]


async def test_client_that_was_refused_may_submit_once_the_person_allows_it_by_name(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        await served.submit(bot)
        (request,) = await served.requests()
        await served.state.context.approval_requests.deny(request.id)
        await served.state.clients.change("bot", Change(policies={"submit_prompt": Policy.allow}))
        prompt = await served.submit(bot)
        assert (await served.answer()).id == prompt["id"]


async def test_question_survives_a_restart(tmp_path) -> None:
    async with serving(tmp_path) as served:
        await served.submit(await served.client())
        (before,) = await served.requests()
    async with serving(tmp_path) as served:
        (request,) = await served.requests()
        assert request == before


async def test_question_ends_with_the_last_prompt_and_takes_only_a_plain_answer(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot, approvals = await served.client(), served.state.context.approval_requests
        prompt = await served.submit(bot)
        (request,) = await served.requests()
        for extent, code in ((ApprovalDuration.temporary, None), (ApprovalDuration.once, "1234")):
            with pytest.raises(InvalidInput):
                await approvals.approve(request.id, extent, code)
        answer = await served.http.post(f"/api/chat/requests/{prompt['id']}/cancel/", headers=bot)
        assert (answer.status_code, answer.json()["status"]) == (200, "failed")
        assert await served.requests() == []


async def test_person_is_notified_of_a_new_client_once(tmp_path) -> None:
    class Recorder(NoScreen):
        shown: ClassVar[list[str]] = []

        def notify(self, title: str, text: str) -> None:
            self.shown.append(f"{title}: {text}")

    async with serving(tmp_path, screen=Recorder()) as served:
        first, second = await served.client("first"), await served.client("second")
        for bot in (first, first, second, first):
            await served.submit(bot)
        await served.state.context.tasks.wait(SHOW_NOTIFICATION, 30)
        assert [shown.partition(" ")[0] for shown in Recorder.shown] == ["first", "second"]


async def test_client_without_an_answer_stores_so_many_prompts_also_if_it_cancels_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(approval, "MOST_UNANSWERED", 2)
    async with serving(tmp_path) as served:
        bot, other = await served.client(), await served.allowed("other")
        cancelled = await served.submit(bot)
        assert (await served.http.post(f"/api/chat/requests/{cancelled['id']}/cancel/", headers=bot)).status_code == 200
        await served.submit(bot)
        refused = await served.http.post("/api/chat/submit/", json={"message": "Hi"}, headers=bot)
        assert (refused.status_code, "not answered yet" in refused.json()["detail"]) == (429, True)
        for _ in range(3):
            await served.submit(other)
        (request,) = await served.requests()
        await served.state.context.approval_requests.approve(request.id)
        await served.submit(bot)
