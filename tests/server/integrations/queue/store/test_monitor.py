import pytest

from server.integrations.queue.models import PromptFailure
from server.integrations.queue.store import monitor
from server.integrations.queue.store.monitor import GROUPS, Selection
from tests.server.integrations.queue.queue_setup import OTHER, opened

pytestmark = pytest.mark.anyio


async def list_messages(room, offset=0, limit=100, **selection):
    rows, total = await room.context.database.read(monitor.list_page, Selection(**selection), offset, limit)
    return [row["message"] for row in rows], total


async def fill(room):
    """Fill a queue: one prompt in each group, and three that wait."""
    await room.submit("answered")
    await room.finish("It is a proof.")
    room.clock.move(seconds=1)
    cancelled = await room.submit("cancelled")
    await room.queue.cancel(cancelled.id)
    await room.submit("uncertain")
    await room.begin("lost")
    await room.queue.lose("lost")
    await room.submit("running")
    await room.begin("busy")
    await room.submit("dead")
    for _ in range(3):
        lease = await room.begin("weak")
        await room.queue.fail(lease.prompt.id, lease.token, PromptFailure("no_tab", "There was no tab.", sent=False))
        room.clock.move(hours=2)
    for name in ("first", "second", "third"):
        await room.submit(name, client=OTHER)


async def test_groups_have_their_prompts_in_their_order(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await fill(room)
        groups = {group: (await list_messages(room, group=group))[0] for group in GROUPS}
        assert groups == {
            "all": ["third", "second", "first", "dead", "running", "uncertain", "cancelled", "answered"],
            "waiting": ["first", "second", "third"],
            "running": ["running"],
            "uncertain": ["uncertain"],
            "done": ["answered"],
            "failed": ["dead", "cancelled"],
            "dead": ["dead"],
        }
        await room.queue.edit((await room.context.database.read(monitor.list_waiting))[2], priority=5)
        assert (await list_messages(room, group="waiting"))[0] == ["third", "first", "second"]


async def test_page_begins_at_its_offset_and_counts_all(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for number in range(5):
            await room.submit(f"prompt {number}")
        assert await list_messages(room, offset=1, limit=2) == (["prompt 3", "prompt 2"], 5)
        assert await list_messages(room, offset=9) == ([], 5)


async def test_text_is_looked_for_in_prompts_and_answers_as_it_is(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit("What is 100% sure?")
        await room.finish("A Proof is.")
        await room.submit("And 100 more?")
        assert (await list_messages(room, query="proof"))[0] == ["What is 100% sure?"]
        assert (await list_messages(room, query="100%"))[0] == ["What is 100% sure?"]


async def test_chat_narrows_the_list_and_is_listed_once_it_has_a_title(tmp_path) -> None:
    async with opened(tmp_path) as room:
        first = await room.submit("one", chat_id="abc")
        await room.submit("two", chat_id="abc")
        await room.submit("other")
        assert (await list_messages(room, chat=first.chat.id))[0] == ["two", "one"]
        assert await room.context.database.read(monitor.list_chats, 10) == []
        await room.finish(chat_id="abc", chat_title="Proofs")
        assert await room.context.database.read(monitor.list_chats, 10) == [{"id": first.chat.id, "title": "Proofs"}]
        assert await room.context.database.read(monitor.list_chats, 0) == []


async def test_long_message_is_cut_in_lists_which_have_its_sizes(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit("x" * 1000)
        await room.finish("y" * 300)
        [row], _ = await room.context.database.read(monitor.list_page, Selection(), 0, 10)
        assert (len(row["message"]), row["message_length"], row["response_length"]) == (monitor.EXCERPT, 1000, 300)
        assert row["client"] == "A program"
        assert await room.context.database.read(monitor.find_id, prompt.number) == prompt.id
        assert await room.context.database.read(monitor.find_id, 99) is None


async def test_dead_letters_are_discarded_and_stay_failed(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await fill(room)
        [dead] = await room.context.database.read(monitor.list_dead)
        assert await room.context.database.write(monitor.discard_dead) == 1
        assert await room.context.database.read(monitor.list_dead) == []
        assert (await room.queue.read(dead)).error_name == "no_tab"
