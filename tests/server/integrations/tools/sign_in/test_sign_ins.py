from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import loopback
from tests.server.conftest import Served
from tests.server.integrations.tools.authorized import authorized_server, read_query
from tests.server.integrations.tools.gateway import add_servers, find_server, serve_crm, wait_until
from tests.server.integrations.tools.sign_in.test_listener import find_port


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sign-ins")


@pytest.fixture(scope="module")
def served(data: Path) -> Iterator[Served]:
    with serve_crm(data) as served:
        yield served


def test_registered_client_with_a_port_of_its_own_signs_in(served):
    port = find_port()
    with authorized_server() as upstream:
        upstream.clients["own-id"] = {"redirect_uris": [f"http://localhost:{port}/callback"]}
        oauth = {"clientId": "own-id", "clientSecret": "own-secret", "callbackPort": port}
        (name,) = add_servers(served, registered={"url": upstream.url, "oauth": oauth})["added"]
        assert "own-secret" not in (served.data / "settings.json").read_text()
        page = served.person("POST", f"/api/tools/{name}/sign-in").json()["url"]
        sent_on = loopback.request("GET", upstream.visit(page))
        assert sent_on.status_code == 302
        assert loopback.request("GET", sent_on.headers["location"]).status_code == 200
        assert upstream.count("/token", client_id="own-id", client_secret="own-secret") == 1
        assert upstream.count("/register") == 0
        wait_until(lambda: find_server(served, name)["state"] == "ready")
        served.person("DELETE", f"/api/tools/{name}")


def test_server_that_signs_in_by_itself_runs_when_it_is_added(served):
    with authorized_server() as upstream:
        oauth = {
            "grant_type": "client_credentials",
            "client_id": "machine",
            "client_secret": "machine-secret",
            "issuer": upstream.address,
        }
        (name,) = add_servers(served, machine={"url": upstream.url, "oauth": oauth})["added"]
        assert find_server(served, name)["state"] == "ready"
        answer = served.person("POST", f"/api/tools/{name}/sign-in")
        assert (answer.status_code, answer.json()["url"]) == (200, "")
        assert upstream.count("/authorize") == 0
        served.person("DELETE", f"/api/tools/{name}")


def test_removed_server_ends_a_sign_in_that_waits(served):
    with authorized_server() as upstream:
        (name,) = add_servers(served, removed={"url": upstream.url})["added"]
        page = served.person("POST", f"/api/tools/{name}/sign-in").json()["url"]
        served.person("DELETE", f"/api/tools/{name}")
        assert loopback.request("GET", upstream.visit(page)).status_code == 422
        assert upstream.count("/token") == 0


def test_server_that_is_not_confirmed_has_no_sign_in(tmp_path):
    """A configuration from a backup reaches nothing, also not for a sign-in, and brings no grant."""
    with authorized_server() as upstream:
        with serve_crm(tmp_path) as served:
            (name,) = add_servers(served, restored={"url": upstream.url})["added"]
            location = upstream.visit(served.person("POST", f"/api/tools/{name}/sign-in").json()["url"])
            assert loopback.request("GET", location).status_code == 200
        settings = tmp_path / "settings.json"
        settings.write_text(settings.read_text().replace(upstream.url, f"{upstream.url}/other"))
        seen = len(upstream.tokens_seen)
        with serve_crm(tmp_path) as served:
            view = find_server(served, name)
            assert (view["confirmed"], view["sign_in"]["signed_in"]) == (False, False)
            assert served.person("POST", f"/api/tools/{name}/sign-in").status_code == 409
            served.person("POST", f"/api/tools/{name}/confirm")
            wait_until(lambda: find_server(served, name)["state"] not in {"starting", "stopped"})
            assert find_server(served, name)["sign_in"]["signed_in"] is False
        assert set(upstream.tokens_seen[seen:]) <= {""}


def test_pages_ask_for_the_resource_of_their_server(served):
    with authorized_server() as upstream:
        (name,) = add_servers(served, resource={"url": f"{upstream.url}?key=value-of-the-key"})["added"]
        page = served.person("POST", f"/api/tools/{name}/sign-in").json()["url"]
        assert read_query(page)["resource"] == upstream.url
        served.person("DELETE", f"/api/tools/{name}")
