"""Operation with which a client polls a call that waits for approval."""

import json
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from server.access.approvals.approval import Approval, State
from server.access.approvals.service import Approvals
from server.core.sentences import Sentence
from server.sdk.operation import Operations, Wording, current_call
from server.sdk.services import provided

CHECK_STATUS = Wording(
    "Check the status of a request",
    "Shows whether a request that needs approval was approved, and its result.",
    (
        Sentence(
            "check the status of a request",
            "is checking the status of a request",
            "checked the status of a request",
            "could not check the status of a request",
        ),
    ),
)
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="The approval_id that the call was answered with.")]
Service = Annotated[Approvals, provided(Approvals)]


class Stage(StrEnum):
    """State of a call, as a client sees it."""

    pending = "pending"  #: the person has not decided, or it has not begun
    running = "running"  #: it runs
    done = "done"  #: it ran; the result is its answer
    failed = "failed"  #: it ran and failed; the result has the reason
    denied = "denied"  #: the person said no
    expired = "expired"  #: not answered in time
    cancelled = "cancelled"  #: it may not or cannot run any more
    uncertain = "uncertain"  #: Deskhand stopped, or the answer was lost, so the outcome is unknown


class ApprovalView(BaseModel):
    """State and result of a call."""

    approval_id: str = Field(description="Its number.")
    status: Stage = Field(
        description="pending: the person has not decided. running. done: result is the answer. failed. denied: reason says why. "
        "expired: nobody answered. cancelled. uncertain: it may have happened; look before you repeat it."
    )
    reason: str = Field(description="Why it did not run, in a sentence; empty where there is nothing to say.")
    result: Any = Field(None, description="What the call answered, once it has run.")


approvals = Operations(prefix="/approvals", title="Approvals")


@approvals.operation("GET", "/{approval_id}", scope="", wording=CHECK_STATUS, keep_nulls=True)
async def read_approval(service: Service, approval_id: Id) -> ApprovalView:
    """Look what became of a call that waits for the person. Ask again after some seconds while it is pending or running."""
    return view(await service.find(approval_id, current_call.get().client_id))


def view(approval: Approval) -> ApprovalView:
    """View of an approval for its client."""
    ran = approval.state in {State.done, State.failed, State.uncertain}
    stage = Stage.pending if approval.state is State.approved else Stage(approval.state)
    return ApprovalView(
        approval_id=approval.id, status=stage, reason=approval.reason, result=read_result(approval.result) if ran else None
    )


def read_result(body: str | None) -> Any:
    """Answer of a call: JSON, or a text if it is not."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
