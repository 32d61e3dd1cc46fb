"""Answers to a client about a stored call, and its rows in the activity."""

import json

from fastapi import Response

from server.access.activity.entry import Entry, Outcome
from server.access.approvals.approval import OPEN, Approval, State, say_minutes
from server.http.problem_details import PROBLEM_TYPE, problem_body
from server.sdk.approval_requests import ApprovalDuration

SAID_YES = {
    ApprovalDuration.once: "You allowed it once.",
    ApprovalDuration.recipients: "You allowed it to these recipients.",
    ApprovalDuration.always: "You allowed it from now on.",
}


def answer(approval: Approval, *, preferred: bool = False) -> Response:
    """Answer with the current state of an approval. `preferred`: the client asked not to wait (RFC 7240)."""
    if approval.state in OPEN:
        body = {
            "status": "running" if approval.state is State.running else "pending",
            "approval_id": approval.id,
            "summary": approval.effect.sentence,
            "poll": f"/approvals/{approval.id}",
        }
        headers = {"Preference-Applied": "respond-async"} if preferred else {}
        return Response(json.dumps(body), 202, headers, media_type="application/json")
    status = approval.status or 500
    return Response(approval.result or "", status, media_type="application/json" if status < 400 else PROBLEM_TYPE)


def say_yes(extent: ApprovalDuration | None, minutes: float) -> str:
    """Sentence for the person: how they allowed it."""
    return SAID_YES.get(extent or ApprovalDuration.once, f"You allowed it for {say_minutes(minutes)}.")


def say_no(reason: str) -> tuple[str, str]:
    """Sentences about a denial, for the client and for the person."""
    return (
        f"The person at this computer denied it: {reason}" if reason else "The person at this computer denied it.",
        f"You denied it: {reason}" if reason else "You denied it.",
    )


def say_expired(minutes: float) -> tuple[str, str]:
    """Sentences about an expiry, for the client and for the person."""
    time = f"within {say_minutes(minutes)}"
    return (
        f"Nobody at this computer answered {time}, so nothing was done. Ask again if it is still wanted.",
        f"Expired {time}.",
    )


def write_problem(approval: Approval, status: int, detail: str) -> str:
    """Answer to a call that was not run."""
    return problem_body(status, detail, {"approval_id": approval.id}).decode()


def make_entry(approval: Approval, outcome: Outcome, decision: str, reason: str, status: int | None = None) -> Entry:
    """Row of a stored call in the activity."""
    return Entry(
        at=approval.asked_at,
        client_id=approval.client_id,
        client_name=approval.client_name,
        operation=approval.operation,
        sentence=approval.effect.sentence,
        changes=True,
        decision=decision,
        reason=reason,
        outcome=outcome,
        status=status,
        id=approval.activity_id,
    )
