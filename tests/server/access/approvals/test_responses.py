import json
from dataclasses import replace

from server.access.approvals import responses
from server.access.approvals.approval import Approval, State
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.operation import Effect

ONE = Approval(
    id="call-1",
    question="call-2",
    client_id="1",
    client_name="bot",
    credential="key:00",
    operation="send_mail",
    scope="write:mail",
    reaches_others=True,
    call_hash="a",
    hash="b",
    effect=Effect("send mail"),
    activity_id=1,
    state=State.pending,
    asked_at="2026",
    expires_at="2026",
)


def test_pending_approval_is_202_and_finished_approval_its_response() -> None:
    for state, status in ((State.pending, "pending"), (State.approved, "pending"), (State.running, "running")):
        answer = responses.answer(replace(ONE, state=state))
        assert (answer.status_code, json.loads(answer.body)["status"]) == (202, status)
    answer = responses.answer(replace(ONE, state=State.done, status=201, result="{}"))
    assert (answer.status_code, answer.body, answer.media_type) == (201, b"{}", "application/json")
    answer = responses.answer(replace(ONE, state=State.denied, status=403, result="{}"))
    assert (answer.status_code, answer.media_type) == (403, "application/problem+json")


def test_decision_is_formatted() -> None:
    assert responses.say_yes(ApprovalDuration.once, 15) == "You allowed it once."
    assert responses.say_yes(ApprovalDuration.temporary, 15) == "You allowed it for 15 minutes."
    assert responses.say_no("Later.") == ("The person at this computer denied it: Later.", "You denied it: Later.")
    assert responses.say_expired(15)[1] == "Expired within 15 minutes."
    assert json.loads(responses.write_problem(ONE, 403, "No."))["approval_id"] == "call-1"
