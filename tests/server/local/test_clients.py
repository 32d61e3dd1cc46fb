def test_client_is_created_shown_listed_and_revoked(demo) -> None:
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


def test_unknown_client_is_refused_with_the_known_ones(demo) -> None:
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


def test_client_permission_is_changed_and_holds_at_the_next_call(demo) -> None:
    key = demo.make_client("bot", scopes=["read:apps"])
    start = {"app_name": "notes", "action": "start"}
    assert demo.call("POST", "/apps/control", key, json=start).status_code == 403
    order = {"scopes": ["read:apps", "control:apps"], "policies": {"control_app": "allow"}, "rate": "3/minute"}
    changed = demo.person("PATCH", "/api/clients/bot", json=order)
    assert (changed.status_code, changed.json()["operations"]["control_app"]) == (200, "allow"), changed.text
    answer = demo.call("POST", "/apps/control", key, json=start)
    assert answer.status_code != 403, answer.text
    assert answer.headers["ratelimit-limit"] == "3"
    back = demo.person("PATCH", "/api/clients/bot", json={"policies": {"control_app": "ask"}}).json()
    assert (back["operations"]["control_app"], back["rate"], back["scopes"]) == ("ask", "3/minute", ["control:apps", "read:apps"])
    assert demo.person("PATCH", "/api/clients/bot", json={"rate": None}).json()["rate"] is None


def test_unknown_permission_change_is_refused(demo) -> None:
    demo.make_client("bot")
    for order, status, word in (
        ({"policies": {"launch_rocket": "allow"}}, 422, "control_app"),
        ({"policies": {"control_app": "often"}}, 422, "policies"),
        ({"scopes": ["read:minds"]}, 422, "read:mail"),
        ({"rate": "often"}, 422, "30/minute"),
    ):
        answer = demo.person("PATCH", "/api/clients/bot", json=order)
        assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.text
    assert demo.person("PATCH", "/api/clients/nobody", json={}).status_code == 404
    assert demo.person("POST", "/api/clients/nobody/key").status_code == 404


def test_rotated_key_is_shown_once_and_the_old_one_is_refused(demo) -> None:
    old = demo.make_client("bot")
    renewed = demo.person("POST", "/api/clients/bot/key").json()
    assert demo.call("GET", "/apps/list", old).status_code == 401
    assert demo.call("GET", "/apps/list", renewed["key"]).status_code == 200
    shown = demo.person("GET", "/api/clients").text
    assert renewed["key"] not in shown
    assert renewed["client"]["key_hint"] in shown


def test_everything_off_revokes_all_clients(demo) -> None:
    keys = [demo.make_client(name) for name in ("one", "two")]
    assert demo.person("POST", "/api/clients/revoke-all").json() == {"ended": 2}
    assert [demo.call("GET", "/apps/list", key).status_code for key in keys] == [401, 401]
    assert all(client["revoked_at"] for client in demo.person("GET", "/api/clients").json())


def test_last_use_is_shown_with_its_public_address(serve) -> None:
    served = serve(demo=True, public_url="https://desk.example.org")
    key = served.make_client("bot")
    before = served.person("GET", "/api/clients/bot").json()
    assert (before["last_used_at"], before["used_through"], before["calls_today"]) == (None, {}, 0)
    served.call("GET", "/apps/list", key)
    served.call("GET", "/nowhere", key)
    after = served.person("GET", "/api/clients").json()[0]
    assert after["used_through"] == {"https://desk.example.org": after["last_used_at"]}
    assert after["calls_today"] == 1


def test_document_is_shown_with_the_problems_chatgpt_would_find(demo) -> None:
    demo.make_client("bot", scopes=["read:apps"])
    document = demo.person("GET", "/api/clients/bot/document").json()
    assert document == {"operations": 2, "most": 30, "warnings": [], "fetched_at": None}
    assert demo.call("GET", "/gpts/bot/openapi.json").status_code == 200
    assert demo.person("GET", "/api/clients/bot/document").json()["fetched_at"]
    assert demo.person("GET", "/api/clients/nobody/document").status_code == 404


def test_redirect_uris_are_changed_without_another_secret(demo) -> None:
    demo.make_client("script")
    demo.person("POST", "/api/clients", json={"name": "gpt", "oauth": True})
    order = {"redirect_uris": ["https://notes.example.org/callback"]}
    changed = demo.person("PUT", "/api/clients/gpt/oauth/callbacks", json=order).json()["oauth"]
    assert changed["redirect_uris"] == order["redirect_uris"]
    assert changed["client_id"] == demo.person("GET", "/api/clients/gpt").json()["oauth"]["client_id"]
    wrong = {"redirect_uris": ["http://notes.example.org"]}
    assert demo.person("PUT", "/api/clients/gpt/oauth/callbacks", json=wrong).status_code == 422
    assert demo.person("PUT", "/api/clients/script/oauth/callbacks", json=order).status_code == 409


def test_preset_makes_a_client_that_fits_chatgpt(demo) -> None:
    for preset in ("ask", "read-only"):
        made = demo.person("POST", "/api/clients", json={"name": preset, "preset": preset}).json()
        listed = {item["name"]: item["policies"] for item in demo.person("GET", "/api/presets").json()}[preset]
        assert made["warnings"] == []
        offered = {name: policy for name, policy in listed.items() if policy != "deny"}
        shown = {name: policy for name, policy in made["client"]["operations"].items() if policy != "deny"}
        assert shown == offered, "what the window shows of a preset is what it permits"
        document = demo.person("GET", f"/api/clients/{preset}/document").json()
        assert document["operations"] <= document["most"]


def test_preset_can_be_narrowed_and_widened_by_name(demo) -> None:
    order = {"name": "bot", "preset": "ask", "scopes": ["read:mail", "write:mail"], "allow": ["mark_mail"], "deny": ["send_mail"]}
    made = demo.person("POST", "/api/clients", json=order).json()["client"]
    assert made["scopes"] == ["read:mail", "write:mail"]
    assert [made["operations"][name] for name in ("mark_mail", "send_mail", "trash_mail")] == ["allow", "deny", "ask"]
    refused = demo.person("POST", "/api/clients", json={"name": "reader", "preset": "read-only", "allow": ["send_mail"]})
    assert (refused.status_code, "does not include send_mail" in refused.json()["detail"]) == (422, True)
    assert demo.person("POST", "/api/clients", json={"name": "x", "preset": "everything"}).status_code == 422
