import re
from urllib.parse import urlsplit

import yaml


def test_document_of_a_client_has_the_operations_of_its_scopes_that_are_not_denied(serve) -> None:
    served = serve(demo=True)
    served.make_client("reader", scopes=["read:apps"])
    served.make_client("denied", scopes=["read:apps"], deny=["list_apps"])
    document = served.call("GET", "/gpts/reader/openapi.json", served.keys["reader"]).json()
    names = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    assert "list_apps" in names
    assert "control_app" not in names
    denied = served.call("GET", "/gpts/denied/openapi.json", served.keys["denied"]).json()
    assert "/apps/list" not in denied["paths"]


def test_document_has_no_ingesting_operation(serve) -> None:
    served = serve()
    served.make_client("device", scopes=["read:memories", "write:memories"])
    paths = served.call("GET", "/gpts/device/openapi.json").json()["paths"]
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
        as_yaml = served.call("GET", path + ".yaml")
        assert as_yaml.headers["content-type"].startswith("application/yaml")
        assert yaml.safe_load(as_yaml.text) == served.call("GET", path + ".json").json()


def test_revoked_or_unknown_client_has_no_document(serve) -> None:
    served = serve()
    key, address = served.make_client("bot"), find_document(served, "bot")
    assert served.call("GET", address, key="").status_code == 200
    served.person("DELETE", "/api/clients/bot")
    assert {served.call("GET", path, key="").status_code for path in (address, "/gpts/bot/openapi.json")} == {401}
    assert served.call("GET", "/gpts/bot/openapi.json", key).status_code == 401
    assert served.call("GET", "/gpts/..%2F..%2Fx/openapi.json", key="").status_code in {404, 422}


def find_document(served, name: str) -> str:
    return urlsplit(served.person("GET", "/api/addresses").json()["gpts"][name]).path


def test_document_is_read_at_an_unguessable_address_and_by_name_with_the_key_only(serve) -> None:
    served = serve()
    key, other = served.make_client("bot"), served.make_client("other")
    address = find_document(served, "bot")
    assert re.fullmatch(r"/gpts/[0-9a-f]{32}/openapi\.json", address)
    assert address != find_document(served, "other")
    assert "bot" not in address
    document = served.call("GET", address, key="").json()
    assert document["info"]["title"] == "Deskhand for bot"
    assert served.call("GET", "/gpts/bot/openapi.json", key).json() == document
    for wrong, status in (("", 401), ("dh_wrong", 401), (other, 404)):
        for form in ("json", "yaml"):
            existing, missing = (served.call("GET", f"/gpts/{name}/openapi.{form}", wrong) for name in ("bot", "nobody"))
            assert existing.status_code == missing.status_code == status
            assert existing.content == missing.content
            assert drop_date(existing.headers) == drop_date(missing.headers)


def drop_date(headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}


def test_client_with_too_many_operations_for_chatgpt_is_created_with_a_warning(serve) -> None:
    served = serve(demo=True)
    made = served.person("POST", "/api/clients", json={"name": "all"}).json()
    assert len(made["warnings"]) == 1
    assert "ChatGPT allows 30" in made["warnings"][0]
    fewer = {"name": "some", "scopes": ["read:mail", "write:mail", "read:memories"]}
    assert served.person("POST", "/api/clients", json=fewer).json()["warnings"] == []
