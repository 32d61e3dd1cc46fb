import json


def test_empty_approval_list_is_reported(deskhand, serve):
    serve()
    assert deskhand("approvals", "list").stdout == "Nothing waits for you.\n"
    assert deskhand("approvals", "list", "--json").stdout == "[]\n"


def test_pending_approval_is_printed_with_its_durations_and_expiry(deskhand, serve):
    served = serve(demo=True)
    key = served.make_client("bot")
    order = {"to": "ann@example.com", "subject": "Hi", "body": "Hello"}
    asked = served.call("POST", "/gmail/send", key, json=order, headers={"Prefer": "respond-async"})
    told = deskhand("approvals", "list").stdout
    assert f"{asked.json()['approval_id']}  bot asks: may it send mail to ann@example.com?" in told
    assert "    To: ann@example.com\n" in told
    assert "    A yes can go further: --for temporary or recipients\n" in told
    assert "    It waits until " in told


def test_hidden_characters_of_a_pending_approval_are_printed(deskhand, serve):
    served = serve(demo=True)
    order = {"to": "ann@p\u0430ypal.com", "subject": "Hi", "body": "pay\u200b\x85now\u2028\u202e\U000e0041❤\ufe0f"}
    served.call("POST", "/gmail/send", served.make_client("bot"), json=order, headers={"Prefer": "respond-async"})
    told = deskhand("approvals", "list").stdout
    assert "may it send mail to ann@xn--pypal-4ve.com?" in told
    assert "    Body: pay\\u200b\\u0085now\\u2028\\u202e\\u{e0041}❤\ufe0f\n" in told
    assert "    Warning: xn--pypal-4ve.com is written p\u0430ypal.com: its letters are Cyrillic and Latin" in told
    (question,) = json.loads(deskhand("approvals", "list", "--json").stdout)
    assert {"name": "Body", "value": order["body"]} in question["fields"]


def test_decision_about_an_unknown_approval_exits_with_1(deskhand, serve):
    serve()
    answer = deskhand("approvals", "approve", "nobody-1")
    assert (answer.returncode, "no such question" in answer.stderr) == (1, True)
    assert deskhand("approvals", "deny", "nobody").returncode == 1


def test_decision_needs_a_running_server(deskhand):
    answer = deskhand("approvals", "approve", "call-1")
    assert (answer.returncode, "not running" in answer.stderr) == (1, True)
