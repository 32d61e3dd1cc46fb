import pytest
from sqlalchemy import func, select

from server.integrations.queue.store.retention import delete_ended
from server.integrations.queue.store.tables import answer
from tests.server.integrations.queue.queue_setup import opened

pytestmark = pytest.mark.anyio


async def test_oldest_prompts_are_deleted_at_most_so_many(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompts = [await room.submit(str(number)) for number in range(3)]
        for _ in prompts:
            await room.finish()
        room.clock.move(seconds=1)
        now = room.clock.now().timestamp()
        database = room.context.database
        first = await database.write(delete_ended, now, 2)
        assert first == [prompt.id for prompt in prompts[:2]]
        assert await database.read(lambda connection: connection.execute(select(func.count(answer.c.number))).scalar_one()) == 1
        assert await database.write(delete_ended, now - 10, 2) == []
        assert await database.write(delete_ended, now, 2) == [prompts[2].id]
