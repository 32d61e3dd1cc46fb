import pytest
from sqlalchemy import event

from server.integrations.queue.models import PromptFilter
from server.integrations.queue.states import WAITING
from server.integrations.queue.store.places import count_ahead
from tests.server.integrations.queue.queue_setup import OTHER, opened

pytestmark = pytest.mark.anyio


async def test_places_of_many_are_those_of_each_and_take_one_query(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for number in range(12):
            client = {"client": OTHER} if number % 4 == 0 else {}
            await room.submit(str(number), f"chat-{number % 3}" if number % 2 else None, priority=number % 3, **client)
        await room.claim()
        await room.begin()
        waiting = (await room.queue.list(PromptFilter(states=WAITING, limit=50))).items

        def count(connection) -> tuple[dict[int, int], dict[int, int], int]:
            statements: list[str] = []
            event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))
            together = count_ahead(connection, waiting)
            used = len(statements)
            return together, {prompt.number: count_ahead(connection, [prompt])[prompt.number] for prompt in waiting}, used

        together, alone, used = await room.context.database.read(count)
        assert (together, used) == (alone, 1)
        assert (len(waiting), max(together.values())) == (11, 9)
