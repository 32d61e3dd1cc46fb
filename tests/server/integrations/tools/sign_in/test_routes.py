from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests import loopback
from tests.server.conftest import Served
from tests.server.integrations.tools.authorized import AuthorizedServer, authorized_server, read_query
from tests.server.integrations.tools.gateway import add_servers, find_server, serve_crm, wait_until


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_crm(tmp_path_factory.mktemp("sign-in")) as served:
        yield served


@pytest.fixture
def upstream(served: Served) -> Iterator[AuthorizedServer]:
    """A server that wants a sign-in, added to Deskhand."""
    with authorized_server() as upstream:
        upstream.id = add_servers(served, notes={"url": upstream.url})["added"][0]
        yield upstream
        served.person("DELETE", f"/api/tools/{upstream.id}")


def begin(served: Served, upstream: AuthorizedServer) -> str:
    answer = served.person("POST", f"/api/tools/{upstream.id}/sign-in")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def finish(served: Served, location: str, **changes: str) -> Any:
    """Follow the redirect back to Deskhand, without any key."""
    parts = urlsplit(location)
    query = urlencode({**read_query(location), **changes})
    return loopback.request("GET", f"{parts.scheme}://{parts.netloc}{parts.path}?{query}")


def sign_in(served: Served, upstream: AuthorizedServer) -> None:
    answer = finish(served, upstream.visit(begin(served, upstream)))
    assert (answer.status_code, "signed in" in answer.text) == (200, True), answer.text
    wait_until(lambda: find_server(served, upstream.id)["state"] == "ready")


def test_server_that_wants_a_sign_in_says_so_once_and_is_not_started_again(served, upstream):
    view = find_server(served, upstream.id)
    assert (view["state"], view["restarts"]) == ("failed", 0)
    assert view["sign_in"] == {"needed": True, "signed_in": False, "url": "", "error": ""}
    assert f"tools sign-in {upstream.id}`" in view["error"]
    assert upstream.count("/register") == 0, "nothing is registered before the person wants it"


def test_person_signs_in_and_calls_carry_the_token(served, upstream):
    sign_in(served, upstream)
    view = find_server(served, upstream.id)
    assert view["sign_in"] == {"needed": False, "signed_in": True, "url": "", "error": ""}
    tried = served.person("POST", f"/api/tools/{upstream.id}/try", json={"tool": "whoami", "arguments": {}})
    assert (tried.json()["failed"], tried.json()["text"]) == (False, "hello")
    (parameters,) = [values for _, path, values in upstream.requests if path == "/authorize"]
    assert (parameters["code_challenge_method"], parameters["resource"]) == ("S256", upstream.url)
    assert upstream.count("/token", resource=upstream.url) == 1


def test_tokens_are_in_no_answer_and_no_settings(served, upstream):
    sign_in(served, upstream)
    (access, refresh) = next(iter(upstream.issued.items()))
    everything = served.person("GET", "/api/tools").text + (served.data / "settings.json").read_text()
    assert access not in everything
    assert refresh not in everything
    assert refresh in (served.data / "secrets.json").read_text()


def test_sign_in_holds_after_a_restart(served, upstream):
    sign_in(served, upstream)
    served.person("POST", f"/api/tools/{upstream.id}/restart")
    wait_until(lambda: find_server(served, upstream.id)["state"] == "ready")
    assert upstream.count("/authorize") == 1


def test_signing_out_forgets_tokens_and_registration(served, upstream):
    sign_in(served, upstream)
    view = served.person("DELETE", f"/api/tools/{upstream.id}/sign-in").json()
    assert next(server for server in view["servers"] if server["id"] == upstream.id)["sign_in"]["signed_in"] is False
    assert (upstream.count("/revoke"), upstream.issued) == (1, {})
    wait_until(lambda: find_server(served, upstream.id)["sign_in"]["needed"])
    assert next(iter(upstream.clients)) not in (served.data / "secrets.json").read_text()
    sign_in(served, upstream)
    assert upstream.count("/register") == 2


def test_signing_out_does_not_wait_for_a_server_that_is_away(served):
    with authorized_server() as upstream:
        upstream.id = add_servers(served, away={"url": upstream.url})["added"][0]
        sign_in(served, upstream)
    answer = served.person("DELETE", f"/api/tools/{upstream.id}/sign-in")
    assert answer.status_code == 200
    assert find_server(served, upstream.id)["sign_in"]["signed_in"] is False
    served.person("DELETE", f"/api/tools/{upstream.id}")


