import socket
from datetime import UTC, datetime, timedelta

from server.local.checks import tell_pause
from tests.server.tunnel.tunnels import QUICK, until

NOW = datetime(2026, 6, 17, 8, 41, tzinfo=UTC)


def read_checks(served) -> dict[str, tuple[bool, bool, str]]:
    """The checks by their subject: whether it is well, whether something is left to do, and the sentence."""
    return {
        check["what"]: (check["well"], check["to_do"], check["detail"]) for check in served.person("GET", "/api/checks").json()
    }


def wrong(served) -> list[str]:
    return [what for what, (well, _, _) in read_checks(served).items() if not well]


def test_pause_has_its_end_in_local_time(demo) -> None:
    demo.person("POST", "/api/pause", json={"minutes": 15})
    ends = datetime.fromisoformat(demo.person("GET", "/api/overview").json()["paused_until"]).astimezone()
    (detail,) = [check["detail"] for check in demo.person("GET", "/api/checks").json() if check["what"] == "Pause"]
    assert detail == f"Changes are blocked until {ends:%Y-%m-%d %H:%M}."
    assert tell_pause(NOW + timedelta(days=36_500), NOW) == "Changes are blocked until you resume them."


def test_health_checks_pass_in_demo_mode(demo) -> None:
    checks = demo.person("GET", "/api/checks").json()
    assert all(check["well"] for check in checks), checks
    assert {"Apps", "Gmail", "Settings", "Secrets"} <= {check["what"] for check in checks}


def test_connection_that_is_not_set_up_is_left_to_do(serve) -> None:
    checks = read_checks(serve())
    assert [checks[name][:2] for name in ("Gmail", "OMI", "Tunnel", "Clients", "Settings")] == [(True, True)] * 4 + [
        (True, False)
    ]
    assert "deskhand tunnel on" in checks["Tunnel"][2]
    assert "this computer only" in checks["Address"][2]


def test_tunnel_that_is_to_be_on_and_is_off_is_wrong(serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    served.person("PUT", "/api/tunnel/settings", json={"open_at_start": True})
    assert wrong(served) == ["Tunnel"]
    served.person("POST", "/api/tunnel/open")
    until(served, "open")
    assert wrong(served) == []


def test_open_tunnel_is_called_and_its_unreserved_address_found(serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    served.person("POST", "/api/tunnel/open")
    address = until(served, "open")["address"]
    checks = read_checks(served)
    assert checks["Address"] == (True, False, f"{address} reaches Deskhand.")
    assert checks["Domain"][:2] == (True, True)


def test_public_address_that_leads_nowhere_is_wrong(serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    served = serve(public_url=f"http://127.0.0.1:{port}")
    assert wrong(served) == ["Address"]
    assert "did not come back" in read_checks(served)["Address"][2]


def test_address_of_another_service_is_wrong(serve) -> None:
    other = serve()
    served = serve(other.data.parent / "second", public_url=other.local)
    assert "reached something else" in read_checks(served)["Address"][2]


def test_client_with_more_operations_than_chatgpt_takes_is_found(demo) -> None:
    demo.make_client("everything")
    demo.person("POST", "/api/clients", json={"name": "fits", "preset": "ask"})
    checks = read_checks(demo)
    assert "ChatGPT allows 30" in checks["Client everything"][2]
    assert not [what for what in checks if what in {"Client fits", "Clients"}]
