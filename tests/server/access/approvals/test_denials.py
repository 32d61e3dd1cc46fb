from functools import partial

from server.sdk.desktop import SHOW_NOTIFICATION, NoScreen
from tests.server.access.letters import posting


class RecordingScreen(NoScreen):
    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def notify(self, title: str, text: str) -> None:
        self.shown.append((title, text))


async def deny_some(post, bot, count: int, text: str = "") -> None:
    for number in range(count):
        assert (await post.send(bot, f"{text}{number}")).status_code == 202
        await post.deny()


async def test_client_is_delayed_after_three_denials_in_a_row_and_longer_after_each_more(opened, clock) -> None:
    async with posting(opened) as post:
        bot, other = await post.client(), await post.client("other")
        await deny_some(post, bot, 3)
        refused = await post.send(bot, "again")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert "denied the last 3 requests" in refused.json()["detail"]
        assert (await post.send(other)).status_code == 202
        await post.deny()
        clock.move(seconds=31)
        assert (await post.send(bot, "again")).status_code == 202
        await post.deny()
        assert (await post.send(bot, "and again")).headers["retry-after"] == "60"
        clock.move(days=1, seconds=1)
        assert (await post.send(bot, "tomorrow")).status_code == 202


async def test_approval_ends_the_row_of_denials(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await deny_some(post, bot, 2)
        clock.move(seconds=1)
        pending = (await post.send(bot, "yes")).json()["approval_id"]
        await post.approve()
        await post.wait_for(bot, pending, "done")
        clock.move(seconds=1)
        await deny_some(post, bot, 2, "later")
        assert (await post.send(bot, "more")).status_code == 202


async def test_requests_of_a_denied_client_share_one_notification(opened, clock) -> None:
    screen = RecordingScreen()
    async with posting(partial(opened, screen=screen)) as post:
        bot, other = await post.client(), await post.client("other")
        await deny_some(post, bot, 3)
        clock.move(seconds=31)
        for number in range(4):
            assert (await post.send(bot, f"again {number}")).status_code == 202
        assert (await post.send(other, "mine")).status_code == 202
        await post.state.context.tasks.wait(SHOW_NOTIFICATION)
        assert len(screen.shown) == 3 + 1 + 1
        assert len(await post.state.context.approval_requests.list()) == 5


async def test_client_is_not_delayed_for_longer_if_the_clock_is_set_back(opened, clock) -> None:
    async with posting(opened) as post:
        bot = await post.client()
        await deny_some(post, bot, 3)
        clock.move(hours=-1)
        assert (await post.send(bot, "again")).status_code == 202
