"""Calls that take longer than their client waits, behind the real guard and the real database."""

import asyncio
import sqlite3
import threading
import time
from contextlib import asynccontextmanager, closing
from typing import Annotated

import pytest
from fastapi import Query

from server.access.jobs import service
from server.access.jobs.job import SECTION, JobSettings
from server.core.errors import UpstreamFailed
from server.sdk.operation import Effect, Operations
from server.sdk.progress import report_progress
from server.storage.database import DATABASE_FILE
from tests.server.access.letters import posting

Text = Annotated[str, Query()]
GO_ON = {"status": "running", "summary": "read slowly", "poll": "/jobs/{}"}


def make_slow_router(post):
    slow = Operations(prefix="/slow", title="Slow")

    async def preview(text: Text) -> Effect:
        return Effect(f"write {text}")

    async def take_long(text):
        report_progress(0.5, "half of it")
        if post.hold:
            await post.hold.wait()
        if post.fail:
            raise post.fail
        post.sent.append(text)
        return text * 50_000 if text == "漢" else text

    @slow.operation("GET", "", scope="read:mail", long=True)
    async def read_slowly(text: Text) -> str:
        """Read slowly."""
        return await take_long(text)

    @slow.operation("POST", "", scope="write:mail", preview=preview, long=True)
    async def write_slowly(text: Text) -> str:
        """Write slowly."""
        return await take_long(text)

    return slow


@asynccontextmanager
async def slowly(opened, **settings):
    async with posting(opened) as post:
        post.state.inside.app.include_router(make_slow_router(post))
        post.hold = asyncio.Event()
        await post.state.context.settings.write(SECTION, JobSettings(**({"wait_seconds": 0.2} | settings)))
        yield post


async def start(post, bot, method="GET", text="hi", **headers):
    return await post.http.request(method, f"/slow?text={text}", headers={**bot, **headers})


async def look(post, bot, answer, method="GET"):
    return (await post.http.request(method, answer.json()["poll"], headers=bot)).json()


async def wait_for_end(post, bot, answer):
    async with asyncio.timeout(60):
        while (seen := await look(post, bot, answer))["status"] == "running":
            await asyncio.sleep(0.005)
    return seen


@pytest.mark.parametrize(("method", "operation"), [("GET", "read_slowly"), ("POST", "write_slowly")])
async def test_call_that_takes_long_becomes_a_job_and_is_one_row(opened, method, operation):
    async with slowly(opened) as post:
        bot = await post.client(write_slowly="allow")
        answer = await start(post, bot, method)
        assert (answer.status_code, answer.json()["status"]) == (202, "running")
        seen = await look(post, bot, answer)
        assert (seen["status"], seen["progress"], seen["message"], "result" in seen) == ("running", 0.5, "half of it", False)
        assert not [
            entry for entry in await post.state.activity.list() if entry.outcome == "done" and entry.operation == operation
        ]
        post.hold.set()
        ended = await wait_for_end(post, bot, answer)
        assert (ended["status"], ended["result"]) == ("done", "hi")
        rows = [entry for entry in await post.state.activity.list() if entry.operation == operation]
        assert [(row.outcome, row.status) for row in rows] == [("done", 200)]


async def test_call_that_ends_in_time_is_answered_itself(opened):
    async with slowly(opened, wait_seconds=20) as post:
        post.hold = None
        answer = await start(post, await post.client(write_slowly="allow"), "POST")
        assert (answer.status_code, answer.json()) == (200, "hi")


async def test_failure_of_a_job_is_its_result(opened):
    async with slowly(opened) as post:
        bot, post.fail = await post.client(), UpstreamFailed("The post office is closed.")
        answer = await start(post, bot)
        post.hold.set()
        ended = await wait_for_end(post, bot, answer)
        assert (ended["status"], ended["result"]["detail"]) == ("failed", "The post office is closed.")


async def test_cancelled_job_ends(opened):
    async with slowly(opened) as post:
        bot = await post.client(write_slowly="allow")
        answer = await start(post, bot, "POST")
        assert (await look(post, bot, answer, "DELETE"))["status"] == "cancelled"
        post.hold.set()
        assert (await look(post, bot, answer))["status"] == "cancelled"
        row = next(entry for entry in await post.state.activity.list() if entry.operation == "write_slowly")
        assert (row.outcome, post.sent) == ("failed", [])


async def test_job_that_runs_too_long_is_cancelled(opened):
    async with slowly(opened, limit_seconds=1) as post:
        bot = await post.client()
        ended = await wait_for_end(post, bot, await start(post, bot))
        assert (ended["status"], ended["result"]["status"], post.sent) == ("failed", 504, [])


async def test_job_is_its_clients_own(opened):
    async with slowly(opened) as post:
        answer, other = await start(post, await post.client()), await post.client("other")
        for method in ("GET", "DELETE"):
            assert (await look(post, other, answer, method))["status"] == 404
        assert (await look(post, other, answer, "DELETE"))["status"] == 404


async def test_jobs_of_a_client_are_limited(opened):
    async with slowly(opened, most_running=1) as post:
        bot = await post.client()
        first = await start(post, bot)
        assert (await start(post, bot)).status_code == 429
        assert (await start(post, await post.client("other"))).status_code == 202
        await look(post, bot, first, "DELETE")
        assert (await start(post, bot)).status_code == 202


