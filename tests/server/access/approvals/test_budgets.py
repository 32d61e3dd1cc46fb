import pytest

from server.access.clients.registry import Change, Policy
from server.sdk.approval_requests import ApprovalDuration
from tests.server.access.letters import posting


async def invite_all(post, bot, *groups: list[str]) -> list[int]:
    return [(await post.invite(bot, *people, text=str(number))).status_code for number, people in enumerate(groups)]


async def test_mail_beyond_the_daily_budget_is_asked_about_although_it_is_allowed(opened, clock) -> None:
    async with posting(opened, daily_mails=2) as post:
        bot, other = await post.client(invite_people="allow"), await post.client("other", invite_people="allow")
        assert await invite_all(post, bot, ["ann@x"], ["ann@x"], ["ann@x"]) == [200, 200, 202]
        assert (await post.last()).reason == "It has sent 2 emails within a day, so you are asked."
        assert await invite_all(post, other, ["ann@x"]) == [200]
        clock.move(days=1, seconds=1)
        assert await invite_all(post, bot, ["ann@x"], ["ann@x"]) == [200, 200]
        assert post.sent == ["0", "1", "0", "0", "1"]


async def test_approved_mail_counts_too(opened) -> None:
    async with posting(opened, daily_mails=1) as post:
        bot = await post.client()
        pending = (await post.invite(bot, "ann@x")).json()["approval_id"]
        await post.approve()
        await post.wait_for(bot, pending, "done")
        await post.state.clients.change("bot", Change(policies={"invite_people": Policy.allow}))
        assert (await post.invite(bot, "ann@x", text="2")).status_code == 202


async def test_many_new_recipients_within_an_hour_are_asked_about(opened, clock) -> None:
    async with posting(opened, hourly_new_recipients=3) as post:
        bot = await post.client(invite_people="allow")
        groups = (["a@x", "b@x"], ["A@x", "c@x"], ["a@x", "b@x", "c@x"], ["d@x"])
        assert await invite_all(post, bot, *groups) == [200, 200, 200, 202]
        assert (await post.last()).reason == "It writes to many people for the first time, so you are asked."
        clock.move(hours=1, seconds=1)
        assert await invite_all(post, bot, ["e@x"], [f"{number}@x" for number in range(3)]) == [200, 202]


@pytest.mark.parametrize("allowance", ["recipients", "temporary"])
async def test_budget_holds_also_for_what_was_allowed_by_a_question(opened, allowance: str) -> None:
    async with posting(opened, daily_mails=1) as post:
        bot = await post.client()
        pending = (await post.invite(bot, "ann@x")).json()["approval_id"]
        await post.approve(ApprovalDuration(allowance))
        await post.wait_for(bot, pending, "done")
        assert (await post.invite(bot, "ann@x", text="2")).status_code == 202


async def test_mail_that_reaches_nobody_else_has_no_budget(opened) -> None:
    async with posting(opened, daily_mails=0) as post:
        bot = await post.client(send_letter="allow")
        assert (await post.send(bot)).status_code == 200
