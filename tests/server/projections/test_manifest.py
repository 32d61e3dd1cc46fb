"""The manifest of a plug-in, for programs that still read one."""

from tests import loopback


def test_manifest_leads_to_the_document_and_the_privacy_page_without_a_key(demo) -> None:
    body = loopback.get(f"{demo.public}/.well-known/ai-plugin.json").json()
    assert (body["schema_version"], body["name_for_model"], body["auth"]) == ("v1", "deskhand", {"type": "bearer"})
    for address in (body["api"]["url"], body["logo_url"], body["legal_info_url"]):
        assert address.startswith(demo.public)
        assert loopback.get(address).status_code == 200


def test_manifest_has_the_current_public_address(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    body = served.call("GET", "/.well-known/ai-plugin.json", key="").json()
    assert body["api"] == {"type": "openapi", "url": "https://desk.example.org/openapi.yaml"}
