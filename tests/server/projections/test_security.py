from openapi_spec_validator import OpenAPIV31SpecValidator


def test_security_scheme_is_oauth_or_the_key(serve) -> None:
    served = serve(public_url="https://desk.example.org")
    served.person("POST", "/api/clients", json={"name": "gpt", "oauth": True, "scopes": ["read:apps"]})
    served.make_client("script", scopes=["read:apps"])
    documents = {name: served.call("GET", f"/gpts/{name}/openapi.json", key="").json() for name in ("gpt", "script")}
    for document in documents.values():
        OpenAPIV31SpecValidator(document).validate()
    ways = {name: document["components"]["securitySchemes"] for name, document in documents.items()}
    assert (ways["script"]["key"]["scheme"], list(ways["gpt"])) == ("bearer", ["sign_in"])
    flow = ways["gpt"]["sign_in"]["flows"]["authorizationCode"]
    assert flow["authorizationUrl"] == "https://desk.example.org/chatgpt/oauth/authorize"
    assert flow["tokenUrl"] == "https://desk.example.org/chatgpt/oauth/token"
    assert flow["scopes"] == {"read:apps": "See which of your listed programs run"}
    assert documents["gpt"]["paths"]["/apps/list"]["get"]["security"] == [{"sign_in": ["read:apps"]}]
    assert documents["script"]["paths"]["/apps/list"]["get"]["security"] == [{"key": ["read:apps"]}]
