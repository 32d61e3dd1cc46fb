import socket

from server.http import ports
from server.integrations import list_names


def test_overview_has_the_state_and_the_problems(demo) -> None:
    overview = demo.person("GET", "/api/overview").json()
    assert overview["demo"] is True
    states = {integration["name"]: integration["state"] for integration in overview["integrations"]}
    assert states == dict.fromkeys(list_names(), "running")
    assert overview["problems"] == []
    assert overview["addresses"]["public"] == demo.public


def test_pause_begins_and_ends(demo) -> None:
    assert demo.person("POST", "/api/pause", json={"minutes": 15}).json()["paused_until"]
    assert demo.person("GET", "/api/overview").json()["paused_until"]
    assert demo.person("DELETE", "/api/pause").json()["paused_until"] is None
    assert demo.person("POST", "/api/pause", json={"minutes": -1}).status_code == 422


def test_backup_is_made_while_the_server_runs(demo, tmp_path) -> None:
    target = tmp_path / "backup.zip"
    assert demo.person("POST", "/api/backup", json={"path": str(target)}).status_code == 200
    assert target.is_file()
    again = demo.person("POST", "/api/backup", json={"path": str(target)})
    assert 400 <= again.status_code < 500


def test_notice_stays_until_it_is_dismissed(serve, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(ports, "USUAL_PORT", taken.getsockname()[1])
        served = serve(port=None)
        (notice,) = served.person("GET", "/api/overview").json()["notices"]
    assert "is held by" in notice
    assert served.person("GET", "/api/status").json()["look"] == "local"
    assert served.person("POST", "/api/notices/put-away", json={"notice": notice}).json()["notices"] == []
    assert served.person("GET", "/api/overview").json()["notices"] == []


def test_repaired_app_list_is_healthy_again(serve) -> None:
    served = serve()
    assert served.person("GET", "/api/overview").json()["problems"] == []  # it is loaded
    file = served.data / "app_config.json"
    good = file.read_bytes()
    file.write_bytes(b"{")
    assert served.person("GET", "/api/overview").json()["problems"]
    file.write_bytes(good)
    assert served.person("GET", "/api/overview").json()["problems"] == []
