import asyncio
import logging
import threading

import pytest

from server.core.tasks import Tasks, run_to_end
from tests.server.listening import until


@pytest.fixture
def tasks():
    return Tasks()


async def fail():
    raise OSError("no room")


async def test_failing_task_is_reported_and_ends_no_other(tasks, caplog):
    release = asyncio.Event()
    other = tasks.start(release.wait(), name="wait")
    tasks.start(fail(), name="store the count")
    await until(lambda: tasks.problem is not None)
    assert tasks.problem == "Deskhand could not store the count. Its log says why."
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "Deskhand could not store the count.")
    ]
    assert "no room" in caplog.text
    release.set()
    assert await other
    await tasks.start(asyncio.sleep(0), name="store the count")
    assert tasks.problem is None


async def test_closing_cancels_and_awaits_every_task(tasks):
    ended = []

    async def start_another():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tasks.start(asyncio.Event().wait(), name="wait")
            ended.append(True)

    first = tasks.start(start_another(), name="wait")
    await asyncio.sleep(0)
    before = asyncio.all_tasks() - {first}
    await tasks.close()
    assert ended == [True]
    assert asyncio.all_tasks() == before
    assert tasks.problem is None


async def test_repeated_job_continues_after_a_failure(tasks):
    runs = []

    async def job():
        runs.append(tasks.problem)
        if len(runs) == 1:
            raise ValueError

    task = tasks.repeat(job, lambda: 0, name="remove old rows")
    await until(lambda: len(runs) > 2)
    task.cancel()
    assert runs[:3] == [None, "Deskhand could not remove old rows. Its log says why.", None]


@pytest.mark.parametrize("abandon", [False, True])
async def test_cancelled_caller_leaves_the_task_running_unless_it_is_abandoned(tasks, abandon):
    started, release, ended = asyncio.Event(), asyncio.Event(), []

    async def change():
        started.set()
        await release.wait()
        ended.append(True)

    caller = asyncio.create_task(tasks.complete(change(), name="change", abandon=abandon))
    await started.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    release.set()
    assert await tasks.wait("change", 5) == set()
    assert ended == ([] if abandon else [True])


async def test_failure_of_an_awaited_task_is_raised_and_not_reported(tasks, caplog):
    with pytest.raises(OSError, match="no room"):
        await tasks.complete(fail(), name="change")
    assert tasks.problem is None
    assert not caplog.records


async def test_waiting_is_limited_and_returns_the_tasks_that_still_run(tasks):
    task = tasks.start(asyncio.Event().wait(), name="change")
    tasks.start(asyncio.Event().wait(), name="other")
    assert await tasks.wait("change", 0.01) == {task}
    assert await tasks.wait("none") == set()
    await tasks.close()


async def test_blocking_work_is_awaited_to_its_end_although_it_is_cancelled():
    started, released, cancelled = threading.Event(), threading.Event(), threading.Event()

    def work():
        started.set()
        assert released.wait(60)

    running = asyncio.create_task(run_to_end(work, cancelled.set))
    assert await asyncio.to_thread(started.wait, 60)
    running.cancel()
    await until(cancelled.is_set)
    assert not running.done()
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await running
