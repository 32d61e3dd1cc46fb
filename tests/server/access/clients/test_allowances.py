from dataclasses import replace

import pytest

from server.access.clients.allowances import Allowance
from server.access.clients.registry import Change, Policy
from server.core.errors import NotFound
from server.sdk.approval_requests import ApprovalDuration
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
def test_it_covers_those_whom_the_person_saw_and_nobody_else(recipients: tuple, covered: bool) -> None:
    assert TO_TWO.covers(recipients) is covered


def test_one_for_a_while_covers_everybody() -> None:
    assert replace(TO_TWO, extent=ApprovalDuration.quarter, recipients=()).covers(("eve@example.com",))


async def test_to_these_recipients_means_whoever_of_them_and_nobody_else(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.invite(bot, "Ann@Example.com", bcc=["bob@example.com"])
        assert (await post.question()).extents == (ApprovalDuration.once, ApprovalDuration.quarter, ApprovalDuration.recipients)
        await post.approve(ApprovalDuration.recipients)
        assert (await post.invite(bot, "ann@example.com", text="two")).status_code == 200
        assert (await post.last()).reason == "You allowed it to these recipients."
        assert (await post.invite(bot, "bob@example.com", "ann@example.com", text="three")).status_code == 200
        assert (await post.invite(bot, "ann@example.com", "eve@example.com")).status_code == 202
        assert (await post.invite(bot, "ann@example.com", bcc=["eve@example.com"])).status_code == 202
        assert (await post.invite(bot, text="to nobody")).status_code == 202
        assert (await post.send(bot)).status_code == 202, "another operation"
        assert (await post.invite(await post.client("other"), "ann@example.com")).status_code == 202, "another client"


async def test_two_yeses_to_two_people_are_none_to_both_at_once(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        for name in ("ann", "bob"):
            approval = (await post.invite(bot, name)).json()["approval_id"]
            await post.approve(ApprovalDuration.recipients)
            await post.wait_for(bot, approval, "done")
        assert (await post.invite(bot, "ann", "bob")).status_code == 202


async def test_for_a_while_is_fifteen_minutes_and_outlives_a_restart(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.invite(bot, "ann")
        await post.approve(ApprovalDuration.quarter)
    async with posting(opened) as post:
        assert (await post.invite(bot, "eve")).status_code == 200
        assert (await post.last()).reason == "You allowed it for 15 minutes."
        clock.move(minutes=15)
        assert (await post.invite(bot, "mallory")).status_code == 202


async def test_what_the_person_ends_holds_no_more_not_even_for_a_call_on_its_way(opened) -> None:
    async with posting(opened) as post:
        bot, allowances = await post.client(), post.state.approvals.allowances
        await post.send(bot)
        await post.approve(ApprovalDuration.quarter)
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


async def test_it_does_not_outweigh_a_scope_or_a_denial_or_a_pause(opened) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await post.send(bot)
        await post.approve(ApprovalDuration.quarter)
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
async def test_whoever_is_to_be_asked_about_again_is_asked_about_at_the_next_call(opened, policies: list[str]) -> None:
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
