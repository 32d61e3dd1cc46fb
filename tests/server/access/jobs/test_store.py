from dataclasses import replace

from server.access.jobs import store
from server.access.jobs.job import Job, State

JOB = Job("job-1", "", "read", "read slowly", State.running, "2026-01-01T12:00:00+00:00")


async def test_job_that_has_ended_is_not_changed_any_more(opened):
    async with opened() as state:
        client, _ = await state.clients.create("bot", frozenset(), {})
        job, database = replace(JOB, client_id=client.id), state.context.database
        await database.write(store.add, job, "", 10)
        ended = replace(job, state=State.done, ended_at=JOB.created_at, status=200, result='"hi"', progress=1.0)
        await database.write(store.end, ended)
        await database.write(store.end, replace(ended, state=State.failed))
        await database.write(store.cut_short, "2026-01-02", "2026-01-01")
        assert await database.read(store.find, "job-1", client.id) == ended
        assert await database.read(store.find, "job-1", "other") is None
        await database.write(store.cut_short, "2026-01-03", "2026-01-02")
        assert await database.read(store.find, "job-1", client.id) is None
