def test_a_client_is_made_shown_listed_and_ended(demo) -> None:
    made = demo.person(
        "POST", "/api/clients", json={"name": "bot", "scopes": ["read:apps", "control:apps"], "allow": ["control_app"]}
    )
    assert made.status_code == 201
    shown = demo.person("GET", "/api/clients/bot").json()
    assert shown["operations"]["control_app"] == "allow"
    assert shown["operations"]["list_apps"] == "allow"
    assert made.json()["key"] not in str(shown)
    assert made.json()["key"].startswith(shown["key_hint"])
    demo.person("DELETE", "/api/clients/bot")
    assert demo.person("GET", "/api/clients").json()[0]["revoked_at"]
    assert demo.person("GET", "/api/clients/bot").status_code == 404


def test_what_there_is_not_is_refused_with_what_there_is(demo) -> None:
    for order, word in (
        ({"name": "bot", "scopes": ["read:minds"]}, "read:mail"),
        ({"name": "bot", "allow": ["launch_rocket"]}, "control_app"),
        ({"name": "bot", "allow": ["control_app"], "deny": ["control_app"]}, "at once"),
        ({"name": "bot", "rate": "often"}, "30/minute"),
        ({"name": "../bot"}, "small letters"),
    ):
        answer = demo.person("POST", "/api/clients", json=order)
        assert (answer.status_code, word in answer.json()["detail"]) == (422, True), answer.text
    assert demo.person("GET", "/api/clients").json() == []
