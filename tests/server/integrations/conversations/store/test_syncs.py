import pytest

from server.integrations.conversations.live.sync_models import FailedItem, SyncItem, SyncRun, SyncState
from server.integrations.conversations.store import syncs

pytestmark = pytest.mark.anyio
ITEMS = [SyncItem(chat="a"), SyncItem(chat="b"), SyncItem(chat="a")]


async def test_run_ends_once_and_gives_no_more_items(live) -> None:
    read, write = live.context.database.read, live.context.database.write
    await write(syncs.add, SyncRun(id="s", client="c1", total=2, started_at=1, state=SyncState.running), ITEMS)
    await write(syncs.end, "s", SyncState.cancelled, 5.0)
    await write(syncs.end, "s", SyncState.done, 9.0)
    run = await read(syncs.find, "s")
    assert (run.state, run.ended_at) == (SyncState.cancelled, 5.0)


async def test_interrupted_items_are_failed(live) -> None:
    read, write = live.context.database.read, live.context.database.write
    run = SyncRun(id="s", client="", state=SyncState.done)
    await write(syncs.add, run, ITEMS)
    assert await write(syncs.begin, "s", ITEMS[0])
    assert not await write(syncs.begin, "s", ITEMS[0])
    await write(syncs.fail_interrupted, "It stopped.")
    assert (await read(syncs.find, "s")).failed == (FailedItem(id="a", title="", reason="It stopped."),)
