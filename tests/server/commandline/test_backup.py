from pathlib import Path


def test_backup_is_restored_and_its_keys_are_invalid(deskhand, serve, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    served = serve()
    key = served.make_client("bot")
    backed_up = deskhand("backup", str(file))
    assert backed_up.returncode == 0, backed_up.stderr
    refused = deskhand("restore", str(file))
    assert refused.returncode == 1
    served.person("DELETE", "/api/clients/bot")
    served.background.stop()
    restored = deskhand("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    again = serve()
    assert again.call("GET", "/apps/list", key).status_code == 401
    again.background.stop()
    assert deskhand("restore", str(file), "--with-access").returncode == 0
    assert serve().call("GET", "/apps/list", key).status_code == 200
