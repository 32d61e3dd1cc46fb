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
        "integration": "gmail",
        "integration_title": "Gmail",
    }
    assert not operations["list_apps"]["changes"]
    assert [operations[name]["title"] for name in ("list_mail", "read_app")] == ["List emails", "Check an app"]
    made = demo.person("POST", "/api/clients", json={"name": "all"}).json()["client"]
    assert set(operations) == set(made["operations"]) - {"read_approval"}
