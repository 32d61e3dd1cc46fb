import json
from pathlib import Path

from tests.server.hostile_backup import make_hostile


def test_backup_is_restored_and_its_keys_are_invalid(deskhand, serve, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    served = serve()
    key = served.make_client("bot")
    backed_up = deskhand("backup", str(file))
    assert backed_up.returncode == 0, backed_up.stderr
    refused = deskhand("restore", str(file), "--yes")
    assert refused.returncode == 1
    served.person("DELETE", "/api/clients/bot")
    served.background.stop()
    restored = deskhand("restore", str(file), "--yes")
    assert restored.returncode == 0, restored.stderr
    again = serve()
    assert again.call("GET", "/apps/list", key).status_code == 401
    again.background.stop()
    assert deskhand("restore", str(file), "--yes", "--with-access").returncode == 0
    assert serve().call("GET", "/apps/list", key).status_code == 200


def test_restore_asks_first(deskhand, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    key = deskhand("clients", "create", "bot").stdout
    assert deskhand("backup", str(file)).returncode == 0
    refused = deskhand("restore", str(file), typed="n\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "sign-ins stop working. Continue? [y/N]" in refused.stderr
    assert key[:6] in deskhand("clients", "list").stdout
    restored = deskhand("restore", str(file), typed="y\n")
    assert (restored.returncode, "Restored." in restored.stdout) == (0, True)


def test_differences_of_a_restored_backup_are_confirmed_one_by_one(deskhand, serve, tmp_path: Path) -> None:
    served = serve()
    served.make_client("bot")
    served.background.stop()
    assert deskhand("backup", str(tmp_path / "good.zip")).returncode == 0
    settings = {
        "origins": {"allowed": ["https://evil.example"]},
        "nobody": {"knows": "th\u202eis"},
        "tunnel": {"agent_path": "sh"},
    }
    apps = {"shell": {"platforms": {"linux": {"path": "/bin/sh"}}}}
    file = make_hostile(tmp_path / "good.zip", tmp_path / "bad.zip", settings, apps)
    restored = deskhand("restore", str(file), "--yes")
    assert restored.returncode == 0, restored.stderr
    for part in ("5 changes", "Web pages: Allowed origins", "Program: shell", '"/bin/sh"', "Client: bot", "th\\u202eis"):
        assert part in restored.stdout
    listed = json.loads(deskhand("differences", "list", "--json").stdout)
    ids = {difference["title"].partition(": ")[0]: difference["id"] for difference in listed}
    accepted = deskhand("differences", "accept", ids["Web pages"], ids["Program"], ids["Client"])
    assert accepted.returncode == 0, accepted.stderr
    refused = deskhand("differences", "accept", ids["Tunnel"])
    assert (refused.returncode, "whole path" in refused.stderr) == (1, True)
    assert deskhand("differences", "discard").returncode == 2
    assert deskhand("differences", "discard", "--all").returncode == 0
    assert "nothing to confirm" in deskhand("differences", "list").stdout
    again = serve()
    assert again.person("GET", "/api/origins").json() == {"allowed": ["https://evil.example"]}
    assert "shell" in {app["name"] for app in again.person("GET", "/api/apps").json()["apps"]}
    assert [client["name"] for client in again.person("GET", "/api/clients").json() if not client["revoked_at"]] == ["bot"]
