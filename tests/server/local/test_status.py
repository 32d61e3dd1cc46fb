from server.local.status import Face, count_waiting, judge
from server.sdk.approval_requests import ApprovalRequest, Kind

CALL = ApprovalRequest("call-1", Kind.call, "bot", "send mail", "2026")
SIGN_IN = ApprovalRequest("signin-1", Kind.sign_in, "bot", "sign in", "2026")


def test_pending_approvals_are_the_first_status() -> None:
    assert judge(paused=True, here=False, problems=["x"], questions=[CALL]) == (Face.attention, "1 request needs approval")
    assert count_waiting([CALL, CALL]) == "2 requests need approval"
    assert count_waiting([CALL, SIGN_IN]) == "2 requests need approval"


def test_status_is_published_to_the_tray_with_its_events(serve) -> None:
    served = serve()
    served.person("GET", "/api/overview")  # which waits until the integrations are loaded
    served.call("GET", "/apps/list", served.make_client("reader"))
    status = served.person("GET", "/api/status").json()
    assert (status["look"], status["here_only"], status["public"]) == ("local", True, served.public)
    assert status["lines"] == [], "no integration is at work"
    assert [(call["client"], call["outcome"]) for call in status["recent"]] == [("reader", "done")]


def test_public_address_is_the_online_status(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    served.person("GET", "/api/overview")  # which waits until the integrations are loaded
    status = served.person("GET", "/api/status").json()
    assert (status["look"], status["here_only"], status["sentence"]) == ("online", False, "Online")


def test_pause_is_a_status(serve) -> None:
    served = serve()
    served.person("POST", "/api/pause", json={"minutes": 15})
    status = served.person("GET", "/api/status").json()
    assert status["sentence"] == "Paused"
    assert status["paused_until"]


def test_pause_is_shown_while_integrations_load() -> None:
    assert judge(paused=True, loading=True, here=True, problems=[])[1] == "Paused"
    assert judge(paused=False, loading=True, here=True, problems=[]) == (Face.off, "Loading")


def test_problem_that_needs_action_is_the_first_status() -> None:
    assert judge(paused=True, here=False, problems=["Gmail is not signed in."])[0] is Face.attention
