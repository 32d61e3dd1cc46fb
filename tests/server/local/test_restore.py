import json
from pathlib import Path
from typing import Any

import pytest

from server.lifecycle import runtime_file
from server.local.restored_settings import NOTICE
from tests.server.conftest import Served
from tests.server.hostile_backup import make_hostile
from tests.server.restarts import wait_for_restart

AGENT = "#!/bin/sh\ntouch {ran}\necho ngrok version 3.22.1\n"


def restore(served: Served, file: Path) -> Served:
    """Restore in the running server, and wait until it has restarted."""
    running = runtime_file.read(served.data)
    assert running
    answer = served.person("POST", "/api/restore", json={"path": str(file)})
    assert answer.status_code == 202, answer.text
    return wait_for_restart(served, running.key)


def titles(served: Served) -> dict[str, str]:
    """The ids of the differences, by title."""
    differences = served.person("GET", "/api/restore").json()["differences"]
    return {difference["title"]: difference["id"] for difference in differences}


def decide(served: Served, title: str, decision: str = "accept") -> Any:
    return served.person("POST", f"/api/restore/differences/{titles(served)[title]}/{decision}")


def read_settings(served: Served) -> dict[str, Any]:
    path = served.data / "settings.json"
    stored = json.loads(path.read_text()) if path.exists() else {}
    return {name: fields["1"] for name, fields in stored.items()}


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """Settings of every kind that could open or run something."""
    agent = tmp_path / "evil" / "ngrok"
    agent.parent.mkdir()
    agent.write_text(AGENT.format(ran=tmp_path / "ran"))
    agent.chmod(0o700)
    return {
        "tunnel": {"agent_path": str(agent), "domain": "evil.ngrok.app", "open_at_start": True},
        "origins": {"allowed": ["https://evil.example"]},
        "oauth": {"registration_allowed": True, "access_minutes": 999},
        "approvals": {"allowance_minutes": 1440, "patience_seconds": 1},
        "gmail": {"endpoints": {"api": "https://evil.example"}, "timeout_seconds": 119},
        "retention": {"payload_days": 3650},
        "updates": {"feed_url": "https://evil.example/feed"},
        "updates_seen": {"address": "https://evil.example", "version": "99"},
        "nobody": {"knows": "this"},
        "look": {"theme": "dark"},
    }


def test_restored_backup_is_harmless_until_each_difference_is_accepted(serve, tmp_path, hostile) -> None:
    served = serve()
    key = served.make_client("bot")
    assert served.person("POST", "/api/backup", json={"path": str(tmp_path / "good.zip")}).status_code == 200
    apps = {"evil": {"name": "Evil", "platforms": {"linux": {"path": "/bin/sh"}}}, "gone": {"path": "/nowhere/evil"}}
    file = make_hostile(tmp_path / "good.zip", tmp_path / "bad.zip", hostile, apps)
    before = {name: fields for name, fields in read_settings(served).items() if name not in {"look", "restored"}}
    listed = served.data.joinpath("app_config.json").read_bytes()
    served = restore(served, file)
    after = read_settings(served)
    assert after.pop("look") == {"theme": "dark"}
    assert {name: fields for name, fields in after.items() if name != "restored"} == before
    assert served.data.joinpath("app_config.json").read_bytes() == listed
    assert served.call("GET", "/apps/list", key).status_code == 401
    assert not (tmp_path / "ran").exists(), "its agent is not even asked for its version"
    assert set(titles(served)) == {
        "Approvals: Minutes that a temporary approval applies",
        "Approvals: Seconds that a call waits for approval",
        "Client: bot",
        "Gmail: endpoints",
        "Gmail: Google timeout",
        "Program: Evil (evil)",
        "Program: gone",
        "Sign-ins: Let clients register themselves",
        "Tunnel: Open the tunnel at start",
        "Tunnel: Path of the ngrok program",
        "Tunnel: Reserved domain",
        "Updates: Address of the update check",
        "Web pages: Allowed origins",
        "Activity history: Keep request contents for",
        "nobody: unknown setting knows",
        "Sign-ins: unknown setting access_minutes",
    }
    assert NOTICE in served.person("GET", "/api/overview").json()["notices"]
    for difference in titles(served).values():
        assert served.person("POST", f"/api/restore/differences/{difference}/discard").status_code == 200
    assert titles(served) == {}
    assert NOTICE not in served.person("GET", "/api/overview").json()["notices"]
    assert served.call("GET", "/apps/list", key).status_code == 401
    report = served.person("GET", "/api/restore").json()["latest"]
    assert Path(report["replaced"]).joinpath("deskhand.db").is_file()


def test_tunnel_that_was_closed_stays_closed_after_a_restore(serve, tmp_path) -> None:
    served, file = serve(demo=True, tunnel=True), tmp_path / "good.zip"
    assert served.person("POST", "/api/backup", json={"path": str(file)}).status_code == 200
    assert served.person("POST", "/api/tunnel/close").json()["state"] == "off"
    assert restore(served, file).person("GET", "/api/tunnel").json()["state"] == "off"


def test_accepted_difference_is_in_force_and_a_discarded_one_is_gone(serve, tmp_path, hostile) -> None:
    served = serve()
    key = served.make_client("bot")
    served.person("POST", "/api/backup", json={"path": str(tmp_path / "good.zip")})
    hostile["tunnel"]["agent_path"] = "/bin/sh"
    hostile["origins"]["allowed"] = ["HTTPS://Notes.example.org/"]
    hostile["pause"] = {"until": "no time"}
    apps = {"shell": {"platforms": {"linux": {"path": "/bin/sh"}}}, "gone": {"path": "/nowhere/evil"}}
    served = restore(served, make_hostile(tmp_path / "good.zip", tmp_path / "bad.zip", hostile, apps))
    refused = decide(served, "Tunnel: Path of the ngrok program")
    assert (refused.status_code, "not ngrok's agent" in refused.text) == (422, True)
    assert decide(served, "Pause: Pause all actions until").status_code == 422
    assert decide(served, "Program: gone").status_code == 422
    assert decide(served, "Tunnel: Path of the ngrok program", "discard").status_code == 200
    for title in (
        "Tunnel: Reserved domain",
        "Web pages: Allowed origins",
        "Approvals: Seconds that a call waits for approval",
        "nobody: unknown setting knows",
        "Program: shell",
        "Client: bot",
    ):
        answer = decide(served, title)
        assert answer.status_code == 200, answer.text
        assert title not in titles(served)
    settings = read_settings(served)
    assert settings["tunnel"]["domain"] == "evil.ngrok.app"
    assert settings["tunnel"].get("agent_path") is None
    assert settings["origins"]["allowed"] == ["https://notes.example.org"]
    assert settings["approvals"].get("wait_seconds") == 1
    assert settings["nobody"] == {"knows": "this"}
    assert "shell" in {app["name"] for app in served.person("GET", "/api/apps").json()["apps"]}
    assert served.call("GET", "/apps/list", key).status_code == 200
    served.background.stop()
    again = serve()
    assert "Program: gone" in titles(again), "what waits is there after a restart"
    assert decide(again, "Program: gone", "discard").status_code == 200
    assert "Program: gone" not in titles(again)
    assert again.person("POST", "/api/restore/differences/none/accept").status_code == 404
