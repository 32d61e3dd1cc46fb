import pytest

from server.integrations.conversations.live.operation_models import SyncOrder
from server.sdk.operation import current_call
from tests.server.integrations.conversations.library_setup import Said, store

pytestmark = pytest.mark.anyio


class Caller:
    client_id = "c1"


async def test_effect_has_the_counts_and_the_run_is_the_clients(live) -> None:
    for number in range(2):
        await live.chats.create("1", f"Chat {number}")
    effect = await live.service.sync_operations.preview_sync(None)
    assert (str(effect.sentence), dict(effect.fields)["Conversations held here"]) == ("copy 2 conversations to OpenAI", "2")
    token = current_call.set(Caller())
    try:
        accepted = await live.service.sync_operations.sync_chats(SyncOrder())
        assert (accepted.status, accepted.message) == ("accepted", "Sync started in background")
        assert accepted.poll == f"/api/v1/openai/sync/{accepted.job_id}"
        assert (await live.service.sync_operations.read_sync(accepted.job_id)).data.total == 2
        assert (await live.service.sync_operations.cancel_sync(accepted.job_id)).data.state in {"cancelled", "done"}
    finally:
        current_call.reset(token)


async def test_effect_names_each_conversation_and_changes_with_them(live) -> None:
    first, _ = await live.chats.create("1", "First")
    await live.context.archive.write(store, "imported", [Said("Old")], {"source": "chatgpt", "title": "Old\none"})
    preview, order = live.service.sync_operations.preview_sync, SyncOrder(imported=["imported"])
    before = await preview(order)
    titles = {name: value for name, value in before.fields if name.endswith("titles")}
    assert titles == {"Conversations held here: titles": "First", "Imported conversations: titles": "Old one"}
    await live.service.deletion.delete(first.id)
    await live.chats.create("1", "First")
    after = await preview(order)
    assert (before.fields, before.seal != after.seal) == (after.fields, True)
