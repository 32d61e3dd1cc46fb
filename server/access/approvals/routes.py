"""Where a client looks what became of a call that waited for the person."""

import json
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from server.access.approvals.approval import Approval, State
from server.access.approvals.service import Approvals
from server.sdk.operation import Operations, current_call
from server.sdk.services import provided

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="The approval_id that the call was answered with.")]
Kept = Annotated[Approvals, provided(Approvals)]


class Stage(StrEnum):
    """How far it is, as a client is told."""

    pending = "pending"  #: the person has not decided, or it has not begun
    running = "running"  #: it runs
    done = "done"  #: it ran; the result is its answer
    failed = "failed"  #: it ran and did not succeed; the result says why
    denied = "denied"  #: the person said no
    expired = "expired"  #: nobody answered in time
    cancelled = "cancelled"  #: it may not or cannot run any more
    uncertain = "uncertain"  #: Deskhand stopped while it ran, so nobody knows


class ApprovalView(BaseModel):
    """What became of a call."""

    approval_id: str = Field(description="Its number.")
    status: Stage = Field(
        description="pending: the person has not decided. running. done: result is the answer. failed. denied: reason says why. "
        "expired: nobody answered. cancelled. uncertain: it may have happened; look before you repeat it."
    )
    reason: str = Field(description="Why it did not run, in a sentence; empty where there is nothing to say.")
    result: Any = Field(None, description="What the call answered, once it has run.")


approvals = Operations(prefix="/approvals", title="Approvals")


@approvals.operation("GET", "/{approval_id}", scope="", summary_templates="look what became of a call", keep_nulls=True)
async def read_approval(kept: Kept, approval_id: Id) -> ApprovalView:
    """Look what became of a call that waits for the person. Ask again after some seconds while it is pending or running."""
    return view(await kept.find(approval_id, current_call.get().client_id))


def view(one: Approval) -> ApprovalView:
    """An approval as the client that asked is told."""
    ran = one.state in {State.done, State.failed}
    stage = Stage.pending if one.state is State.approved else Stage(one.state)
    return ApprovalView(approval_id=one.id, status=stage, reason=one.reason, result=read_result(one.result) if ran else None)


def read_result(body: str | None) -> Any:
    """What a call answered: JSON, or a text that is none."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
