from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.server.access.oauth.programs import HERE, allow_registration, approve, ask, landed, own, register

AT_ONCE = 50


def test_code_redeemed_fifty_times_concurrently_issues_tokens_once(served):
    program = own(served)
    code = program.code()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: program.exchange(code), range(AT_ONCE)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)


def test_refresh_token_used_fifty_times_concurrently_issues_one_pair(served):
    program = own(served)
    old = program.sign_in()["refresh_token"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: program.refresh(old), range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    assert len({answer.json()["access_token"] for answer in answers}) == 1


@pytest.mark.parametrize(("resource", "rest"), [(None, 200), ("", 200), ("/", 200), ("/mcp", 401), ("/mcp/", 401)])
def test_token_for_the_mcp_resource_is_valid_for_no_other(served, resource, rest):
    program = own(served)
    if resource is not None:
        program.extra = {"resource": served.public + resource}
    token = program.sign_in()["access_token"]
    assert served.call("GET", "/apps/list", token).status_code == rest
    answer = served.call("POST", "/mcp", token, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert answer.status_code != 401


@pytest.mark.parametrize("resource", ["https://evil.test/mcp", "/apps", "?x", "//x", "http://[", "x"])
def test_unknown_resource_is_invalid_target(served, resource):
    wanted = served.public + resource if resource.startswith(("/", "?")) else resource
    assert landed(own(served).begin(resource=wanted))["error"] == "invalid_target"


def test_resource_at_token_endpoint_matches_the_authorization(served):
    program = own(served)
    code = program.code(resource=f"{served.public}/mcp")
    assert program.exchange(code, resource=served.public).json()["error"] == "invalid_target"
    pair = program.exchange(code, resource=f"{served.public}/mcp").json()
    assert program.refresh(pair["refresh_token"], resource=served.public).json()["error"] == "invalid_target"
    here = f"http://localhost:{served.port}/mcp"
    assert program.refresh(pair["refresh_token"], resource=here).status_code == 200


def test_tokens_survive_a_restart_and_another_public_address(serve):
    first = serve(demo=True, public_url="https://one.example.org")
    program = own(first)
    pair = program.sign_in(resource="https://one.example.org")
    assert first.background.stop()
    second = serve(first.data, demo=True, public_url="https://two.example.org")
    program.served = second
    assert second.call("GET", "/apps/list", pair["access_token"]).status_code == 200
    new = program.refresh(pair["refresh_token"], resource="https://two.example.org").json()
    assert second.call("GET", "/apps/list", new["access_token"]).status_code == 200
    again = program.refresh(pair["refresh_token"]).json()
    assert again["error"] if "error" in again else again["refresh_token"] == new["refresh_token"]
    (client,) = second.person("GET", "/api/clients").json()
    (grant,) = client["oauth"]["grants"]
    assert (grant["address"], grant["moved"]) == ("https://one.example.org", True)


def test_issuer_in_every_response_matches_the_metadata(served):
    program = own(served)
    described = ask(served, "GET", "/.well-known/oauth-authorization-server").json()
    program.begin()
    approve(served, program.browser)
    assert landed(program.browser.look())["iss"] == described["issuer"] == served.public
    assert landed(program.begin(response_type="token"))["iss"] == served.public


def test_client_change_denial_or_revocation_holds_at_its_next_call(served):
    program = own(served)
    token = program.sign_in()["access_token"]
    assert served.call("GET", "/apps/list", token).status_code == 200
    served.person("PATCH", "/api/clients/my-gpt", json={"policies": {"list_apps": "deny"}})
    assert served.call("GET", "/apps/list", token).status_code == 403
    served.person("PATCH", "/api/clients/my-gpt", json={"policies": {"list_apps": "allow"}, "scopes": ["read:mail"]})
    assert served.call("GET", "/apps/list", token).status_code == 403
    served.person("DELETE", "/api/clients/my-gpt")
    assert served.call("GET", "/apps/list", token).status_code == 401


def test_gpt_and_app_sign_in_concurrently_each_with_its_own_policies(served):
    gpt = own(served).sign_in()["access_token"]
    allow_registration(served)
    app = register(served)
    app.begin()
    approve(served, app.browser)
    token = app.exchange(landed(app.browser.look(), HERE)["code"]).json()["access_token"]
    served.person("PATCH", "/api/clients/some-app", json={"policies": {"list_apps": "deny"}})
    assert [served.call("GET", "/apps/list", item).status_code for item in (gpt, token)] == [200, 403]
    assert [item["client"] for item in served.activity(2)] == ["some-app", "my-gpt"]


def test_unauthenticated_request_gets_the_address_of_the_metadata(served):
    for sent, wrong in (({}, False), ({"Authorization": "Bearer dh_at_nonsense"}, True)):
        answer = ask(served, "GET", "/apps/list", headers=sent)
        header = answer.headers["www-authenticate"]
        assert answer.status_code == 401
        assert f'resource_metadata="{served.public}/.well-known/oauth-protected-resource"' in header
        assert 'scope="read:apps"' in header
        assert ('error="invalid_token"' in header) is wrong
    mcp = ask(served, "POST", "/mcp", json={}).headers["www-authenticate"]
    assert f'resource_metadata="{served.public}/.well-known/oauth-protected-resource/mcp"' in mcp
