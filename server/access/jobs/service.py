"""Runs calls that may take long. One that its client does not wait for any longer becomes a job, which the client polls."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from fastapi import Response

from server.access.guard.record import CallRecord
from server.access.guard.response_text import clean_response
from server.access.jobs import store
from server.access.jobs.job import SECTION, Job, JobSettings, State
from server.core.clock import Clock
from server.core.errors import NotFound, TooManyRequests, Unavailable, UpstreamTimedOut
from server.core.tasks import Tasks
from server.http.exception_handlers import respond, to_response
from server.sdk.content import cut
from server.sdk.progress import current_report
from server.storage.database import Database
from server.storage.settings import Settings

RUN = "end a job"  # the name of the tasks: "Deskhand could not …"
MOST_CALLS = 200  # that may take long and run at once
CANCEL_SECONDS = 3.0  # that `cancel` waits for the end
CLIENT_CLOSED_REQUEST = 499
CANCELLED = "The client cancelled this call. What it did until then is not undone."
Work = Callable[[], Awaitable[Response]]

log = logging.getLogger(__name__)


class CallProtocol(Protocol):
    """The call, as jobs see it. `detached`: its client has been answered, and its job records how it ends."""

    detached: bool
    record: CallRecord

    async def close(self, response: Response) -> Response:
        """Record how it ended."""


@dataclass
class Run:
    """A call that runs. `job`: once it is one. `cancelled`: its client has cancelled it. `has_ended`: its end is being stored."""

    call: CallProtocol
    job: Job | None = None
    cancelled: bool = False
    has_ended: bool = False
    progress: float | None = None
    message: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[Response] | None = None

    def report(self, fraction: float | None, message: str) -> None:
        """Note how far it is."""
        self.progress, self.message = fraction, message


class Jobs:
    """The jobs of all clients."""

    def __init__(self, database: Database, settings: Settings, tasks: Tasks, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._tasks = tasks
        self._clock = clock
        self._calls = 0
        self._running: dict[str, Run] = {}

    @property
    def settings(self) -> JobSettings:
        """The settings of now."""
        return self._settings.read(SECTION, JobSettings)

    async def recover(self) -> None:
        """At start: mark the jobs that were interrupted as uncertain, and forget old ones."""
        await self._database.write(store.cut_short, self._now(), self._oldest())

    async def run(self, call: CallProtocol, work: Work, *, waits: bool = False) -> Response:
        """Run a call and return its response, or, after some seconds, that it has become a job.

        Raises TooManyRequests or Unavailable if too many run already. A call that only reads ends if its client disconnects.
        `waits`: it never becomes one, as its client polls something else.
        """
        settings, client_id = self.settings, call.record.client.id
        if sum(run.call.record.client.id == client_id for run in self._running.values()) >= settings.most_running:
            raise TooManyRequests("Too many jobs of this client run. Wait until one has ended, or cancel one.", retry_after=30)
        if self._calls >= MOST_CALLS:
            raise Unavailable("Too many long calls run. Try again in a moment.", retry_after=5)
        run = Run(call)
        task = run.task = self._tasks.start(self._execute(run, work, settings.limit_seconds), name=RUN)
        try:
            done, _ = await asyncio.wait([task], timeout=None if waits else settings.wait_seconds)
            if not done and call.record.runs:
                return await self._detach(run, task, settings.most_kept)
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not call.record.operation.changes:
                task.cancel()
            raise

    async def find(self, job_id: str, client_id: str) -> Job:
        """Find a job of a client, as it is now; uncertain if its end could not be stored. Raises NotFound."""
        run = self._running.get(job_id)  # first: what ends meanwhile is stored by then
        job = await self._database.read(store.find, job_id, client_id)
        if job is None:
            raise NotFound("There is no such job, or it ended long ago.")
        if job.state is not State.running:
            return job
        return replace(job, progress=run.progress, message=run.message) if run else replace(job, state=State.uncertain)

    async def cancel(self, job_id: str, client_id: str) -> Job:
        """Cancel a job of a client; one that has ended stays as it is. Raises NotFound."""
        await self.find(job_id, client_id)
        run = self._running.get(job_id)
        if run and run.task:
            if not run.has_ended:
                run.cancelled = True
                run.task.cancel()
            await asyncio.wait([run.task], timeout=CANCEL_SECONDS)
        return await self.find(job_id, client_id)

    async def _execute(self, run: Run, work: Work, limit_seconds: float) -> Response:
        current_report.set(run.report)
        self._calls += 1
        try:
            response = await self._respond(run, work, limit_seconds)
            run.has_ended = True
            async with run.lock:
                if run.job:
                    await self._end(run, run.job, response)
            return response
        finally:
            self._calls -= 1
            if run.job:
                self._running.pop(run.job.id, None)

    async def _respond(self, run: Run, work: Work, limit_seconds: float) -> Response:
        try:
            async with asyncio.timeout(limit_seconds):
                return await work()
        except TimeoutError:
            return to_response(UpstreamTimedOut(f"It ran longer than {limit_seconds:g} seconds, so it was cancelled."))
        except asyncio.CancelledError:
            if not run.cancelled:
                raise
            return respond(CLIENT_CLOSED_REQUEST, CANCELLED)
        except Exception as error:  # noqa: BLE001, the answer of a call whose client is gone
            return to_response(error)

    async def _detach(self, run: Run, task: asyncio.Task[Response], most_kept: int) -> Response:
        """Store the call as a job, and answer where to look; if it has just ended or cannot be stored, answer its response."""
        record, now = run.call.record, self._clock.now()
        about = (record.client.id, record.operation.name, str(record.effect.sentence if record.effect else record.summary))
        job = Job(f"job-{secrets.token_hex(8)}", *about, State.running, now.isoformat())
        try:
            async with run.lock:  # it does not end meanwhile
                if not task.done():
                    await self._database.write(store.add, job, self._oldest(), most_kept)
                    run.job, run.call.detached = job, True
                    self._running[job.id] = run
        except Exception:
            log.exception("A call could not be stored as a job, so its client waits for its end.")
        if run.job is None:
            return await asyncio.shield(task)
        body = {"status": "running", "job_id": job.id, "summary": job.summary, "poll": f"/jobs/{job.id}"}
        return Response(json.dumps(body), 202, media_type="application/json")

    async def _end(self, run: Run, job: Job, response: Response) -> None:
        response = await run.call.close(clean_response(response))
        succeeded = State.done if response.status_code < 400 else State.failed
        state = State.cancelled if response.status_code == CLIENT_CLOSED_REQUEST else succeeded
        result = cut(bytes(response.body).decode("utf-8", "replace"))
        ended = replace(job, state=state, ended_at=self._now(), status=response.status_code, result=result)
        await self._database.write(store.end, replace(ended, progress=run.progress, message=run.message))

    def _oldest(self) -> str:
        return (self._clock.now() - timedelta(hours=self.settings.kept_hours)).isoformat()

    def _now(self) -> str:
        return self._clock.now().isoformat()
