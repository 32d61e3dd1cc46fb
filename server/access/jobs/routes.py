"""Operations with which a client polls or cancels a call that takes longer than it waits."""

import json
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from server.access.jobs.job import Job, State
from server.access.jobs.service import Jobs
from server.core.sentences import Sentence
from server.sdk.operation import Operations, Wording, current_call
from server.sdk.services import provided

READ = Wording(
    "Check a long call",
    "Shows how far a call that takes long is, and its result.",
    (Sentence("check a long call", "is checking a long call", "checked a long call", "could not check a long call"),),
)
CANCEL = Wording(
    "Cancel a long call",
    "Ends a call that it has made itself and that still runs.",
    (Sentence("cancel a long call", "is cancelling a long call", "cancelled a long call", "could not cancel a long call"),),
)
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="The job_id that the call was answered with.")]
Service = Annotated[Jobs, provided(Jobs)]


class JobView(BaseModel):
    """State, progress and result of a job."""

    job_id: str = Field(description="Its number.")
    status: State = Field(
        description="running. done: result is the answer. failed: result says why. cancelled. "
        "uncertain: Deskhand stopped while it ran; look whether it happened before you repeat it."
    )
    summary: str = Field(description="What it does, in words.")
    progress: float | None = Field(None, description="How far it is, from 0 to 1, where that is known.")
    message: str = Field(description="What it does now; empty where there is nothing to say.")
    result: Any = Field(None, description="What the call answered, once it has ended.")


jobs = Operations(prefix="/jobs", title="Jobs")


@jobs.operation("GET", "/{job_id}", scope="", wording=READ, for_jobs=True)
async def read_job(service: Service, job_id: Id) -> JobView:
    """Look how far a call is that takes long, and what it answered. Ask again after some seconds while it is running."""
    return view(await service.find(job_id, current_call.get().client_id))


@jobs.operation("DELETE", "/{job_id}", scope="", wording=CANCEL, changes=False, destructive=True, for_jobs=True)
async def cancel_job(service: Service, job_id: Id) -> JobView:
    """Cancel a call of yours that takes long. What it did until then is not undone."""
    return view(await service.cancel(job_id, current_call.get().client_id))


def view(job: Job) -> JobView:
    """View of a job for its client."""
    return JobView(
        job_id=job.id,
        status=job.state,
        summary=job.summary,
        progress=job.progress,
        message=job.message,
        result=json.loads(job.result) if job.result else None,
    )
