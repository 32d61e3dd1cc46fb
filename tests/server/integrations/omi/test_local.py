from tests.server.integrations.omi.pendant import make_memory


def test_source_is_shown_and_forgotten(serve) -> None:
    served = serve()
    assert set(served.person("GET", "/api/omi").json()["addresses"].values()) == {None}
    addresses = served.person("POST", "/api/omi/address").json()["addresses"]
    path = {kind: address.removeprefix(served.public) for kind, address in addresses.items()}
    assert served.person("GET", "/api/addresses").json()["omi_webhook"] == addresses["memory"]
    served.call("POST", path["memory"] + "?uid=me", key="", json=make_memory())
    served.call("POST", path["transcript"] + "?uid=me", key="", json=[{"id": "1", "text": "Hello", "is_user": True}])
    seen = served.person("GET", "/api/omi").json()
    assert (seen["counts"]["waiting"], seen["counts"]["conversations"], seen["last"]) == (1, 0, [])
    question = seen["sources"][0]["question"]
    assert served.person("POST", f"/api/approvals/{question}/approve", json={}).status_code == 200
    seen = served.person("GET", "/api/omi").json()
    assert [(arrival["kind"], arrival["title"]) for arrival in seen["last"]] == [
        ("transcript", None),
        ("memory", "Timeline talk"),
    ]
    assert seen["counts"] | {"conversations": 1, "action_items": 1, "waiting": 0} == seen["counts"]
    assert served.person("GET", "/api/omi/live").json()["segments"][0]["text"] == "Hello"
    for search, many in (("plan", 1), ("PLAN timeline", 1), ("100%", 0)):
        conversations = served.person("GET", "/api/omi/conversations", params={"search": search}).json()["conversations"]
        assert len(conversations) == many, search
    assert served.person("GET", "/api/omi/conversations/c1").json()["segments"][0]["text"] == "Let's plan."
    assert served.person("DELETE", "/api/omi/sources/me").status_code == 200
    assert served.person("GET", "/api/omi").json()["sources"] == []
    assert served.person("DELETE", "/api/omi/sources/me").status_code == 404
    assert served.person("GET", "/api/omi/conversations/c1").status_code == 404
