from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from server.integrations.conversations.store.live import claim_thread
from server.integrations.conversations.store.openai_deletions import MOST, add, finish, list_due, postpone
from server.integrations.conversations.store.tables import metadata


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_orders_are_carried_out_in_turn_each_once(connection):
    add(connection, ["conv_2", "", "conv_2"], now=1, not_before=20)
    add(connection, ["conv_1", "conv_2"], now=1, not_before=10)
    assert [order.thread_id for order in list_due(connection, 10)] == ["conv_1"]
    assert [order.thread_id for order in list_due(connection, 20)] == ["conv_1", "conv_2"]
    postpone(connection, "conv_1", 30, "OpenAI is out of reach.")
    finish(connection, "conv_2")
    assert list_due(connection, 29) == []
    assert [(order.thread_id, order.attempts) for order in list_due(connection, 30)] == [("conv_1", 1)]


def test_orders_in_a_row_are_limited(connection):
    add(connection, map(str, range(MOST + 5)), now=1, not_before=1)
    assert len(list_due(connection, 1)) == MOST


async def test_second_conversation_of_a_chat_is_deleted_at_openai(live):
    chat, _ = await live.chats.create("1", "Two came")
    claimed = [await live.context.database.write(claim_thread, chat.id, thread, "m1", 5) for thread in ("conv_a", "conv_b")]
    claimed.append(await live.context.database.write(claim_thread, "unknown", "conv_c", "m1", 5))
    assert claimed == ["conv_a", "conv_a", ""]
    assert [order.thread_id for order in await live.context.database.read(list_due, 5)] == ["conv_b", "conv_c"]
