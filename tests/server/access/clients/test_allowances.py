import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from server.access.clients.allowances import Allowance
from server.access.clients.registry import Change, Policy
from server.core.errors import NotFound
from server.sdk.approval_requests import ApprovalDuration
from server.storage.database import DATABASE_FILE
from tests.server.access.letters import posting

TO_TWO = Allowance("1", "bot", "send", ApprovalDuration.recipients, ("Ann@Example.com", "bob@example.com"), "2026", None)


@pytest.mark.parametrize(
    ("recipients", "covered"),
    [
        (("ann@example.com",), True),
        (("BOB@example.com", " ann@example.com"), True),
        (("ann@example.com", "eve@example.com"), False),
        (("ann@example.com.evil.net",), False),
        (("ann@example.com <eve@example.com>",), False),
        ((), False),
    ],
)
def test_allowance_covers_only_the_recipients_that_were_shown(recipients: tuple, covered: bool) -> None:
    assert TO_TWO.covers(recipients) is covered


def test_temporary_allowance_covers_every_recipient() -> None:
    assert replace(TO_TWO, extent=ApprovalDuration.temporary, recipients=()).covers(("eve@example.com",))


async def test_allowance_for_recipients_covers_any_subset_of_them_only(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.invite(bot, "Ann@Example.com", bcc=["bob@example.com"])
        assert (await post.question()).extents == (ApprovalDuration.once, ApprovalDuration.temporary, ApprovalDuration.recipients)
        await post.approve(ApprovalDuration.recipients)
        assert (await post.invite(bot, "ann@example.com", text="two")).status_code == 200
        assert (await post.last()).reason == "You allowed it to these recipients."
        assert (await post.invite(bot, "bob@example.com", "ann@example.com", text="three")).status_code == 200
        assert (await post.invite(bot, "ann@example.com", "eve@example.com")).status_code == 202
        assert (await post.invite(bot, "ann@example.com", bcc=["eve@example.com"])).status_code == 202
        assert (await post.invite(bot, text="to nobody")).status_code == 202
        assert (await post.send(bot)).status_code == 202, "another operation"
        assert (await post.invite(await post.client("other"), "ann@example.com")).status_code == 202, "another client"


async def test_two_allowances_of_two_recipients_do_not_cover_both_at_once(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        for name in ("ann", "bob"):
            approval = (await post.invite(bot, name)).json()["approval_id"]
            await post.approve(ApprovalDuration.recipients)
            await post.wait_for(bot, approval, "done")
        assert (await post.invite(bot, "ann", "bob")).status_code == 202


async def test_temporary_allowance_lasts_fifteen_minutes_and_survives_a_restart(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.invite(bot, "ann")
        await post.approve(ApprovalDuration.temporary)
    async with posting(opened) as post:
        assert (await post.invite(bot, "eve")).status_code == 200
        assert (await post.last()).reason == "You allowed it for 15 minutes."
        clock.move(minutes=15)
        assert (await post.invite(bot, "mallory")).status_code == 202


async def test_temporary_allowance_does_not_last_longer_because_the_clock_was_set_back(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.invite(bot, "ann@example.com")
        await post.approve(ApprovalDuration.temporary)
        assert (await post.invite(bot, "bob@example.com")).status_code == 200
        clock.move(hours=-2)
        assert (await post.invite(bot, "cy@example.com")).status_code == 202


async def test_ended_allowance_is_void_even_for_a_call_in_progress(opened) -> None:
    async with posting(opened) as post:
        bot, allowances = await post.client(), post.state.approvals.allowances
        await post.send(bot)
        await post.approve(ApprovalDuration.temporary)
        await post.state.runner.stop(20)
        client = await post.state.clients.show("bot")
        allowance = (await allowances.list(client.id))[0]
        begin = post.state.activity.begin

        async def end_first(*arguments):
            await allowances.end(client.id, allowance.id)
            return await begin(*arguments)

        post.state.activity.begin = end_first
        answer = await post.send(bot, "late")
        assert (answer.status_code, post.sent) == (403, ["hi"])
        assert await allowances.list(client.id) == []
        with pytest.raises(NotFound):
            await allowances.end(client.id, allowance.id)


async def test_allowance_does_not_override_scope_denial_or_pause(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.send(bot)
        await post.approve(ApprovalDuration.temporary)
        await post.state.runner.stop(20)
        await post.state.pause.begin(1)
        assert (await post.send(bot, "2")).status_code == 503
        await post.state.pause.end()
        await post.state.clients.change("bot", Change(policies={"send_letter": "deny"}))
        assert (await post.send(bot, "3")).status_code == 403
        await post.state.clients.change("bot", Change(frozenset(), {"send_letter": "ask"}))
        assert (await post.send(bot, "4")).status_code == 403
        assert post.sent == ["hi"]


@pytest.mark.parametrize("policies", [["ask"], ["deny", "ask"]])
async def test_changed_policy_ends_the_allowance(opened, policies: list[str]) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.invite(bot, "ann")).json()["approval_id"]
        await post.approve(ApprovalDuration.recipients)
        await post.wait_for(bot, approval, "done")
        assert (await post.invite(bot, "ann", text="two")).status_code == 200
        for policy in policies:
            await post.state.clients.change("bot", Change(policies={"invite_people": Policy(policy)}))
        assert (await post.invite(bot, "ann", text="three")).status_code == 202
        assert post.sent == ["", "two"]


async def test_allowance_with_the_former_name_of_a_duration_is_valid(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.send(bot)).json()["approval_id"]
        await post.approve(ApprovalDuration("quarter"))
        await post.wait_for(bot, approval, "done")
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE)) as file:
            assert file.execute("SELECT extent FROM allowance").fetchall() == [("temporary",)]
            file.execute("UPDATE allowance SET extent = 'quarter'")
            file.execute("UPDATE approval SET extent = 'quarter'")
            file.commit()
        assert (await post.state.approvals.find(approval)).extent is ApprovalDuration.temporary
        assert (await post.send(bot, "another")).status_code == 200


async def test_allowance_that_ends_while_the_row_is_written_is_void(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        approval = (await post.invite(bot, "ann", text="one")).json()["approval_id"]
        await post.approve(ApprovalDuration.temporary)
        await post.wait_for(bot, approval, "done")
        post.previewing.clear()
        post.hold_preview = asyncio.Event()
        call = asyncio.create_task(post.invite(bot, "ann", text="two"))
        await asyncio.wait_for(post.previewing.wait(), 60)
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.execute("UPDATE allowance SET ended_at = '2026-01-01'")
            post.hold_preview.set()
            for _ in range(20):  # the call finds the allowance, which is ended only with the COMMIT, and waits to begin
                await post.state.approvals.list_approved()
            other.execute("COMMIT")
        assert ((await call).status_code in {202, 403}, post.sent) == (True, ["one"])
