def ask(demo, key: str, subject: str, to: str = "mei.tanaka@example.org"):
    mail = {"to": to, "subject": subject, "body": "hello"}
    return demo.call("POST", "/gmail/send", key, json=mail, headers={"Prefer": "respond-async"})


def test_allowances_of_a_client_are_listed_and_can_be_ended(demo) -> None:
    key, path = demo.make_client(), "/api/clients/script/allowances"
    assert demo.person("GET", path).json() == []
    approval = ask(demo, key, "One").json()["approval_id"]
    assert demo.person("POST", f"/api/approvals/{approval}/approve", json={"extent": "recipients"}).status_code == 200
    (allowance,) = demo.person("GET", path).json()
    number = allowance.pop("id")
    assert allowance == {
        "operation": "send_mail",
        "extent": "recipients",
        "recipients": ["mei.tanaka@example.org"],
        "until": None,
    }
    assert ask(demo, key, "Two", "Eve <MEI.tanaka@example.org>").status_code == 200
    assert ask(demo, key, "Three", "mei.tanaka@example.org <eve@example.net>").status_code == 202
    other = demo.make_client("other")
    assert demo.person("DELETE", f"/api/clients/other/allowances/{number}").status_code == 404
    assert demo.person("DELETE", f"{path}/{number}").status_code == 204
    assert demo.person("GET", path).json() == []
    assert ask(demo, key, "Four").status_code == 202
    assert ask(demo, other, "Five").status_code == 202
    assert demo.person("DELETE", f"{path}/{number}").status_code == 404
    assert demo.person("GET", "/api/clients/nobody/allowances").status_code == 404
