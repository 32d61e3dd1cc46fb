from server.local.activity import tell_about


def test_activity_lists_every_call_newest_first(demo) -> None:
    key = demo.make_client("bot", allow=["control_app"])
    demo.call("GET", "/apps/list", key)
    demo.call("POST", "/apps/control", key, json={"app_name": "no such app", "action": "start"})
    demo.call("POST", "/apps/control", key, json={"app_name": 5})
    entries = demo.activity()
    assert [(entry["operation"], entry["outcome"], entry["status"]) for entry in entries] == [
        ("control_app", "failed", 422),
        ("control_app", "failed", 404),
        ("list_apps", "done", 200),
    ]
    assert entries[1]["arguments"]["order"]["app_name"] == "no such app"
    older = demo.person("GET", f"/api/activity?before={entries[0]['id']}&limit=1").json()
    assert [entry["id"] for entry in older] == [entries[1]["id"]]


def test_activity_is_paginated(demo) -> None:
    key = demo.make_client("bot", allow=["control_app"])
    for _ in range(3):
        demo.call("GET", "/apps/list", key)
    demo.call("POST", "/apps/control", key, json={"app_name": "no such app", "action": "start"})
    page = demo.person("GET", "/api/activity/page?limit=2").json()
    failed, done = page["entries"]
    assert (failed["outcome"], failed["about"], failed["integration"]) == ("failed", "no such app", "apps")
    assert (done["outcome"], done["sentence"], "result" in done) == ("done", "listed apps", False)
    assert failed["note"].startswith("There is no app")
    assert done["note"] is None
    rest = demo.person("GET", f"/api/activity/page?limit=10&before={page['earlier']}").json()
    assert (len(rest["entries"]), rest["earlier"]) == (2, None)
    only = demo.person("GET", f"/api/activity/page?kind=reads&integration=apps&ids={done['id']}&ids={failed['id']}").json()
    assert [entry["id"] for entry in only["entries"]] == [done["id"]]
    assert demo.person("GET", "/api/activity/page?integration=gmail").json()["entries"] == []
    assert demo.person("GET", "/api/activity/page?nonsense=1").status_code == 422


def test_call_is_shown_with_its_contents(demo) -> None:
    demo.call("GET", "/apps/list")
    entry = demo.activity()[0]
    shown = demo.person("GET", f"/api/activity/{entry['id']}").json()
    assert shown == entry
    assert '"apps"' in shown["result"]
    assert demo.person("GET", "/api/activity/999999").status_code == 404


def test_refusal_has_a_readable_reason(demo) -> None:
    demo.make_client(deny=["control_app"])
    demo.call("POST", "/apps/control", json={"app_name": "Notepad", "action": "start"})
    demo.call("POST", "/apps/control", json={"app_name": 5})
    wrong, forbidden = demo.person("GET", "/api/activity/page").json()["entries"]
    assert forbidden["note"] == "You denied it to this client."
    assert "app_name" in wrong["note"]


def test_today_is_counted(demo) -> None:
    demo.call("GET", "/apps/list")
    demo.call("GET", "/apps/list")
    assert demo.person("GET", "/api/activity/today").json() == {"calls": 2, "changes": 0, "refused": 0, "failed": 0}
    assert demo.person("GET", "/api/activity/running").json() == []


def test_subject_of_a_call_is_readable() -> None:
    assert (
        tell_about({"page_token": "abc", "order": {"ids": ["x"], "to": ["bob@example.com"], "body": "Hi"}}) == "bob@example.com"
    )
    assert tell_about({"message_id": "18c2", "count": 3, "label": None}) is None
    assert tell_about({"query": "x" * 500}) == "x" * 80 + "…"


def test_pending_approval_is_titled_as_request_and_its_decision_stays(demo) -> None:
    mail = {"to": "mei.tanaka@example.org", "subject": "Lunch", "body": "hello"}
    approval_id = demo.call("POST", "/gmail/send", json=mail, headers={"Prefer": "respond-async"}).json()["approval_id"]
    (line,) = demo.person("GET", "/api/activity/page?outcome=waiting").json()["entries"]
    assert (line["sentence"], line["note"]) == ("wants to send an email to mei.tanaka@example.org", None)
    assert demo.person("POST", f"/api/approvals/{approval_id}/deny", json={"reason": "Not today."}).status_code == 200
    (line,) = demo.person("GET", "/api/activity/page?outcome=refused").json()["entries"]
    assert line["sentence"] == "was denied: send an email to mei.tanaka@example.org"
    assert (line["note"], line["about"]) == ("You denied it: Not today.", None)
