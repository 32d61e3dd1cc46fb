import json

import httpx2

from tests.server.tunnel.tunnels import QUICK, agents


def test_on_prints_the_address_and_off_takes_it_away(deskhand, serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    opened = deskhand("tunnel", "on")
    assert (opened.returncode, opened.stderr) == (0, "")
    address = opened.stdout.strip()
    assert httpx2.get(address + "/health", trust_env=False).status_code == 200
    assert address in deskhand("tunnel", "status").stdout
    assert json.loads(deskhand("tunnel", "status", "--json").stdout)["requests_this_month"] == 1
    assert address in deskhand("addresses").stdout
    assert deskhand("tunnel", "off").stdout == "The tunnel is off.\n"
    assert not agents(served.data)


def test_a_tunnel_that_cannot_be_opened_ends_with_1_and_what_to_do(deskhand, serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    served.person("PUT", "/api/tunnel/settings", json={"authtoken": "revoked-token"})
    failed = deskhand("tunnel", "on")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "does not know this authtoken" in failed.stderr
    assert "dashboard.ngrok.com" in failed.stderr
    assert "does not know" in deskhand("tunnel", "status").stdout


def test_with_a_proxy_of_ones_own_it_says_why_not(deskhand, serve) -> None:
    serve(public_url="https://desk.example.org")
    failed = deskhand("tunnel", "on")
    assert (failed.returncode, "--public-url" in failed.stderr) == (1, True)
    assert "https://desk.example.org" in deskhand("tunnel", "status").stdout


def test_where_nothing_runs_it_says_so(deskhand) -> None:
    for word in ("on", "off", "status"):
        failed = deskhand("tunnel", word)
        assert (failed.returncode, "not running" in failed.stderr) == (1, True)
