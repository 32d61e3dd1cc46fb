"""The manifest of a plug-in, for programs that still read one."""

from tests import loopback


def test_manifest_leads_to_the_document_and_the_privacy_page_without_a_key(demo) -> None:
    told = loopback.get(f"{demo.public}/.well-known/ai-plugin.json").json()
    assert (told["schema_version"], told["name_for_model"], told["auth"]) == ("v1", "deskhand", {"type": "bearer"})
    for address in (told["api"]["url"], told["logo_url"], told["legal_info_url"]):
        assert address.startswith(demo.public)
        assert loopback.get(address).status_code == 200


def test_manifest_has_the_current_public_address(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    told = served.call("GET", "/.well-known/ai-plugin.json", key="").json()
    assert told["api"] == {"type": "openapi", "url": "https://desk.example.org/openapi.yaml"}
