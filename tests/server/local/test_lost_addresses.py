import time

import pytest

from tests.loopback import hold_port
from tests.server.access.oauth.programs import own

DEADLINE = 20.0


@pytest.fixture
def served(serve):
    return serve(demo=True)


def open_tunnel(served) -> str:
    """Open the tunnel and answer its address."""
    served.person("POST", "/api/tunnel/open")
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        tunnel = served.person("GET", "/api/tunnel").json()
        if tunnel["state"] == "open":
            served.public = tunnel["address"]
            return tunnel["address"]
        time.sleep(0.05)
    raise AssertionError(tunnel)


def test_client_used_through_a_lost_address_is_listed_until_its_key_is_replaced(served):
    used, unused, ended = (served.make_client(name) for name in ("used", "unused", "ended"))
    here = served.public
    first = open_tunnel(served)
    assert served.call("GET", "/apps/list", used).status_code == 200
    assert served.call("GET", "/apps/list", ended).status_code == 200
    assert served.person("GET", "/api/addresses/lost").json() == []
    served.person("POST", "/api/tunnel/close")
    served.public = here
    served.call("GET", "/apps/list", unused)
    with hold_port(first):
        assert open_tunnel(served) != first
    served.person("DELETE", "/api/clients/ended")
    (lost,) = served.person("GET", "/api/addresses/lost").json()
    assert (lost["address"], lost["clients"]) == (first, ["used"])
    served.person("POST", "/api/clients/used/key")
    assert served.person("GET", "/api/addresses/lost").json() == []


def test_oauth_client_of_a_lost_address_is_listed_until_its_secret_is_rotated(served):
    gpt = own(served)
    first = open_tunnel(served)
    token = gpt.sign_in()["access_token"]
    assert served.call("GET", "/apps/list", token).status_code == 200
    served.person("POST", "/api/tunnel/close")
    with hold_port(first):
        assert open_tunnel(served) != first
    (lost,) = served.person("GET", "/api/addresses/lost").json()
    assert (lost["address"], lost["clients"]) == (first, ["my-gpt"])
    served.person("POST", "/api/clients/my-gpt/oauth", json={})
    assert served.person("GET", "/api/addresses/lost").json() == []
