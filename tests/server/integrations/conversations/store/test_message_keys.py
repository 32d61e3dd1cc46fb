from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, NullPool, create_engine, insert

from server.integrations.conversations.store import tables
from server.integrations.conversations.store.message_keys import PER_SECOND, allocate_keys, first_key

SECOND = 1_760_000_000


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://", poolclass=NullPool).begin() as connection:
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.conversation), {"id": "c", "source": "chatgpt"})
        yield connection


def store(connection: Connection, keys: list[int]) -> None:
    shared = {"conversation": 1, "role": "user", "kind": "text", "text": ""}
    connection.execute(insert(tables.message), [{"key": key, "id": str(key), **shared} for key in keys])


def test_keys_are_in_the_order_of_time_and_equal_times_in_that_of_messages(connection: Connection) -> None:
    keys = allocate_keys(connection, [SECOND + 1, SECOND, SECOND + 1])
    assert keys == [first_key(SECOND + 1), first_key(SECOND), first_key(SECOND + 1) + 1]


def test_taken_keys_are_not_allocated_again(connection: Connection) -> None:
    store(connection, allocate_keys(connection, [SECOND] * 3))
    assert allocate_keys(connection, [SECOND] * 2) == [first_key(SECOND) + 3, first_key(SECOND) + 4]


def test_thousands_of_messages_in_one_second(connection: Connection) -> None:
    store(connection, allocate_keys(connection, [SECOND + 1]))
    for _ in range(4):
        keys = allocate_keys(connection, [SECOND] * 1_000)
        assert min(keys) >= first_key(SECOND)
        store(connection, keys)  # no key twice, or it fails
    assert allocate_keys(connection, [SECOND + 1]) == [first_key(SECOND) + 4_001]


def test_same_messages_get_the_same_keys(connection: Connection) -> None:
    seconds = [SECOND + number % 7 for number in range(1_000)]
    keys = allocate_keys(connection, seconds)
    assert keys == allocate_keys(connection, seconds)
    assert all(key // PER_SECOND - second < 30 for key, second in zip(keys, seconds, strict=True))


def test_keys_are_positive(connection: Connection) -> None:
    assert min(allocate_keys(connection, [0, 0])) > 0
    assert first_key(0) == 1
