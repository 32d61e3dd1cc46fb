from server.sdk.operation_changes import OperationChanges


async def test_changes_are_put_in_force_by_what_the_runtime_has_set():
    applied, changes = [], OperationChanges()
    await changes.refresh()

    async def apply():
        applied.append(1)

    changes.apply = apply
    await changes.refresh()
    assert applied == [1]
    assert changes.list_names() == set()
