"""Statements for many rows: compiled once, as SQLAlchemy prepares the values of each row anew, which costs more than SQLite."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, Connection


class Prepared:
    """An INSERT, UPDATE or DELETE with parameters that every row has. The values are those of the driver."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Callable[[Any], Any], dict[str, Any]]] = {}  # by the name of a dialect

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each row."""
        if not rows:
            return
        name = connection.dialect.name
        if name not in self._compiled:
            compiled = self._statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
            names = getattr(compiled, "positiontup", None)  # None where the driver takes parameters by their names
            constants = {key: value for key, value in compiled.params.items() if key not in rows[0]}  # such as that of LIMIT
            self._compiled[name] = (str(compiled), itemgetter(*names) if names else dict, constants)
        text, order, constants = self._compiled[name]
        connection.exec_driver_sql(text, [order({**constants, **row}) for row in rows])
