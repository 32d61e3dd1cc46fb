import pytest
from sqlalchemy import func, select

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.queue.models import Lane, PromptFile
from server.integrations.queue.store.retention import delete_ended
from server.integrations.queue.store.tables import attachment
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio
FILES = (PromptFile("a.txt", "text/plain", b"0123456789"), PromptFile("b.bin", "application/octet-stream", b"\x00\xff"))
ABLE = ("attachments",)


async def test_files_are_read_in_pieces_by_the_holder_of_the_lease(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit(attachments=FILES)
        lease = await room.queue.claim("browser", ABLE)
        assert lease is not None
        assert lease.prompt.attachments[0] == {"name": "a.txt", "content_type": "text/plain", "size": 10}
        pieces = [await room.queue.read_attachment(prompt.id, lease.token, 0, offset, 4) for offset in (0, 4, 8, 12)]
        assert pieces == [b"0123", b"4567", b"89", b""]
        assert await room.queue.read_attachment(prompt.id, lease.token, 1, 0, 4) == b"\x00\xff"
        with pytest.raises(NotFound):
            await room.queue.read_attachment(prompt.id, lease.token, 2, 0, 4)
        with pytest.raises(Conflict):
            await room.queue.read_attachment(prompt.id, lease.token - 1, 0, 0, 4)


async def test_prompt_with_files_waits_for_a_browser_that_attaches_them(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit(attachments=FILES)
        assert await room.queue.claim("old browser", ("find",)) is None
        assert await room.queue.next_claim_at(capabilities=("find",)) is None, "it would look again and again"
        assert await room.queue.next_claim_at(capabilities=ABLE) is not None
        assert await room.queue.claim("browser", ABLE) is not None


async def test_prompt_with_files_is_not_sent_to_the_api_without_them(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit(attachments=FILES)
        await room.queue.cancel(prompt.id)
        with pytest.raises(InvalidInput):
            await room.queue.replay(prompt.id, Lane.api)
        assert (await room.queue.replay(prompt.id)).attachments


async def test_files_are_deleted_with_their_prompt(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit(attachments=FILES)
        await room.queue.cancel(prompt.id)
        room.clock.move(seconds=1)
        database, count = room.context.database, select(func.count(attachment.c.place))
        assert await database.read(lambda connection: connection.scalar(count)) == len(FILES)
        assert await database.write(delete_ended, room.clock.now().timestamp(), 9) == [prompt.id]
        assert await database.read(lambda connection: connection.scalar(count)) == 0
