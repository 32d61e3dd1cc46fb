import time
from dataclasses import replace

from tests.server.tunnel.tunnels import IMPATIENT, QUICK, agents, open_tunnel, read, until


def test_at_the_start_what_may_pass_by_itself_is_tried_again_and_then_told(serve) -> None:
    first = serve(demo=True)
    first.person("PUT", "/api/tunnel/settings", json={"open_at_start": True, "authtoken": "offline-token"})
    first.background.stop()
    served = serve(demo=True, tunnel_timing=IMPATIENT)
    assert until(served, "reconnecting")["problem"] == "ngrok could not be reached."
    assert until(served, "failed")["problem"] == "ngrok could not be reached."
    assert not agents(served.data)


def test_what_will_not_pass_is_not_tried_again(serve) -> None:
    first = serve(demo=True)
    first.person("PUT", "/api/tunnel/settings", json={"open_at_start": True, "authtoken": "revoked-token"})
    first.background.stop()
    served = serve(demo=True, tunnel_timing=replace(QUICK, first_delay=60))
    told = until(served, "failed")["problem"]
    assert {"what": "Tunnel", "well": False, "detail": told} in served.person("GET", "/api/checks").json()


def test_a_tunnel_that_no_longer_leads_anywhere_is_noticed_by_looking(serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    address = open_tunnel(served)
    agent = agents(served.data)[0]
    agent.suspend()  # its interface takes connections and never answers
    found = until(served, "open", lambda view: view["address"] != address)
    assert found["address"]
    assert not agent.is_running()


def test_looking_goes_on_while_all_is_well(serve) -> None:
    served = serve(demo=True, tunnel_timing=replace(QUICK, check=0.05))
    address = open_tunnel(served)
    began = time.monotonic()
    while time.monotonic() - began < 0.5:
        found = read(served)
        assert (found["state"], found["address"]) == ("open", address)