def test_removed_server_leaves_no_token_for_the_next_of_its_name(served, upstream):
    sign_in(served, upstream)
    served.person("DELETE", f"/api/tools/{upstream.id}")
    assert not any(access in (served.data / "secrets.json").read_text() for access in upstream.issued)
    add_servers(served, **{upstream.id: {"url": upstream.url}})
    assert find_server(served, upstream.id)["sign_in"]["signed_in"] is False


def test_server_at_another_address_never_gets_the_token(served, upstream):
    sign_in(served, upstream)
    with authorized_server() as other:
        add_servers(served, **{upstream.id: {"url": other.url}})
        assert find_server(served, upstream.id)["sign_in"]["signed_in"] is False
        assert set(other.tokens_seen) == {""}


@pytest.mark.parametrize("changes", [{"state": "guessed"}, {"state": ""}])
def test_answer_with_an_unknown_state_completes_nothing(served, upstream, changes):
    location = upstream.visit(begin(served, upstream))
    answer = finish(served, location, **changes)
    assert answer.status_code == 422
    assert upstream.count("/token") == 0
    assert finish(served, location).status_code == 200, "the person's own answer still counts"


def test_answer_counts_once(served, upstream):
    location = upstream.visit(begin(served, upstream))
    assert finish(served, location).status_code == 200
    assert finish(served, location).status_code == 422
    assert upstream.count("/token") == 1


def test_answer_with_a_parameter_twice_is_refused(served, upstream):
    location = upstream.visit(begin(served, upstream))
    assert loopback.request("GET", f"{location}&code=other").status_code == 422
    assert upstream.count("/token") == 0


def test_answer_of_another_issuer_completes_nothing(served, upstream):
    upstream.answers = {"iss": "https://other.example"}
    answer = finish(served, upstream.visit(begin(served, upstream)))
    assert answer.status_code == 502
    assert upstream.count("/token") == 0, "the code of another server's user would be exchanged"
    assert "failed" in find_server(served, upstream.id)["sign_in"]["error"]


def test_denied_sign_in_says_so(served, upstream):
    upstream.is_denied = True
    answer = finish(served, upstream.visit(begin(served, upstream)))
    assert (answer.status_code, "denied by you" in answer.text) == (403, True)
    assert find_server(served, upstream.id)["sign_in"]["signed_in"] is False


@pytest.mark.parametrize("page", ["http://phishing.example/authorize", "https://user@phishing.example/"])
def test_page_that_no_browser_should_open_is_not_offered(served, upstream, page):
    upstream.page = page
    answer = served.person("POST", f"/api/tools/{upstream.id}/sign-in")
    assert (answer.status_code, "not https" in answer.text) == (502, True)


def test_sign_in_is_begun_by_the_person_only(served, upstream):
    for headers in ({}, {"Origin": "https://attacker.example"}):
        answer = loopback.request("POST", f"{served.local}/api/tools/{upstream.id}/sign-in", headers=headers)
        assert answer.status_code in {401, 403}
    answer = served.person("POST", f"/api/tools/{upstream.id}/sign-in", headers={"Origin": "https://attacker.example"})
    assert answer.status_code == 403
    assert not upstream.clients


def test_server_that_is_started_here_has_no_sign_in(served):
    assert find_server(served)["sign_in"] is None
    assert served.person("POST", "/api/tools/crm/sign-in").status_code == 422


def test_new_sign_in_replaces_the_one_that_waits(served, upstream):
    former, page = begin(served, upstream), begin(served, upstream)
    assert find_server(served, upstream.id)["sign_in"]["url"] == page
    assert finish(served, upstream.visit(former)).status_code == 422
    assert finish(served, upstream.visit(page)).status_code == 200


def test_header_that_authenticates_leaves_no_sign_in(served, upstream):
    add_servers(served, keyed={"url": upstream.url, "headers": {"authorization": "Bearer own-key"}})
    assert find_server(served, "keyed")["sign_in"] is None
    served.person("DELETE", "/api/tools/keyed")


def test_callers_never_use_the_sign_in_of_the_person(served, upstream):
    sign_in(served, upstream)
    path, caller = f"/api/tools/{upstream.id}", "header.ann.signature"
    assert served.person("PUT", f"{path}/trust", json={"trusted": True}).status_code == 200
    assert served.person("PUT", f"{path}/caller-tokens", json={"enabled": True}).status_code == 200
    refused = served.call("POST", "/tools/whoami", caller, json={})
    assert refused.status_code == 401, refused.text
    assert "refused your token" in refused.json()["detail"]
    upstream.issued[caller] = ""
    upstream.tokens_seen.clear()
    assert served.call("POST", "/tools/whoami", caller, json={}).status_code == 200
    assert set(upstream.tokens_seen) == {caller}
