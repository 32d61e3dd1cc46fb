def test_operations_are_listed_with_their_summary_and_effects(demo) -> None:
    operations = {operation["name"]: operation for operation in demo.person("GET", "/api/operations").json()}
    assert operations["send_mail"] == {
        "name": "send_mail",
        "title": "Send emails",
        "sentence": "Sends a new email.",
        "method": "POST",
        "path": "/gmail/send",
        "scope": "write:mail",
        "changes": True,
        "reaches_others": True,
        "asks": True,
        "individual": False,
        "always": "It can send any text to anyone in your name without asking. You only see it afterwards.",
        "integration": "gmail",
        "integration_title": "Gmail",
    }
    assert not operations["list_apps"]["changes"]
    assert [operations[name]["title"] for name in ("list_mail", "read_app")] == ["List emails", "Check an app"]
    made = demo.person("POST", "/api/clients", json={"name": "all"}).json()["client"]
    assert set(operations) == set(made["operations"]) - {"read_approval"}


def test_presets_are_listed_with_the_policy_of_each_operation(demo) -> None:
    read_only, ask = demo.person("GET", "/api/presets").json()
    assert [preset["title"] for preset in (read_only, ask)] == ["Read only", "Ask me before changes"]
    operations = {operation["name"]: operation for operation in demo.person("GET", "/api/operations").json()}
    assert set(read_only["policies"]) == set(ask["policies"]) == set(operations)
    assert set(read_only["policies"].values()) == {"allow", "deny"}
    assert {ask["policies"][name] for name in ("send_mail", "control_app", "trash_mail")} == {"ask"}
    assert {policy for name, policy in ask["policies"].items() if operations[name]["changes"]} <= {"ask", "deny"}


def test_queue_is_in_the_presets_that_its_documentation_names(demo) -> None:
    read_only, ask = [preset["policies"] for preset in demo.person("GET", "/api/presets").json()]
    scopes = {operation["name"]: operation["scope"] for operation in demo.person("GET", "/api/operations").json()}
    reading, writing = [{name for name, scope in scopes.items() if scope == f"{verb}:queue"} for verb in ("read", "write")]
    assert {read_only[name] for name in reading} == {"allow"}
    assert {read_only[name] for name in writing} == {"deny"}
    assert {ask[name] for name in reading | writing} == {"deny"}, "30 other operations fill it"
