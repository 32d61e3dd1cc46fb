import json

from tests.window.asking import asking


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
    assert "    Expires " in output


def test_hidden_characters_of_a_pending_approval_are_printed(deskhand, serve):
    served = serve(demo=True)
    order = {"to": "ann@p\u0430ypal.com", "subject": "Hi", "body": "pay\u200b\x85now\u2028\u202e\U000e0041❤\ufe0f"}
    served.call("POST", "/gmail/send", served.make_client("bot"), json=order, headers={"Prefer": "respond-async"})
    output = deskhand("approvals", "list").stdout
    assert "wants to send an email to ann@xn--pypal-4ve.com" in output
    assert "    Body: pay\\u200b\\u0085now\\u2028\\u202e\\u{e0041}❤\ufe0f\n" in output
    assert "    Warning: xn--pypal-4ve.com is written p\u0430ypal.com: its letters are Cyrillic and Latin" in output
    (question,) = json.loads(deskhand("approvals", "list", "--json").stdout)
    assert {"name": "Body", "value": order["body"]} in question["fields"]


def test_decision_about_an_unknown_approval_exits_with_1(deskhand, serve):
    serve()
    answer = deskhand("approvals", "approve", "nobody-1")
    assert (answer.returncode, "no such request" in answer.stderr) == (1, True)
    assert deskhand("approvals", "deny", "nobody").returncode == 1


def test_decision_needs_a_running_server(deskhand):
    answer = deskhand("approvals", "approve", "call-1")
    assert (answer.returncode, "not running" in answer.stderr) == (1, True)


def test_approval_that_is_not_shown_completely_is_shown_in_full_before_it_is_approved(deskhand, tmp_path):
    with asking(tmp_path / "data") as served:
        question_id = served.ask(source="<style>\x1b\u2028\np::after { content: 'pay' }</style>")
        listed = deskhand("approvals", "list").stdout
        assert f"Read it in full first: deskhand approvals show {question_id}\n" in listed
        refused = deskhand("approvals", "approve", question_id)
        assert (refused.returncode, "Open it in full first" in refused.stderr) == (1, True)
        shown = deskhand("approvals", "show", question_id).stdout
        assert "    To: Bob <bob@example.com>\n" in shown
        assert shown.endswith("    In full:\n        <style>\u241b\\u2028\n        p::after { content: 'pay' }</style>\n")
        assert deskhand("approvals", "approve", question_id).stdout == "It is allowed, and runs now.\n"


def test_unknown_approval_cannot_be_shown(deskhand, serve):
    serve()
    answer = deskhand("approvals", "show", "call-1")
    assert (answer.returncode, "no pending request with this ID" in answer.stderr) == (1, True)
