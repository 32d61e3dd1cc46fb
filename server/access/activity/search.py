"""Search in the activity: newest first, some thousand rows at a time, so that no search holds up another."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select

from server.access.activity.entry import Entry, Outcome
from server.access.tables import activity
from server.core.sentences import from_text

WINDOW = 5_000  # rows that are searched in one transaction
PAYLOADS = (activity.c.arguments, activity.c.effect, activity.c.result)
RAN_BADLY = (Outcome.failed, Outcome.uncertain)
ERROR = case((activity.c.status >= 400, activity.c.result)).label("result")
LINE = [*(column for column in activity.c if column.name not in {"effect", "result"}), ERROR]
BOUNDS = select(
    select(func.min(activity.c.id)).scalar_subquery().label("first"),
    select(func.max(activity.c.id)).scalar_subquery().label("last"),
)


@dataclass(frozen=True)
class Search:
    """Search criteria; None and empty ones match everything.

    `ids`: only these. `without`: not these. `text`: words in the sentence, the names, the reason or the contents.
    `contents`: whether the entries include their effects and answers; those that failed always include the error.
    """

    client: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    changes: bool | None = None
    operations: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    ids: tuple[int, ...] | None = None
    without: tuple[int, ...] = ()
    contents: bool = True

    def statement(self) -> Select[Any]:
        """SELECT statement for these criteria."""
        columns, statement = activity.c, select(*(activity.c if self.contents else LINE))
        equal = {columns.client_name: self.client, columns.changes: self.changes}
        statement = statement.where(*(column == value for column, value in equal.items() if value is not None))
        within = {columns.outcome: self.outcomes or None, columns.operation: self.operations, columns.id: self.ids}
        statement = statement.where(*(column.in_(values) for column, values in within.items() if values is not None))
        if self.without:
            statement = statement.where(columns.id.not_in(self.without))
        if self.since:
            statement = statement.where(columns.at >= to_utc(self.since))
        if self.until:
            statement = statement.where(columns.at < to_utc(self.until))
        return statement.where(*(self._contains(word) for word in self.text.split()))

    def _contains(self, word: str) -> Any:
        """Condition: the word is somewhere in the row. SQLite ignores case in ASCII only; others are searched in each case."""
        columns, spellings = activity.c, {word, word.lower(), word.upper(), word.capitalize()} if not word.isascii() else {word}
        plain = (columns.sentence, columns.client_name, columns.operation, columns.reason)
        escaped = [json.dumps(text, ensure_ascii=False)[1:-1] for text in spellings]
        return or_(
            *(column.contains(text, autoescape=True) for text in spellings for column in plain),
            *(column.contains(text, autoescape=True) for text in escaped for column in PAYLOADS),
        )


@dataclass(frozen=True)
class Page:
    """Matching entries. `earlier`: the id from which to continue; None if the search has reached the first row."""

    entries: list[Entry]
    earlier: int | None


@dataclass(frozen=True)
class Count:
    """Numbers of calls. `changes`: those that changed something; `failed`: also those whose outcome is uncertain."""

    calls: int
    changes: int
    refused: int
    failed: int


def read_page(connection: Connection, search: Search, limit: int, before: int | None) -> Page:
    """Search the next rows before an id, or the latest, for at most `limit` entries."""
    bounds = connection.execute(BOUNDS).one()
    if bounds.first is None:
        return Page([], None)
    top = min(before or bounds.last + 1, bounds.last + 1)
    floor = max(top - WINDOW, bounds.first) if search.ids is None else bounds.first
    statement = search.statement().where(activity.c.id >= floor, activity.c.id < top).order_by(activity.c.id.desc()).limit(limit)
    entries = [to_entry(row) for row in connection.execute(statement).mappings()]
    reached = entries[-1].id if len(entries) == limit else floor
    return Page(entries, reached if reached > bounds.first else None)


COUNT = select(
    func.count().label("calls"),
    func.count(case((activity.c.changes & (activity.c.outcome == Outcome.done), 1))).label("changes"),
    func.count(case((activity.c.outcome == Outcome.refused, 1))).label("refused"),
    func.count(case((activity.c.outcome.in_(RAN_BADLY), 1))).label("failed"),
)


def count_since(connection: Connection, since: datetime) -> Count:
    """Count the calls since a moment."""
    return Count(*connection.execute(COUNT.where(activity.c.at >= to_utc(since))).one())


def read_entry(connection: Connection, entry_id: int) -> Entry | None:
    """Read an entry with its contents."""
    row = connection.execute(select(activity).where(activity.c.id == entry_id)).mappings().first()
    return to_entry(row) if row else None


def to_entry(row: Any) -> Entry:
    """Make an entry of a row."""
    return Entry(**{**row, "outcome": Outcome(row["outcome"]), "sentence": from_text(row["sentence"])})


def to_utc(moment: datetime) -> str:
    """Moment as stored: ISO 8601, UTC. One without a zone is local time."""
    return moment.astimezone(UTC).isoformat()
