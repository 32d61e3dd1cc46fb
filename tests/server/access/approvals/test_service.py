"""A call that has to be asked about: how long it waits, what it is answered, and that the same one is asked once."""

import asyncio
import json

import pytest

from server.access.clients.registry import Change, Policy
from server.core.errors import NotFound
from server.core.memory_budget import LARGE
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.operation import Effect
from tests.server.access.letters import posting


async def test_call_approved_in_time_gets_its_own_response(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        call = asyncio.create_task(post.send(bot, wait=True))
        question = await post.question()
        assert (post.sent, call.done()) == ([], False)
        assert question.fields == (("To", "ann"), ("Text", "hi"))
        await post.approve()
        answer = await call
        assert (answer.status_code, answer.json(), post.sent) == (200, {"sent": 1}, ["hi"])
        entries = await post.state.activity.list()
        assert [(entry.outcome, entry.decision, entry.reason) for entry in entries] == [
            ("done", "allowed", "You allowed it once.")
        ]
        assert entries[0].status == 200
        assert entries[0].result == '{"sent":1}'


async def test_unanswered_approval_is_a_202_with_its_status_url(opened) -> None:
    async with posting(opened, wait_seconds=0.01) as post:
        bot = await post.client()
        answer = await post.send(bot, wait=True)
        assert answer.status_code == 202
        assert "preference-applied" not in answer.headers
        body = answer.json()
        approval = body["approval_id"]
        assert body == {
            "status": "pending",
            "approval_id": approval,
            "summary": "send a letter to ann",
            "poll": f"/approvals/{approval}",
        }
        assert await post.look(bot, approval) == {
            "approval_id": approval,
            "status": "pending",
            "reason": "",
            "result": None,
        }
        await post.approve()
        done = await post.wait_for(bot, approval, "done")
        assert (done["result"], post.sent) == ({"sent": 1}, ["hi"])


async def test_client_that_does_not_wait_gets_a_202_at_once(opened) -> None:
    async with posting(opened) as post:
        headers = {**await post.client(), "Prefer": "wait=5, Respond-Async"}
        async with asyncio.timeout(60):
            answer = await post.http.post("/mail/send", json={"to": "ann"}, headers=headers)
        assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")


@pytest.mark.parametrize("reason", ["", "Not to her."])
async def test_denial_is_returned_with_its_reason(opened, reason: str) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        call = asyncio.create_task(post.send(bot, wait=True))
        await post.question()
        await post.deny(reason)
        answer = await call
        assert answer.status_code == 403
        assert answer.json()["detail"] == f"The person at this computer denied it{': ' + reason if reason else '.'}"
        seen = await post.look(bot, answer.json()["approval_id"])
        assert (seen["status"], seen["reason"], post.sent) == ("denied", reason, [])
        entry = (await post.state.activity.list())[-1]
        noted = f"You denied it{': ' + reason if reason else '.'}"
        assert (entry.outcome, entry.decision, entry.reason) == ("refused", "denied", noted)


async def test_same_call_is_one_approval_request_with_one_result(opened, clock) -> None:
    async with posting(opened, wait_seconds=0) as post:
        bot = await post.client()
        first = (await post.send(bot)).json()["approval_id"]
        assert (await post.send(bot)).json()["approval_id"] == first
        assert (await post.send(bot, text="other")).json()["approval_id"] != first
        other = await post.client("other")
        assert (await post.send(other)).json()["approval_id"] != first, "another client's is another call"
        assert len(await post.state.context.approval_requests.list()) == 3
        approval_request = (await post.state.context.approval_requests.list())[0]
        await post.state.context.approval_requests.approve(approval_request.id)
        await post.wait_for(bot, first, "done")
        again = await post.send(bot)
        assert (again.status_code, again.json(), post.sent) == (200, {"sent": 1}, ["hi"])
        assert (await post.last()).outcome == "repeated"
        clock.move(minutes=10)
        assert (await post.send(bot)).json()["approval_id"] != first


async def test_call_can_be_repeated_after_the_clock_was_set_back(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        first = (await post.send(bot)).json()["approval_id"]
        await post.approve()
        await post.wait_for(bot, first, "done")
        clock.move(minutes=-9)
        assert (await post.send(bot)).json() == {"sent": 1}
        clock.move(hours=-2)
        assert (await post.send(bot)).json()["approval_id"] != first


async def test_same_call_twice_concurrently_is_one_approval_request(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        answers = await asyncio.gather(*(post.send(bot) for _ in range(8)))
        assert len({answer.json()["approval_id"] for answer in answers}) == 1
        assert len(await post.state.context.approval_requests.list()) == 1


async def test_denied_call_stays_denied_for_a_while(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.send(bot)
        await post.deny("Never.")
        assert (await post.send(bot)).status_code == 403
        assert await post.state.context.approval_requests.list() == []
        await post.state.clients.change("bot", Change(policies={"send_letter": Policy.allow}))
        assert (await post.send(bot)).status_code == 200, "the person has said otherwise since"


async def test_repeated_call_after_a_permanent_approval_does_not_run_again(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.send(bot)).json()["approval_id"]
        await post.approve(ApprovalDuration.always)
        await post.wait_for(bot, approval, "done")
        assert (await post.send(bot)).headers["idempotent-replayed"] == "true"
        assert post.sent == ["hi"]
        assert (await post.send(bot, text="more")).json() == {"sent": 2}


async def test_idempotency_key_returns_the_current_state_of_its_first_call(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        key = {**bot, "Idempotency-Key": "one"}
        first = (await post.send(key)).json()["approval_id"]
        assert (await post.send(key)).json()["approval_id"] == first
        assert (await post.send(key, text="other")).status_code == 422
        other = (await post.send({**bot, "Idempotency-Key": "two"})).json()["approval_id"]
        assert other != first, "another key wants another call"
        question = (await post.state.context.approval_requests.list())[0]
        post.hold = asyncio.Event()
        await post.state.context.approval_requests.approve(question.id)
        await post.wait_for(bot, first, "running")
        assert (await post.send(key)).status_code == 409
        post.hold.set()
        await post.wait_for(bot, first, "done")
        answer = await post.send(key)
        assert (answer.status_code, answer.json(), post.sent) == (200, {"sent": 1}, ["hi"])
        await post.state.context.approval_requests.deny(other, "No.")
        assert (await post.send({**bot, "Idempotency-Key": "two"})).status_code == 403


async def test_pending_approvals_are_limited_to_ten_for_each_client(opened) -> None:
    async with posting(opened) as post:
        bot, other = await post.client(rate="none"), await post.client("other")
        answers = [await post.send(bot, text=f"{number}") for number in range(12)]
        assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
        assert answers[-1].headers["retry-after"]
        assert (await post.send(other)).status_code == 202
        assert (await post.send(bot, text="0")).status_code == 202, "what waits already is not one more"
        await post.state.context.approval_requests.deny(answers[0].json()["approval_id"])
        assert (await post.send(bot, text="11")).status_code == 202


async def test_unanswered_approval_expires(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        first = (await post.send(bot)).json()["approval_id"]
        question = await post.question()
        clock.move(minutes=14)
        await post.state.approvals.expire()
        assert (await post.look(bot, first))["status"] == "pending"
        clock.move(minutes=1)
        assert await post.state.context.approval_requests.list() == [], "before anybody has noted it"
        with pytest.raises(NotFound):
            await post.state.context.approval_requests.approve(question.id)
        answer = (await post.send(bot)).json()
        assert answer["approval_id"] != first
        await post.state.approvals.expire()
        seen = await post.look(bot, first)
        assert (seen["status"], "within 15 minutes" in seen["reason"]) == ("expired", True)
        with pytest.raises(NotFound, match="already answered or withdrawn"):
            await post.state.context.approval_requests.approve(question.id)
        entry = [record for record in await post.state.activity.list() if record.operation == "send_letter"][-1]
        assert (entry.outcome, entry.reason) == ("refused", "Expired within 15 minutes.")


@pytest.mark.parametrize("taken", ["the operation", "the scope", "the key"])
async def test_approval_just_after_revocation_leaves_no_allowance(opened, taken: str) -> None:
    async with posting(opened) as post:
        bot, clients, approvals = await post.client(), post.state.clients, post.state.approvals
        stored = await approvals.find((await post.invite(bot, "ann")).json()["approval_id"])
        clients.on_change.clear()  # it waits still, as for a yes that is on its way
        if taken == "the key":
            await clients.renew_key("bot")
        else:
            scopes = frozenset({"read:mail"}) if taken == "the scope" else None
            policies = {"invite_people": Policy.deny} if taken == "the operation" else {}
            await clients.change("bot", Change(scopes, policies))
        await approvals.approve(stored, ApprovalDuration.recipients)
        assert await approvals.allowances.list(stored.client_id) == []


async def test_waiters_are_released_at_shutdown(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        call = asyncio.create_task(post.send(bot, wait=True))
        await post.question()
        post.state.approvals.stop()
        assert (await call).status_code == 202


async def test_old_decision_is_pruned(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        first = (await post.send(bot)).json()["approval_id"]
        await post.deny()
        second = (await post.send(bot, text="other")).json()["approval_id"]
        clock.move(days=8)
        await post.state.approvals.prune(7)
        answers = [await post.http.get(f"/approvals/{approval_id}", headers=bot) for approval_id in (first, second)]
        assert [answer.status_code for answer in answers] == [404, 200]


async def test_stale_approval_does_not_decide_on_a_question_that_replaced_it(opened) -> None:
    async with posting(opened) as post:
        approvals = post.state.approvals
        stale = await approvals.find((await post.invite(await post.client(), "ann")).json()["approval_id"])
        await approvals.approve(stale, ApprovalDuration.recipients)
        await approvals.ask_again(stale, Effect("invite somebody else", recipients=("eve",)))
        with pytest.raises(NotFound):
            await approvals.approve(stale, ApprovalDuration.recipients)
        with pytest.raises(NotFound):
            await approvals.deny(stale, "")
        assert not await approvals.cancel(stale, "It is over.")
        renewed = await approvals.find(stale.id)
        assert (renewed.state, renewed.effect.recipients) == ("pending", ("eve",))
        assert renewed.question != stale.question
        assert await approvals.allowances.list(stale.client_id) == []


async def test_calls_of_a_client_wait_with_so_many_bytes_at_most(opened) -> None:
    async with posting(opened, largest_waiting=1024 * 1024) as post:
        bot = await post.client()
        assert (await post.send(bot, "x" * 700_000)).status_code == 202
        assert (await post.send(bot, "y" * 700_000)).status_code == 429
        assert (await post.send(await post.client("other"), "y" * 700_000)).status_code == 202


async def test_large_call_is_not_kept_in_memory_while_the_person_decides(opened) -> None:
    async with posting(opened, wait_seconds=40) as post:
        bot = await post.client()
        body = json.dumps({"to": "ann", "text": "x" * 1_100_000}).encode()
        assert len(body) > LARGE
        async with asyncio.timeout(30):
            answer = await post.http.post("/mail/large", content=body, headers={**bot, "Content-Type": "application/json"})
        assert answer.status_code == 202
        assert post.state.guard.memory.reserved == 0
        await post.approve()
        await post.wait_for(bot, answer.json()["approval_id"], "done")
        assert post.state.guard.memory.reserved == 0