async def test_oldest_jobs_of_a_client_are_forgotten(opened):
    async with slowly(opened, most_kept=2, wait_seconds=0) as post:
        bot, answers = await post.client(), []
        for text in "abc":
            answers.append(await start(post, bot, text=text))
            await look(post, bot, answers[-1], "DELETE")
            post.state.context.clock.move(minutes=1)
        assert [(await look(post, bot, answer))["status"] for answer in answers] == [404, "cancelled", "cancelled"]
        post.state.context.clock.move(hours=25)
        await start(post, bot)
        assert (await look(post, bot, answers[-1]))["status"] == 404


async def test_result_of_a_job_is_bounded(opened):
    async with slowly(opened) as post:
        bot = await post.client()
        answer = await start(post, bot, text="漢")
        post.hold.set()
        assert (await wait_for_end(post, bot, answer))["result"] == "漢" * 50_000
        post.hold = asyncio.Event()
        answer = await start(post, bot, text="漢" * 2000)
        post.hold.set()
        assert len((await wait_for_end(post, bot, answer))["result"]) == 2000


async def test_job_that_was_interrupted_is_uncertain(opened, tmp_path):
    async with slowly(opened) as post:
        bot = await post.client()
        poll = (await start(post, bot)).json()["poll"]
    with closing(sqlite3.connect(tmp_path / "data" / DATABASE_FILE)) as database:
        assert database.execute("SELECT state FROM job").fetchall() == [("running",)]
    async with slowly(opened) as post:
        assert (await post.http.get(poll, headers=bot)).json()["status"] == "uncertain"


async def test_call_that_waits_for_the_person_is_no_job_and_its_approval_has_the_result(opened):
    async with slowly(opened) as post:
        bot = await post.client(rate="none")
        answer = await start(post, bot, "POST", Prefer="respond-async")
        assert "approval_id" in answer.json()
        await post.approve()
        async with asyncio.timeout(60):
            while (await look(post, bot, answer))["status"] != "running":
                await asyncio.sleep(0.005)
        longer = time.monotonic() + 1
        while time.monotonic() < longer:
            assert (await look(post, bot, answer))["status"] == "running"
        post.hold.set()
        assert (await post.wait_for(bot, answer.json()["approval_id"], "done"))["result"] == "hi"
        with closing(sqlite3.connect(post.state.context.folders.data / DATABASE_FILE)) as database:
            assert database.execute("SELECT count(*) FROM job").fetchall() == [(0,)]


async def test_repeated_key_is_answered_with_the_result_of_the_job(opened):
    async with slowly(opened) as post:
        bot = {**await post.client(write_slowly="allow"), "Idempotency-Key": "one"}
        answer = await start(post, bot, "POST")
        assert (await start(post, bot, "POST")).status_code == 409
        post.hold.set()
        await wait_for_end(post, bot, answer)
        again = await start(post, bot, "POST")
        assert (again.status_code, again.json(), post.sent) == (200, "hi", ["hi"])


async def end_while_the_writer_waits(post):
    """Let a job end while the writer is busy, so that its end is not stored yet; return what lets the writer go on."""
    released = threading.Event()
    post.state.context.database.submit(lambda _: released.wait(60))
    post.hold.set()
    async with asyncio.timeout(60):
        while not post.sent:
            await asyncio.sleep(0)
    for _ in range(200):  # steps of the loop from the end of the function to the writer
        await asyncio.sleep(0)
    return released


@pytest.mark.parametrize("times", [1, 2])
async def test_job_that_has_ended_keeps_its_result_if_it_is_cancelled_before_that_is_stored(opened, monkeypatch, times):
    monkeypatch.setattr(service, "CANCEL_SECONDS", 0)
    async with slowly(opened) as post:
        bot = await post.client(write_slowly="allow")
        answer, [client] = await start(post, bot, "POST"), await post.state.clients.list()
        released = await end_while_the_writer_waits(post)
        for _ in range(times):
            await post.state.jobs.cancel(answer.json()["job_id"], client.id)
        released.set()
        ended = await wait_for_end(post, bot, answer)
        assert (ended["status"], ended.get("result"), post.sent) == ("done", "hi", ["hi"])
        row = next(entry for entry in await post.state.activity.list() if entry.operation == "write_slowly")
        assert (row.outcome, row.status) == ("done", 200)


async def refuse_to_store(post, change):
    """Make the disk refuse a change of jobs."""
    refuse = f"CREATE TRIGGER full BEFORE {change} ON job BEGIN SELECT RAISE(ABORT, 'full'); END"
    await post.state.context.database.write(lambda connection: connection.exec_driver_sql(refuse) and None)


async def test_job_whose_end_cannot_be_stored_is_uncertain(opened):
    async with slowly(opened) as post:
        bot = await post.client(write_slowly="allow")
        answer = await start(post, bot, "POST")
        await refuse_to_store(post, "UPDATE")
        post.hold.set()
        assert ((await wait_for_end(post, bot, answer))["status"], post.sent) == ("uncertain", ["hi"])


async def test_call_that_cannot_be_stored_as_a_job_is_answered_when_it_ends(opened, caplog):
    async with slowly(opened) as post:
        bot = await post.client(write_slowly="allow")
        await refuse_to_store(post, "INSERT")
        answering = asyncio.create_task(start(post, bot, "POST"))
        async with asyncio.timeout(60):
            while "could not be stored as a job" not in caplog.text:
                await asyncio.sleep(0.005)
        post.hold.set()
        answer = await answering
        assert (answer.status_code, answer.json(), post.sent) == (200, "hi", ["hi"])
        row = next(entry for entry in await post.state.activity.list() if entry.operation == "write_slowly")
        assert (row.outcome, row.status) == ("done", 200)
