"""Jobs in the database."""

from dataclasses import asdict, fields

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.access.jobs.job import Job, State
from server.access.tables import job as table

ROW = [table.c[field.name] for field in fields(Job)]
BY_ID = select(*ROW).where(table.c.id == bindparam("id"), table.c.client_id == bindparam("client_id"))
ADD = insert(table)
END = update(table).where(table.c.id == bindparam("of"), table.c.state == State.running)
CUT_SHORT = update(table).where(table.c.state == State.running).values(state=State.uncertain, ended_at=bindparam("now"))
PRUNE = delete(table).where(table.c.ended_at < bindparam("until"))
NEWEST = (
    select(table.c.id).where(table.c.client_id == bindparam("of")).order_by(table.c.created_at.desc()).limit(bindparam("most"))
)
PRUNE_MANY = delete(table).where(
    table.c.client_id == bindparam("of"), table.c.state != State.running, table.c.id.not_in(NEWEST.scalar_subquery())
)


def add(connection: Connection, job: Job, until: str, most: int) -> None:
    """Add a job. Those that ended before a moment are forgotten, and the oldest of more than so many of its client."""
    connection.execute(ADD, asdict(job))
    connection.execute(PRUNE, {"until": until})
    connection.execute(PRUNE_MANY, {"of": job.client_id, "most": most})


def end(connection: Connection, job: Job) -> None:
    """Record the end of a job."""
    values = {"state": job.state, "ended_at": job.ended_at, "status": job.status, "result": job.result}
    connection.execute(END.values(**values, progress=job.progress, message=job.message), {"of": job.id})


def find(connection: Connection, job_id: str, client_id: str) -> Job | None:
    """Find a job of a client."""
    row = connection.execute(BY_ID, {"id": job_id, "client_id": client_id}).first()
    return Job(**{**row._asdict(), "state": State(row.state)}) if row else None


def cut_short(connection: Connection, now: str, until: str) -> None:
    """Mark the jobs that Deskhand's end interrupted, and forget those that ended before a moment."""
    connection.execute(PRUNE, {"until": until})
    connection.execute(CUT_SHORT, {"now": now})
