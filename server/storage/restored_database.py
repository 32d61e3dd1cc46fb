"""Checks of a database from elsewhere: it has the tables that Deskhand makes, and in them values that Deskhand writes.

One row that cannot be read would keep everything from starting.
"""

import json
import re
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from server.core.rates import is_rate

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage != 0 AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
DEFINITIONS = "SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name"
REFERENCES = 'SELECT "table" FROM pragma_foreign_key_list(?)'
COLUMNS = "SELECT name, upper(type) FROM pragma_table_info(?)"
KINDS = {"TEXT": str, "BLOB": bytes, "INTEGER": int, "BOOLEAN": int, "FLOAT": (float, int), "REAL": (float, int)}
POLICIES = {"allow", "ask", "deny"}
OUTCOMES = {"waiting", "running", "done", "failed", "refused", "repeated", "uncertain"}
EXTENTS = {"temporary", "quarter", "recipients", "always", "once"}
ENDPOINTS = {"enabled", "disabled", "unconfirmed"}
DELIVERIES = {"waiting", "delivered", "dead"}
MOMENTS = re.compile(r"(?:\w+_)?at|until")
OF_ACCESS = {"client", "api_key", "client_use", "activity", "allowance", "outgoing", "recipient"}
LONGEST_NAME = 200
INDEX = re.compile(r"CREATE VIRTUAL TABLE \S+ USING fts5\s*\(", re.IGNORECASE)
Column = tuple[str, str]


def is_list(value: str) -> bool:
    """Return whether a value is a list of strings, as JSON."""
    items = json.loads(value)
    return isinstance(items, list) and all(isinstance(item, str) for item in items)


def is_policies(value: str) -> bool:
    """Return whether a value is an object of policies, as JSON."""
    policies = json.loads(value)
    return isinstance(policies, dict) and all(isinstance(policy, str) and policy in POLICIES for policy in policies.values())


def is_object(value: str) -> bool:
    """Return whether a value is an object, as JSON."""
    return isinstance(json.loads(value), dict)


def is_moment(value: str) -> bool:
    """Return whether a value is a time (ISO 8601) with its zone."""
    return datetime.fromisoformat(value).tzinfo is not None


VALUES: dict[tuple[str, str], Callable[[str], bool]] = {
    ("client", "scopes"): is_list,
    ("client", "policies"): is_policies,
    ("client", "rate"): is_rate,
    ("activity", "outcome"): OUTCOMES.__contains__,
    ("activity", "arguments"): is_object,
    ("activity", "effect"): is_object,
    ("allowance", "recipients"): is_list,
    ("allowance", "extent"): EXTENTS.__contains__,
    ("oauth_client", "redirect_uris"): is_list,
    ("oauth_client", "callbacks"): is_list,
    ("webhook_endpoint", "kind"): {"person", "request"}.__contains__,
    ("webhook_endpoint", "state"): ENDPOINTS.__contains__,
    ("webhook_delivery", "state"): DELIVERIES.__contains__,
}


def has_foreign_objects(connection: sqlite3.Connection) -> bool:
    """Return whether there are triggers, views or virtual tables other than full-text indexes."""
    every = connection.execute("SELECT sql FROM sqlite_master WHERE type NOT IN ('table', 'index') OR rootpage = 0")
    return any(not INDEX.match(sql or "") for (sql,) in every)


def require_own_content(path: Path, make: Callable[[Path], None]) -> None:
    """Raises ValueError for a table or a value that Deskhand would not have written. `make` makes a database as it should be."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / "made.db"
        make(made)
        with closing(sqlite3.connect(made)) as connection:
            expected, indexes, ours = read_tables(connection), read_indexes(connection), read_definitions(connection)
    with closing(sqlite3.connect(path)) as connection:
        if read_indexes(connection) != indexes:
            raise ValueError("another full-text index")
        theirs = read_definitions(connection)
        for table, columns in expected.items():
            if theirs.get(table) != ours[table]:
                raise ValueError(table)
            require_values(connection, table, columns)
        for table in theirs.keys() - expected.keys():  # an integration that is gone refers to its own tables only
            if any(name.lower() in expected for (name,) in connection.execute(REFERENCES, (table,))):
                raise ValueError(table)


def find_check(table: str, column: str) -> Callable[[str], bool] | None:
    """Find the check of the values of a column."""
    is_time = MOMENTS.fullmatch(column) and (table in OF_ACCESS or table.startswith("oauth_"))
    return VALUES.get((table, column), is_moment if is_time else None)


def read_tables(connection: sqlite3.Connection) -> dict[str, list[Column]]:
    """Read the columns of every table with their types."""
    names = [name for (name,) in connection.execute(TABLES)]
    return {name: connection.execute(COLUMNS, (name,)).fetchall() for name in names}


def read_definitions(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Read the definitions of each table and its indexes, without white space: a constraint could keep a key from its end."""
    definitions: dict[str, list[str]] = {}
    for table, sql in connection.execute(DEFINITIONS):
        definitions.setdefault(table, []).append("".join(sql.split()))
    return definitions


def read_indexes(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Read the declarations of the full-text indexes."""
    return set(connection.execute("SELECT name, sql FROM sqlite_master WHERE rootpage = 0"))


def require_values(connection: sqlite3.Connection, table: str, columns: Sequence[Column]) -> None:
    """Raises ValueError for a value of another kind, or one that does not fit. The names are those of our own migrations."""
    checks: list[tuple[Any, Callable[[str], bool] | None]] = [
        (KINDS.get(kind, object), find_check(table, name)) for name, kind in columns
    ]
    names = ", ".join(f'"{name}"' for name, _ in columns)
    for row in connection.execute(f'SELECT {names} FROM "{table}"'):  # noqa: S608, see above
        for value, (kind, fits) in zip(row, checks, strict=True):
            if value is not None and (not isinstance(value, kind) or (fits and not fits(value))):
                raise ValueError(str(value)[:LONGEST_NAME])
