"""Which processes Deskhand has started, so that it knows them again after it was stopped itself."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Float, Integer, MetaData, Table, Text, bindparam, delete, insert, select

from server.system.processes import Process

metadata = MetaData()
apps_process = Table(
    "apps_process",
    metadata,
    Column("app", Text, primary_key=True),
    Column("pid", Integer, primary_key=True),
    Column("started", Float, primary_key=True),
    Column("since", Text, nullable=False),
)
ADD = insert(apps_process)
FORGET = delete(apps_process).where(
    apps_process.c.app == bindparam("which"),
    apps_process.c.pid == bindparam("number"),
    apps_process.c.started == bindparam("moment"),
)
ALL = select(apps_process).order_by(apps_process.c.started)


@dataclass(frozen=True)
class Tracked:
    """A process that Deskhand started for an app. `since`: ISO 8601 in UTC."""

    app: str
    process: Process
    since: str


def add(connection: Connection, tracked: list[Tracked]) -> None:
    """Keep that these were started."""
    rows = [
        {"app": entry.app, "pid": entry.process.pid, "started": entry.process.started, "since": entry.since} for entry in tracked
    ]
    if rows:
        connection.execute(ADD, rows)


def forget(connection: Connection, tracked: list[Tracked]) -> None:
    """Forget those that have ended."""
    rows = [{"which": entry.app, "number": entry.process.pid, "moment": entry.process.started} for entry in tracked]
    if rows:
        connection.execute(FORGET, rows)


def read_all(connection: Connection) -> list[Tracked]:
    """Read the processes that have not ended, oldest first."""
    return [Tracked(row.app, Process(row.pid, row.started), row.since) for row in connection.execute(ALL)]
