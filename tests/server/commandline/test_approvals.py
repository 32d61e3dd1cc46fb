def test_empty_approval_list_is_reported(deskhand, serve):
    serve()
    assert deskhand("approvals", "list").stdout == "No pending requests.\n"
    assert deskhand("approvals", "list", "--json").stdout == "[]\n"


def test_pending_approval_is_printed_with_its_durations_and_expiry(deskhand, serve):
    served = serve(demo=True)
    key = served.make_client("bot")
    order = {"to": "ann@example.com", "subject": "Hi", "body": "Hello"}
    response = served.call("POST", "/gmail/send", key, json=order, headers={"Prefer": "respond-async"})
    output = deskhand("approvals", "list").stdout
    assert f"{response.json()['approval_id']}  bot wants to send an email to ann@example.com" in output
    assert "    To: ann@example.com\n" in output
    assert "    Approve more than this request: --for temporary or recipients\n" in output
    assert "    It waits until " in output


def test_decision_about_an_unknown_approval_exits_with_1(deskhand, serve):
    serve()
    answer = deskhand("approvals", "approve", "nobody-1")
    assert (answer.returncode, "no such question" in answer.stderr) == (1, True)
    assert deskhand("approvals", "deny", "nobody").returncode == 1


def test_decision_needs_a_running_server(deskhand):
    answer = deskhand("approvals", "approve", "call-1")
    assert (answer.returncode, "not running" in answer.stderr) == (1, True)
