import pytest

from server.integrations.queue.models import PromptFilter
from server.integrations.queue.states import State, Status
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, opened

pytestmark = pytest.mark.anyio


async def test_list_is_of_the_client_newest_first_and_in_pages(tmp_path) -> None:
    async with opened(tmp_path) as room:
        mine = [(await room.submit(str(number))).id for number in range(5)]
        await room.submit(client=OTHER)
        first = await room.queue.list(PromptFilter(CLIENT.id, limit=3))
        second = await room.queue.list(PromptFilter(CLIENT.id, limit=3, cursor=first.next))
        assert [prompt.id for prompt in (*first.items, *second.items)] == mine[::-1]
        assert (first.total, second.next) == (5, None)
        assert (await room.queue.list(PromptFilter(cursor="no number"))).total == 6
        assert (await room.queue.list(PromptFilter(count=False))).total == 0


async def test_list_is_restricted_by_status_state_chat_text_and_death(tmp_path) -> None:
    async with opened(tmp_path) as room:
        done, cancelled, idle = await room.submit("50% done"), await room.submit("500 done", "a"), await room.submit("Third", "b")
        await room.finish("World")
        await room.queue.cancel(cancelled.id)
        for selection, expected in (
            (PromptFilter(status=Status.done), [done]),
            (PromptFilter(status=Status.failed), [cancelled]),
            (PromptFilter(status=Status.idle), [idle]),
            (PromptFilter(states=(State.done, State.idle)), [idle, done]),
            (PromptFilter(states=(State.idle,), status=Status.done), []),
            (PromptFilter(chat=cancelled.chat.id), [cancelled]),
            (PromptFilter(query="0% DONE"), [done]),
            (PromptFilter(dead=True), []),
            (PromptFilter(dead=False), [idle, cancelled, done]),
        ):
            page = await room.queue.list(selection)
            assert [prompt.id for prompt in page.items] == [prompt.id for prompt in expected], selection
            assert page.total == len(expected)
        assert (await room.queue.list(PromptFilter(status=Status.done))).items[0].response == "World"


async def test_list_shows_the_latest_answer_of_what_is_done(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit()
        await room.finish("First")
        await room.queue.replay(prompt.id)
        assert (await room.queue.list(PromptFilter())).items[0].response is None
        await room.finish("Second")
        assert (await room.queue.list(PromptFilter())).items[0].response == "Second"
