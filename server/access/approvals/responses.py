"""What a client is answered about a call that is kept, and what the activity says of it."""

import json

from fastapi import Response

from server.access.activity.entry import Entry, Outcome
from server.access.approvals.approval import OPEN, Approval, State, say_minutes
from server.access.approvals.store import STOPPED
from server.http.problem_details import PROBLEM_TYPE, problem_body
from server.sdk.approval_requests import ApprovalDuration

SAID_YES = {
    ApprovalDuration.once: "You allowed it once.",
    ApprovalDuration.recipients: "You allowed it to these recipients.",
    ApprovalDuration.always: "You allowed it from now on.",
}
ENDS = {State.denied: "denied", State.expired: "expired", State.cancelled: "cancelled"}


def answer(one: Approval, *, preferred: bool = False) -> Response:
    """Answer with what an approval has now. `preferred`: the client asked not to wait."""
    if one.state in OPEN:
        told = {
            "status": "running" if one.state is State.running else "pending",
            "approval_id": one.id,
            "summary": one.effect.sentence,
            "poll": f"/approvals/{one.id}",
        }
        headers = {"Preference-Applied": "respond-async"} if preferred else {}
        return Response(json.dumps(told), 202, headers, media_type="application/json")
    status = one.status or 500
    return Response(one.result or "", status, media_type="application/json" if status < 400 else PROBLEM_TYPE)


def say_yes(extent: ApprovalDuration | None, minutes: float) -> str:
    """Say how the person allowed it."""
    return SAID_YES.get(extent or ApprovalDuration.once, f"You allowed it for {say_minutes(minutes)}.")


def say_no(reason: str) -> tuple[str, str]:
    """Say that the person said no, to the client and to themselves."""
    return (
        f"The person at this computer said no: {reason}" if reason else "The person at this computer said no.",
        f"You said no: {reason}" if reason else "You said no.",
    )


def say_expired(minutes: float) -> tuple[str, str]:
    """Say that nobody answered, to the client and to the person."""
    told = f"within {say_minutes(minutes)}"
    return (
        f"Nobody at this computer answered {told}, so nothing was done. Ask again if it is still wanted.",
        f"Nobody answered {told}.",
    )


def write_problem(one: Approval, status: int, detail: str) -> str:
    """Write the answer to a call that was not run."""
    return problem_body(status, detail, {"approval_id": one.id}).decode()


def write_uncertain() -> str:
    """Write the answer to a call that was cut short."""
    return problem_body(409, STOPPED, {}).decode()


def enter(one: Approval, outcome: Outcome, decision: str, reason: str, status: int | None = None) -> Entry:
    """Its row in the activity, with how it stands now."""
    return Entry(
        at=one.asked_at,
        client_id=one.client_id,
        client_name=one.client_name,
        operation=one.operation,
        sentence=one.effect.sentence,
        changes=True,
        decision=decision,
        reason=reason,
        outcome=outcome,
        status=status,
        id=one.activity_id,
    )
