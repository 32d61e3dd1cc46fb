from server.integrations.conversations.store.originals import read_original
from tests.server.integrations.conversations.stored import add_chat


async def test_original_is_read_as_it_was_stored(shelf):
    with_original = await shelf.context.archive.write(add_chat, "a", data=b"{}")
    without = await shelf.context.archive.write(add_chat, "b")
    stored = await shelf.context.archive.read(read_original, with_original)
    assert stored is not None
    assert stored != b"{}", "it is compressed"
    assert await shelf.context.archive.read(read_original, without) is None
