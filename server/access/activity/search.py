"""Looking for calls in the activity: newest first, some thousand rows at a time, so that no look holds up another."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select

from server.access.activity.entry import Entry, Outcome
from server.access.tables import activity
from server.core.text import to_do

WINDOW = 5_000  # rows that one look passes over
PAYLOADS = (activity.c.arguments, activity.c.effect, activity.c.result)
RAN_BADLY = (Outcome.failed, Outcome.uncertain)
WRONG = 400  # from this status on an answer says what went wrong
WHY = case((activity.c.status >= WRONG, activity.c.result)).label("result")
LINE = [*(column for column in activity.c if column.name not in {"effect", "result"}), WHY]
BOUNDS = select(
    select(func.min(activity.c.id)).scalar_subquery().label("first"),
    select(func.max(activity.c.id)).scalar_subquery().label("last"),
)


@dataclass(frozen=True)
class Search:
    """What to look for; what is None or empty does not matter.

    `ids`: only these. `without`: not these. `text`: stands in the sentence, the names, the reason or the contents.
    `contents`: whether the found ones carry their effects and answers too; those that went wrong say why at any rate.
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
        """Put it into SQL."""
        columns, statement = activity.c, select(*(activity.c if self.contents else LINE))
        equal = {columns.client_name: self.client, columns.changes: self.changes}
        statement = statement.where(*(column == value for column, value in equal.items() if value is not None))
        within = {columns.outcome: self.outcomes or None, columns.operation: self.operations, columns.id: self.ids}
        statement = statement.where(*(column.in_(values) for column, values in within.items() if values is not None))
        if self.without:
            statement = statement.where(columns.id.not_in(self.without))
        if self.since:
            statement = statement.where(columns.at >= as_kept(self.since))
        if self.until:
            statement = statement.where(columns.at < as_kept(self.until))
        return statement.where(*(self._contains(word) for word in self.text.split()))

    def _contains(self, word: str) -> Any:
        """A word stands somewhere in the row. SQLite knows both cases of plain letters only; others are looked for in both."""
        columns, spelled = activity.c, {word, word.lower(), word.upper(), word.capitalize()} if not word.isascii() else {word}
        told = (columns.sentence, columns.client_name, columns.operation, columns.reason)
        return or_(
            *(columns.sentence.contains(one, autoescape=True) for one in to_do(word.lower())),
            *(column.contains(one, autoescape=True) for one in spelled for column in told),
            *(column.contains(in_json(one), autoescape=True) for one in spelled for column in PAYLOADS),
        )


@dataclass(frozen=True)
class Found:
    """What was found. `earlier`: the id from which to go on; None where the activity has been looked through to its beginning."""

    entries: list[Entry]
    earlier: int | None


@dataclass(frozen=True)
class Count:
    """How many calls there were; `changes`: those that changed something; `failed`: those that nobody knows the end of, too."""

    calls: int
    changes: int
    refused: int
    failed: int


def look_back(connection: Connection, search: Search, limit: int, before: int | None) -> Found:
    """Look through the next rows before an id, or the latest; `limit` of them are enough."""
    bounds = connection.execute(BOUNDS).one()
    if bounds.first is None:
        return Found([], None)
    top = min(before or bounds.last + 1, bounds.last + 1)
    floor = max(top - WINDOW, bounds.first) if search.ids is None else bounds.first
    statement = search.statement().where(activity.c.id >= floor, activity.c.id < top).order_by(activity.c.id.desc()).limit(limit)
    entries = [to_entry(row) for row in connection.execute(statement).mappings()]
    reached = entries[-1].id if len(entries) == limit else floor
    return Found(entries, reached if reached > bounds.first else None)


COUNT = select(
    func.count().label("calls"),
    func.count(case((activity.c.changes & (activity.c.outcome == Outcome.done), 1))).label("changes"),
    func.count(case((activity.c.outcome == Outcome.refused, 1))).label("refused"),
    func.count(case((activity.c.outcome.in_(RAN_BADLY), 1))).label("failed"),
)


def count_since(connection: Connection, since: datetime) -> Count:
    """Count the calls since a moment."""
    return Count(*connection.execute(COUNT.where(activity.c.at >= as_kept(since))).one())


def read_entry(connection: Connection, entry_id: int) -> Entry | None:
    """Read one with its contents."""
    row = connection.execute(select(activity).where(activity.c.id == entry_id)).mappings().first()
    return to_entry(row) if row else None


def to_entry(row: Any) -> Entry:
    """Make an entry of a row."""
    return Entry(**{**row, "outcome": Outcome(row["outcome"])})


def as_kept(moment: datetime) -> str:
    """A moment as the rows spell theirs; one without a zone is meant as this computer's clock shows it."""
    return moment.astimezone(UTC).isoformat()


def in_json(text: str) -> str:
    """A text as it stands inside of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
