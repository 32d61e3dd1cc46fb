def test_every_operation_is_told_with_what_a_person_needs_to_choose(demo) -> None:
    told = {one["name"]: one for one in demo.person("GET", "/api/operations").json()}
    assert told["send_mail"] == {
        "name": "send_mail",
        "title": "Send mail",
        "sentence": "Send a new mail. To answer one, use reply_to_mail.",
        "method": "POST",
        "path": "/gmail/send",
        "scope": "write:mail",
        "changes": True,
        "reaches_others": True,
        "integration": "gmail",
        "integration_title": "Gmail",
    }
    assert not told["list_apps"]["changes"]
    assert set(told) == set(demo.person("POST", "/api/clients", json={"name": "all"}).json()["client"]["operations"])
