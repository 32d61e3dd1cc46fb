def test_every_call_stands_in_the_activity_newest_first(demo) -> None:
    key = demo.make_client("bot", allow=["control_app"])
    demo.call("GET", "/apps/list", key)
    demo.call("POST", "/apps/control", key, json={"app_name": "no such app", "action": "start"})
    demo.call("POST", "/apps/control", key, json={"app_name": 5})
    entries = demo.activity()
    assert [(entry["operation"], entry["outcome"], entry["status"]) for entry in entries] == [
        ("control_app", "refused", 422),
        ("control_app", "refused", 404),
        ("list_apps", "done", 200),
    ]
    assert entries[1]["arguments"]["order"]["app_name"] == "no such app"
    older = demo.person("GET", f"/api/activity?before={entries[0]['id']}&limit=1").json()
    assert [entry["id"] for entry in older] == [entries[1]["id"]]
