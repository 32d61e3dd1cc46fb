"""Statements compiled once and run by the driver: SQLAlchemy prepares each call anew, which costs more than SQLite."""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection

Order = Callable[[Mapping[str, Any]], Any]  # the parameters as the driver takes them
Compiled = tuple[str, Order, dict[str, Any]]


class Prepared:
    """A statement whose parameters every call has. The values are those of the driver, also what it returns: no bool, no Enum."""

    def __init__(self, statement: ClauseElement) -> None:
        self.statement = statement
        self._compiled: dict[str, Compiled] = {}  # by the name of a dialect

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT, UPDATE or DELETE for each row."""
        if not rows:
            return
        text, order, constants = self._compile(connection, rows[0])
        if constants:
            rows = [{**constants, **row} for row in rows]
        connection.connection.cursor().executemany(text, list(map(order, rows)))

    def read(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Run a SELECT, or what has a RETURNING, and return its rows."""
        text, order, constants = self._compile(connection, values)
        return read_rows(connection, text, order({**constants, **values}))

    def _compile(self, connection: Connection, given: Collection[str]) -> Compiled:
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self.statement.compile(dialect=connection.dialect, column_keys=list(given))
            names = getattr(compiled, "positiontup", None)  # None where the driver takes parameters by their names
            constants = {key: value for key, value in compiled.params.items() if key not in given}  # such as that of LIMIT
            self._compiled[name] = (str(compiled), dict if names is None else take(names), constants)
        return self._compiled[name]


def read_rows(connection: Connection, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
    """Run a SELECT that is written for the driver, and return its rows."""
    cursor = connection.connection.cursor()
    cursor.execute(statement, values)
    return cast("list[tuple[Any, ...]]", cursor.fetchall())


def take(names: Sequence[str]) -> Order:
    """Make a function that takes values out of a mapping."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)
