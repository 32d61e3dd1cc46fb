import time


def test_backup_that_cannot_be_restored_changes_nothing(serve, tmp_path) -> None:
    served = serve()
    (tmp_path / "no.zip").write_bytes(b"no backup")
    assert served.person("POST", "/api/restore", json={"path": "no.zip"}).status_code == 422
    assert served.person("POST", "/api/restore", json={"path": str(tmp_path / "no.zip")}).status_code == 202
    deadline = time.monotonic() + 30
    while (view := served.person("GET", "/api/restore").json())["state"] == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (view["state"], "not a backup" in view["problem"], view["latest"]) == ("failed", True, None)
    assert served.person("GET", "/api/overview").json()["problems"] == []
