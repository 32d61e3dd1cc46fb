import yaml


def test_document_of_a_client_has_the_operations_of_its_scopes_that_are_not_denied(serve) -> None:
    served = serve(demo=True)
    served.make_client("reader", scopes=["read:apps"])
    served.make_client("denied", scopes=["read:apps"], deny=["list_apps"])
    document = served.call("GET", "/gpts/reader/openapi.json", key="").json()
    names = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    assert "list_apps" in names
    assert "control_app" not in names
    denied = served.call("GET", "/gpts/denied/openapi.json", key="").json()
    assert "/apps/list" not in denied["paths"]


def test_document_has_no_ingesting_operation(serve) -> None:
    served = serve()
    served.make_client("device", scopes=["read:memories", "write:memories"])
    paths = served.call("GET", "/gpts/device/openapi.json", key="").json()["paths"]
    assert "/api/action-items" in paths
    assert "/chatgpt/memory" not in paths


def test_document_has_the_current_public_address(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    served.make_client("bot")
    assert served.call("GET", "/openapi.json", key="").json()["servers"] == [{"url": "https://desk.example.org"}]


def test_yaml_and_json_say_the_same(serve) -> None:
    served = serve()
    served.make_client("bot")
    for path in ("/openapi", "/gpts/bot/openapi"):
        as_yaml = served.call("GET", path + ".yaml", key="")
        assert as_yaml.headers["content-type"].startswith("application/yaml")
        assert yaml.safe_load(as_yaml.text) == served.call("GET", path + ".json", key="").json()


def test_revoked_or_unknown_client_has_no_document(serve) -> None:
    served = serve()
    served.make_client("bot")
    served.person("DELETE", "/api/clients/bot")
    assert served.call("GET", "/gpts/bot/openapi.json", key="").status_code == 404
    assert served.call("GET", "/gpts/..%2F..%2Fx/openapi.json", key="").status_code in {404, 422}


def test_client_with_too_many_operations_for_chatgpt_is_created_with_a_warning(serve) -> None:
    served = serve(demo=True)
    made = served.person("POST", "/api/clients", json={"name": "all"}).json()
    assert len(made["warnings"]) == 1
    assert "ChatGPT takes 30" in made["warnings"][0]
    fewer = {"name": "some", "scopes": ["read:mail", "write:mail", "read:memories"]}
    assert served.person("POST", "/api/clients", json=fewer).json()["warnings"] == []
