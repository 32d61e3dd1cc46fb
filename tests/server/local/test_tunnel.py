from tests import loopback
from tests.server.tunnel.tunnels import QUICK, read, until


def test_tunnel_opens_in_the_background_and_events_report_the_result(serve) -> None:
    served = serve(demo=True, tunnel_timing=QUICK)
    key = {"Authorization": served.person("GET", "/api/overview").request.headers["Authorization"]}
    with loopback.stream("GET", served.local + "/api/events", headers=key, timeout=30) as feed:
        lines = feed.iter_lines()
        assert served.person("POST", "/api/tunnel/open").json()["state"] == "opening"
        topics = []
        while "addresses" not in topics:
            if (line := next(lines)).startswith("event:"):
                topics.append(line.removeprefix("event:").strip())
    assert {"tunnel", "overview"} <= set(topics)
    assert until(served, "open")["opened_at"]
    assert served.person("POST", "/api/tunnel/close").json()["state"] == "off"
    assert served.person("POST", "/api/tunnel/close").json()["state"] == "off"


def test_tunnel_settings_are_updated_separately_and_secrets_are_never_shown(serve) -> None:
    served = serve()
    changed = served.person(
        "PUT", "/api/tunnel/settings", json={"domain": "https://desk.ngrok.app/", "authtoken": "2abcdefgh_IJ"}
    )
    assert changed.status_code == 200
    assert (changed.json()["domain"], changed.json()["reserved"], changed.json()["has_authtoken"]) == (
        "desk.ngrok.app",
        True,
        True,
    )
    assert "2abcdefgh_IJ" not in changed.text
    served.person("PUT", "/api/tunnel/settings", json={"open_at_start": True})
    tunnel = read(served)
    assert (tunnel["domain"], tunnel["open_at_start"], tunnel["keep_awake"]) == ("desk.ngrok.app", True, False)
    assert "2abcdefgh_IJ" not in (served.data / "settings.json").read_text()


def test_invalid_tunnel_setting_is_refused_with_a_sentence(serve) -> None:
    served = serve()
    for order in ({"domain": "no domain"}, {"authtoken": "x"}, {"agent_path": "ngrok"}):
        refused = served.person("PUT", "/api/tunnel/settings", json=order)
        assert refused.status_code == 422, order
        assert refused.json()["detail"].endswith(".")


def test_stopping_a_download_that_does_not_run_succeeds(serve) -> None:
    assert serve().person("DELETE", "/api/tunnel/agent").json()["download"] is None
