"""A row with every row that refers to it by a foreign key, and putting all of them back, if need be under other numbers.

The names of tables and columns are those of the database itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

Row = dict[str, Any]
Rows = list[Row]
Tree = list[tuple[str, Rows]]  # tables and their rows, each after the one that it refers to
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage != 0"
REFERENCES = 'SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)'
COLUMNS = "SELECT name, type, pk FROM pragma_table_info(?)"
AT_ONCE = 500


@dataclass(frozen=True)
class Reference:
    """A column that refers to that of another table."""

    table: str
    column: str
    target: str
    target_column: str


def list_references(connection: Connection) -> list[Reference]:
    """List the foreign keys of all tables."""
    tables = connection.exec_driver_sql(TABLES).scalars().all()
    return [
        Reference(table, column, target, target_column)
        for table in tables
        for target, column, target_column in connection.exec_driver_sql(REFERENCES, (table,))
    ]


def read_tree(connection: Connection, table: str, column: str, value: object) -> Tree:
    """Read a row and what refers to it."""
    references, tree = list_references(connection), [(table, read_rows(connection, table, column, [value]))]
    for target, rows in tree:
        for reference in references:
            if reference.target == target and reference.table not in dict(tree):
                values = [row[reference.target_column] for row in rows]
                tree.append((reference.table, read_rows(connection, reference.table, reference.column, values)))
    return [(name, rows) for name, rows in tree if rows]


def read_rows(connection: Connection, table: str, column: str, values: Sequence[object]) -> Rows:
    """Read the rows of a table with one of these values."""
    rows: Rows = []
    for start in range(0, len(values), AT_ONCE):
        some = tuple(values[start : start + AT_ONCE])
        places = ", ".join("?" * len(some))
        query = f'SELECT * FROM "{table}" WHERE "{column}" IN ({places})'  # noqa: S608, see above
        rows += [dict(row) for row in connection.exec_driver_sql(query, some).mappings()]
    return rows


def write_tree(connection: Connection, tree: Tree, number: Callable[[str, Sequence[int]], list[int] | None]) -> None:
    """Put rows back. A number that another row has by now is replaced, also where rows refer to it.

    `number(table, numbers)` returns the new numbers for all rows of a table, or None if it keeps those that are free.
    """
    references, changed = list_references(connection), dict[str, dict[int, int]]()
    for table, rows in tree:
        own = [reference for reference in references if reference.table == table]
        columns, key = read_columns(connection, table, {reference.column for reference in own})
        for row in rows:
            for reference in own:
                value: Any = row.get(reference.column)
                row[reference.column] = changed.get(reference.target, {}).get(value, value)
        if key:
            renumber(rows, key, number(table, [row[key] for row in rows]), changed.setdefault(table, {}))
        for row in rows:
            former: Any = row.get(key)
            if key and is_taken(connection, table, key, former):
                row[key] = None  # SQLite gives it the next one
            names = [name for name in columns if name in row]
            listed, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
            statement = f'INSERT INTO "{table}" ({listed}) VALUES ({places})'  # noqa: S608, see above
            made = connection.exec_driver_sql(statement, tuple(row[name] for name in names))
            if key and row[key] is None:
                changed[table][former] = int(made.lastrowid)


def read_columns(connection: Connection, table: str, referring: set[str]) -> tuple[list[str], str]:
    """Read the columns of a table, and which of them is a number of its own; empty if none is."""
    columns = connection.exec_driver_sql(COLUMNS, (table,)).all()
    keys = [name for name, kind, place in columns if place and kind.upper() == "INTEGER" and name not in referring]
    alone = len(keys) == 1 and sum(bool(place) for _, _, place in columns) == 1
    return [name for name, _, _ in columns], keys[0] if alone else ""


def renumber(rows: Rows, key: str, numbers: list[int] | None, changed: dict[int, int]) -> None:
    """Give rows new numbers, if there are any, and note which changed."""
    for row, new in zip(rows, numbers or [], strict=False):
        changed[row[key]] = row[key] = new


def is_taken(connection: Connection, table: str, key: str, value: object) -> bool:
    """Return whether a row has this number."""
    query = f'SELECT 1 FROM "{table}" WHERE "{key}" = ?'  # noqa: S608, see above
    return connection.exec_driver_sql(query, (value,)).first() is not None


def list_values(tree: Tree, table: str, column: str) -> Iterator[Any]:
    """List the values of a column in a tree."""
    return (row[column] for name, rows in tree if name == table for row in rows)
