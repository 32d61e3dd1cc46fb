"""Approved calls run once, through the guard again, and only if unchanged and still permitted."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from server.access.approvals import service
from server.access.clients.registry import Change, Policy
from server.core.errors import NotFound, Unavailable, UpstreamFailed
from server.http.application import new_application
from server.sdk.approval_requests import ApprovalDuration
from server.storage.database import DATABASE_FILE
from tests.server.access.letters import fill_disk, make_room, posting


async def ask(post, bot, text: str = "hi") -> str:
    return (await post.send(bot, text)).json()["approval_id"]


async def test_approval_given_twice_concurrently_runs_the_call_once(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        words = await asyncio.gather(*(post.approve() for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(word, str) for word in words) == 1
        assert all(isinstance(word, str | NotFound) for word in words)
        await post.wait_for(bot, approval, "done")
        assert post.sent == ["hi"]


async def test_concurrent_resume_runs_a_call_once(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        post.hold_preview = asyncio.Event()
        await post.approve()
        await post.state.runner.resume()
        await post.state.runner.resume()
        post.hold_preview.set()
        await post.wait_for(bot, approval, "done")
        await post.state.runner.stop()
        assert post.sent == ["hi"]
        assert (await post.look(bot, approval))["status"] == "done"


async def test_approved_call_whose_outcome_nobody_knows_is_uncertain(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        post.fail = UpstreamFailed("The post office did not say what became of it.", uncertain=True)
        await post.approve()
        ended = await post.wait_for(bot, approval, "uncertain")
        assert "did not say" in ended["result"]["detail"]
        entry = next(record for record in await post.state.activity.list() if record.operation == "send_letter")
        assert (entry.outcome, entry.status) == ("uncertain", 502)


async def test_changed_effect_needs_a_new_approval(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        old = await post.question()
        post.signature = "Eve"
        await post.approve()
        async with asyncio.timeout(60):
            while not (approval_requests := await post.state.context.approval_requests.list()):
                await asyncio.sleep(0.005)
        assert (await post.look(bot, approval))["status"] == "pending"
        assert approval_requests[0].id != old.id
        assert ("Signature", "Eve") in approval_requests[0].fields
        entry = next(record for record in await post.state.activity.list() if record.operation == "send_letter")
        assert (entry.outcome, "you are asked again" in entry.reason) == ("waiting", True)
        with pytest.raises(NotFound):  # a second click on what the person has seen says nothing about what they have not
            await post.state.context.approval_requests.approve(old.id)
        assert post.sent == []
        await post.approve()
        await post.wait_for(bot, approval, "done")
        assert post.sent == ["hi"]


def change_body(post, body: str) -> None:
    with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE)) as file:
        file.execute("UPDATE approval SET body = ?", (body.encode(),))
        file.commit()


@pytest.mark.parametrize("body", ['{"to": "ann", "text": "other"}', '{"to": 5}', "{"])
async def test_approval_does_not_run_a_replaced_call(opened, body: str) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        change_body(post, body)
        await post.approve()
        seen = await post.wait_for(bot, approval, "cancelled")
        assert (seen["reason"] != "", post.sent) == (True, [])


async def test_spelling_of_the_request_does_not_matter_for_the_approval(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        change_body(post, '{ "text":"hi", "token":"", "to":"\\u0061nn" }')
        await post.approve()
        await post.wait_for(bot, approval, "done")


CHANGES = {
    "scope": Change(scopes=frozenset({"read:mail"})),
    "deny": Change(policies={"send_letter": Policy.deny}),
}


@pytest.mark.parametrize("change", ["scope", "deny", "revoke", "renew", "all"])
async def test_revoked_permission_ends_the_approval_and_answers_its_call(opened, change: str) -> None:
    async with posting(opened) as post:
        bot, clients = await post.client(), post.state.clients
        call = asyncio.create_task(post.send(bot, wait=True))
        question = await post.question()
        if change in CHANGES:
            await clients.change("bot", CHANGES[change])
        elif change == "renew":
            await clients.renew_key("bot")
        else:
            await (clients.revoke("bot") if change == "revoke" else clients.revoke_all())
        answer = await call
        assert answer.status_code == (403 if change in CHANGES else 401)
        with pytest.raises(NotFound):
            await post.state.context.approval_requests.approve(question.id)
        assert (await post.state.approvals.find(question.id)).state == "cancelled"
        assert post.sent == []
        entry = (await post.state.activity.list())[-1]
        assert (entry.outcome, entry.reason != "Needs your approval.") == ("refused", True)


@pytest.mark.parametrize("change", ["scope", "deny", "revoke"])
async def test_guard_checks_again_just_before_the_call_runs(opened, change: str) -> None:
    async with posting(opened) as post:
        bot, clients = await post.client(), post.state.clients
        approval = await ask(post, bot)
        post.previewing.clear()
        post.hold_preview = asyncio.Event()
        await post.approve()
        await post.previewing.wait()
        await (clients.change("bot", CHANGES[change]) if change in CHANGES else clients.revoke("bot"))
        post.hold_preview.set()
        await post.state.runner.stop(20)
        assert ((await post.state.approvals.find(approval)).state, post.sent) == ("cancelled", [])


async def test_approval_is_refused_while_paused_and_stays_pending(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        await post.state.pause.begin(15)
        with pytest.raises(Unavailable, match="paused"):
            await post.approve()
        assert (await post.look(bot, approval))["status"] == "pending"
        assert (await post.send(bot, "more")).status_code == 503
        await post.state.pause.end()
        await post.approve()
        await post.wait_for(bot, approval, "done")


async def test_pause_between_approval_and_run_needs_another_approval(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        post.previewing.clear()
        post.hold_preview = asyncio.Event()
        await post.approve()
        await post.previewing.wait()
        await post.state.pause.begin(15)
        post.hold_preview.set()
        await post.state.runner.stop(20)
        seen = await post.look(bot, approval)
        assert (seen["status"], post.sent) == ("pending", [])
        assert (await post.question()).id == approval
        entry = next(record for record in await post.state.activity.list() if record.operation == "send_letter")
        assert (entry.outcome, "paused" in entry.reason) == ("waiting", True)


@pytest.mark.parametrize("between", ["paused", "changed"])
@pytest.mark.parametrize("extent", [ApprovalDuration.temporary, ApprovalDuration.recipients])
async def test_revoked_approval_removes_its_allowances_and_can_be_given_again(opened, between, extent) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.invite(bot, "ann", text="one")).json()["approval_id"]
        post.previewing.clear()
        post.hold_preview = asyncio.Event()
        await post.approve(extent)
        await post.previewing.wait()
        if between == "paused":
            await post.state.pause.begin(15)
        else:
            post.signature = "Eve"
        post.hold_preview.set()
        async with asyncio.timeout(60):
            while (await post.look(bot, approval))["status"] != "pending":
                await asyncio.sleep(0.005)
        await post.state.pause.end()
        assert (await post.invite(bot, "ann", text="two")).status_code == 202
        await post.state.context.approval_requests.approve((await post.state.context.approval_requests.list())[0].id, extent)
        await post.wait_for(bot, approval, "done")
        assert (await post.invite(bot, "ann", text="three")).status_code == 200
        assert post.sent == ["one", "three"]


async def test_failed_call_reports_its_failure(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        post.fail = Unavailable("The post office is closed.")
        await post.approve()
        seen = await post.wait_for(bot, approval, "failed")
        assert seen["result"]["detail"] == "The post office is closed."
        assert (await post.send(bot)).status_code == 503, "the same call has what the first one has"


async def test_approval_of_a_removed_operation_is_cancelled(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        post.state.inside.app = new_application("Without mail")
        await post.approve()
        seen = await post.wait_for(bot, approval, "cancelled")
        assert "nothing at this address" in seen["reason"]


async def test_call_running_at_a_crash_is_uncertain_and_never_repeated(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        post.hold = asyncio.Event()
        await post.approve()
        await post.wait_for(bot, approval, "running")
        await post.state.runner.stop(0)
    async with posting(opened) as post:
        await post.state.runner.resume()
        await post.state.runner.stop(20)
        seen = await post.look(bot, approval)
        assert (seen["status"], "Look whether it happened" in seen["reason"], post.sent) == ("uncertain", True, [])
        assert (await post.send(bot)).status_code == 409, "the same call is not run either"
        entry = next(record for record in await post.state.activity.list() if record.outcome == "uncertain")
        assert entry.operation == "send_letter"


async def test_end_that_cannot_be_stored_is_stored_as_soon_as_it_can(opened, monkeypatch, caplog) -> None:
    monkeypatch.setattr(service, "RETRY_SECONDS", 0.01)
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        await fill_disk(post.state, "UPDATE ON approval WHEN NEW.state = 'done'")
        approving = asyncio.create_task(post.approve())
        async with asyncio.timeout(60):
            while "could not be stored" not in caplog.text:
                await asyncio.sleep(0.005)
        await make_room(post.state)
        seen = await post.wait_for(bot, approval, "done")
        assert (seen["result"], post.sent) == ({"sent": 1}, ["hi"])
        await approving


async def test_approved_call_that_did_not_begin_runs_at_next_start(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = await ask(post, bot)
        waiting = await ask(post, bot, "waits")
        await post.state.runner.stop()
        await post.state.context.approval_requests.approve(approval)
    async with posting(opened) as post:
        assert (await post.look(bot, approval))["status"] == "pending"
        await post.state.runner.resume()
        await post.wait_for(bot, approval, "done")
        assert post.sent == ["hi"]
        assert (await post.look(bot, waiting))["status"] == "pending"
        await post.approve()
        await post.wait_for(bot, waiting, "done")


@pytest.mark.parametrize(("change", "state"), [("pause", "pending"), ("deny", "cancelled")])
async def test_change_while_an_approved_call_is_claimed_stops_it(opened, change: str, state: str) -> None:
    async with posting(opened) as post:
        approval = (await post.invite(await post.client(), "ann", text="hi")).json()["approval_id"]
        post.previewing.clear()
        post.hold_preview = asyncio.Event()
        await post.approve()
        await post.previewing.wait()
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE, isolation_level=None)) as other:
            if change == "deny":
                other.execute("""UPDATE client SET policies = '{"invite_people": "deny"}'""")
            other.execute("BEGIN IMMEDIATE")
            post.hold_preview.set()
            for _ in range(5):
                await asyncio.sleep(0)  # a turn of the loop: the call goes as far as to its row
            post.state.clients.on_change.clear()  # else the review cancels it, whatever the guard does
            await (post.state.pause.begin(15) if change == "pause" else post.state.clients.reload())
            other.execute("ROLLBACK")
        await post.state.runner.stop(20)
        assert ((await post.state.approvals.find(approval)).state, post.sent) == (state, [])
