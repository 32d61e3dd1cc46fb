from datetime import timedelta

import pytest

from server.core.errors import NotFound
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, opened

pytestmark = pytest.mark.anyio


async def test_unknown_chat_id_makes_a_chat_once(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit(chat_id="old"), await room.submit(chat_id="old")
        new = await room.submit()
        assert first.chat == second.chat
        chats = await room.queue.chats(CLIENT.id)
        assert [(chat.id, chat.chat_id, chat.title) for chat in chats] == [
            (first.chat.id, "old", None),
            (new.chat.id, None, None),
        ]
        assert (await room.queue.find_chat("old", CLIENT.id)).id == first.chat.id
        for chat_id, client in (("old", OTHER.id), ("new", CLIENT.id)):
            with pytest.raises(NotFound):
                await room.queue.find_chat(chat_id, client)


async def test_chat_learns_its_id_and_title(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit()
        room.clock.move(seconds=5)
        await room.finish(chat_id="abc", chat_title="About it")
        [chat] = await room.queue.chats(CLIENT.id)
        assert (chat.chat_id, chat.title, (chat.updated_at - chat.created_at).total_seconds()) == ("abc", "About it", 5)
        await room.submit(chat_id="abc")
        await room.finish()
        assert (await room.queue.chats(CLIENT.id))[0].title == "About it", "a result that does not know it keeps it"


async def test_one_prompt_of_a_chat_is_sent_at_a_time_in_order(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompts = [await room.submit(str(number), "a", priority=number) for number in range(3)]
        for prompt in prompts:
            lease = await room.begin()
            assert lease.prompt.id == prompt.id
            assert await room.queue.claim("second") is None
            await room.queue.cancel(lease.prompt.id)


async def test_chat_is_one_for_all_clients(tmp_path) -> None:
    async with opened(tmp_path) as room:
        mine, others = await room.submit(chat_id="a"), await room.submit(chat_id="a", client=OTHER)
        assert mine.chat.id != others.chat.id
        assert (await room.begin()).prompt.id == mine.id
        assert await room.queue.claim("second") is None


async def test_new_chat_that_turns_out_to_be_a_known_one_is_one_at_a_time_too(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit("new")
        known = [await room.submit(text, "a", client=OTHER) for text in ("1", "2")]
        new = await room.begin()
        held = await room.claim()
        assert held.prompt.id == known[0].id
        await room.queue.replay((await room.finish_lease(new, chat_id="a")).id)
        assert await room.queue.claim("second") is None, "the chat is busy"
        await room.queue.cancel(held.prompt.id)
        assert (await room.claim()).prompt.id == known[1].id


async def test_chat_whose_id_changes_holds_nobody_up(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first, second = await room.submit("1", "a"), await room.submit("2", "a")
        others = await room.submit("3", "a", client=OTHER)
        busy = await room.submit("4", "b", client=OTHER)
        began, held = await room.begin(), await room.begin()
        assert (began.prompt.id, held.prompt.id) == (first.id, busy.id)
        await room.finish_lease(began, chat_id="b")
        assert (await room.claim()).prompt.id == others.id, "nothing else is in the old chat"
        assert await room.queue.claim("second") is None, "the new one is busy"
        await room.queue.cancel(held.prompt.id)
        assert (await room.claim()).prompt.id == second.id


async def test_client_cannot_hold_up_the_new_chat_of_another_by_its_number(tmp_path) -> None:
    async with opened(tmp_path) as room:
        later = room.clock.now() + timedelta(days=3_650)
        await room.submit("never", ":2", client=OTHER, not_before=later)
        mine = await room.submit("mine")
        assert mine.chat.id == 2
        lease = await room.claim()
        await room.queue.lose("browser")
        assert (lease.prompt.id, (await room.claim()).prompt.id) == (mine.id, mine.id)
