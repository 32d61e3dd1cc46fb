import pytest
from sqlalchemy import Boolean, Column, Integer, MetaData, NullPool, Table, Text, bindparam, create_engine, insert, select, update

from server.storage.prepared import Prepared

item = Table("item", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text), Column("open", Boolean))


@pytest.fixture
def connection():
    with create_engine("sqlite://", poolclass=NullPool).begin() as connection:
        item.metadata.create_all(connection)
        yield connection


def test_rows_are_stored_whatever_the_order_of_their_columns(connection) -> None:
    add = Prepared(insert(item))
    add.run(connection, [{"id": 1, "name": "a", "open": True}, {"open": False, "name": "b", "id": 2}])
    add.run(connection, [{"name": "c", "id": 3, "open": None}])
    add.run(connection, [])
    assert connection.execute(select(item).order_by(item.c.id)).all() == [(1, "a", True), (2, "b", False), (3, "c", None)]


def test_each_row_has_its_own_parameters(connection) -> None:
    Prepared(insert(item)).run(connection, [{"id": number, "name": "", "open": True} for number in (1, 2)])
    rename = Prepared(update(item).where(item.c.id == bindparam("which")).values(name=bindparam("called")))
    rename.run(connection, [{"which": 1, "called": "a"}, {"called": "b", "which": 2}])
    assert connection.execute(select(item.c.name).order_by(item.c.id)).scalars().all() == ["a", "b"]


def test_rows_are_read_with_the_values_of_the_driver(connection) -> None:
    Prepared(insert(item)).run(connection, [{"id": number, "name": "a", "open": number > 1} for number in (1, 2, 3)])
    find = Prepared(
        select(item.c.open, item.c.id).where(item.c.name == bindparam("called"), item.c.id > bindparam("least")).limit(2)
    )
    assert find.read(connection, called="a", least=0) == [(0, 1), (1, 2)]
    assert find.read(connection, least=1, called="a") == [(1, 2), (1, 3)]
    assert find.read(connection, called="b", least=0) == []


def test_returned_columns_of_a_change_are_read(connection) -> None:
    add = Prepared(insert(item).values(id=bindparam("number"), name="a").returning(item.c.id, item.c.name))
    assert add.read(connection, number=7) == [(7, "a")]
