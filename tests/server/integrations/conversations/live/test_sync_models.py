from server.integrations.conversations.live.sync_models import ItemState, SyncRun, SyncState


def test_run_is_running_at_first() -> None:
    assert SyncRun(id="sync-1", client="").state is SyncState.running
    assert ItemState.waiting != ItemState.running
