import time

from sqlalchemy import Connection, insert

from server.integrations.conversations.library.models import ChatFilter, ListPlace
from server.integrations.conversations.store import positions, tables
from tests.server.integrations.conversations.library_setup import START, Shelf

MANY = 100_000
LONGEST = 0.25  # seconds; it takes a tenth of that


def fill(connection: Connection) -> None:
    rows = [
        {"id": f"c{number}", "title": "Talk " * 20, "source": "chatgpt", "updated_at": START - number} for number in range(MANY)
    ]
    connection.execute(insert(tables.conversation), rows)


async def test_end_of_a_long_list_is_near(shelf: Shelf) -> None:
    await shelf.library.archive.write(fill)
    others = await shelf.library.archive.read(positions.list_places, ChatFilter(), 1_000, imported=False)

    def measure(connection: Connection) -> tuple[ListPlace | None, float]:
        begun = time.thread_time()  # of the processor, as others may be busy
        place = positions.find_place(connection, ChatFilter(), others, MANY, imported=True)
        return place, time.thread_time() - begun

    place, seconds = await shelf.library.archive.read(measure)
    assert place is not None
    assert place.updated_at == START - (MANY - 1_000)
    assert seconds < LONGEST


async def test_order_is_read_from_the_index_alone(shelf: Shelf) -> None:
    def explain(connection: Connection) -> str:
        texts = [
            str(each.compile(connection, compile_kwargs={"literal_binds": True})) for each in (positions.PLACES, positions.COUNT)
        ]
        return "".join(str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()) for text in texts)

    plan = await shelf.library.archive.read(explain)
    assert plan.count("COVERING INDEX chat_conversation_updated") == 2
    assert "TEMP B-TREE" not in plan
