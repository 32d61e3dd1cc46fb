"""A job: a call that goes on after its client was answered 202, and its state."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, Field

SECTION = "jobs"  # of the settings


class JobSettings(BaseModel):
    """When a call becomes a job, and how long it may run."""

    wait_seconds: float = Field(
        40,
        ge=0,
        le=44,
        title="Wait (seconds)",
        description="Then a call goes on in the background. ChatGPT waits 45 seconds.",
    )
    limit_seconds: float = Field(
        600, ge=1, le=86_400, title="Time limit (seconds)", description="A call that takes longer is cancelled."
    )
    most_running: int = Field(10, ge=1, le=1000, description="Jobs of one client that may run at once.")
    most_kept: int = Field(100, ge=1, le=10_000, description="Jobs of one client that are remembered.")
    kept_hours: float = Field(24, gt=0, le=720, description="How long the result of a job is kept.")


class State(StrEnum):
    """State of a job."""

    running = "running"  #: it runs
    done = "done"  #: it ran; the result is its answer
    failed = "failed"  #: it ran and failed; the result has the reason
    cancelled = "cancelled"  #: its client cancelled it; what it did until then is not undone
    uncertain = "uncertain"  #: Deskhand stopped while it ran


@dataclass(frozen=True)
class Job:
    """`summary`: what it does, in words. `progress`: from 0 to 1, if known. `message`: what it does now.

    `status`, `result`: of its answer, once it has ended. Fields that end in `_at` are ISO 8601, UTC.
    """

    id: str
    client_id: str
    operation: str
    summary: str
    state: State
    created_at: str
    ended_at: str | None = None
    progress: float | None = None
    message: str = ""
    status: int | None = None
    result: str | None = None
