"""Failures of files and disks: the program starts, reports the problem and continues."""

import json
import signal
import subprocess
import sys

import pytest

from server.core.errors import Unavailable


def problems(served):
    response = served.person("GET", "/api/overview")
    assert response.status_code == 200, response.text
    return response.json()["problems"] + response.json()["notices"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\x00", b'{"_default": 5}', b'{"access": {"x": 1}}'])
def test_broken_settings_are_kept_aside_and_reported(serve, tmp_path, content) -> None:
    (tmp_path / "data").mkdir(0o700)
    (tmp_path / "data" / "settings.json").write_bytes(content)
    served = serve()
    (problem,) = problems(served)
    assert "settings could not be read" in problem
    (aside,) = served.data.glob("settings.broken-*.json")
    assert aside.read_bytes() == content
    assert aside.name in problem
    assert served.person("POST", "/api/pause", json={"minutes": 5}).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\x00", b'{"apps": 5}'])
def test_broken_app_list_is_reported_and_the_last_good_one_stays(serve, content) -> None:
    first = serve()
    before = first.call("GET", "/apps/list").json()
    first.background.stop()
    (first.data / "app_config.json").write_bytes(content)
    served = serve()
    (problem,) = problems(served)
    assert "app_config.json contains an error" in problem
    key = served.make_client("another")
    assert served.call("GET", "/apps/list", key).json()["apps"] == before["apps"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\x00"])
def test_broken_secrets_are_kept_aside_and_reported(serve, tmp_path, content) -> None:
    (tmp_path / "data").mkdir(0o700)
    (tmp_path / "data" / "secrets.json").write_bytes(content)
    served = serve()
    assert any("secrets could not be read" in problem for problem in problems(served))
    (aside,) = served.data.glob("secrets.broken-*.json")
    assert aside.read_bytes() == content


def test_unwritable_logs_are_reported(serve, tmp_path) -> None:
    (tmp_path / "data").mkdir(0o700)
    (tmp_path / "data" / "logs").write_text("a file in the place of the folder")
    served = serve()
    (problem,) = problems(served)
    assert "log can't be written" in problem
    assert served.call("GET", "/apps/list").status_code == 200


def test_unusable_data_folder_is_a_sentence(serve, tmp_path) -> None:
    (tmp_path / "data").write_text("a file in the place of the folder")
    with pytest.raises(Unavailable, match="cannot be used"):
        serve()


def test_crash_of_the_previous_run_is_reported(serve, tmp_path) -> None:
    (tmp_path / "data").mkdir(0o700)
    (tmp_path / "data" / "logs").mkdir()
    (tmp_path / "data" / "logs" / "crash.log").write_text("Fatal Python error: Segmentation fault")
    served = serve()
    (problem,) = problems(served)
    assert "ended unexpectedly" in problem
    served.background.stop()
    assert problems(serve()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal.")
def test_real_crash_is_reported_at_the_next_start(serve, root, tmp_path) -> None:
    command = [sys.executable, "-m", "server", "serve", "--json", "--port", "0", "--data-dir", tmp_path / "data"]
    program = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert json.loads(program.stdout.readline())["notices"] == []
    program.send_signal(signal.SIGSEGV)
    program.communicate()
    assert program.returncode == -signal.SIGSEGV
    served = serve()
    (problem,) = problems(served)
    assert "ended unexpectedly" in problem
    assert "Segmentation fault" in (served.data / "logs" / "crash.log.1").read_text()


def test_full_disk_while_running_is_reported_and_survived(serve, small_disk) -> None:
    served = serve(small_disk.folder / "data")
    key = served.make_client()
    small_disk.fill()
    refused = served.person("POST", "/api/clients", json={"name": "late"})
    assert refused.status_code == 503
    assert "disk is full" in refused.json()["detail"]
    paused = served.person("POST", "/api/pause", json={"minutes": 5})
    assert paused.status_code == 503
    assert "disk is full" in paused.json()["detail"]
    call = served.call("GET", "/apps/list", key)
    assert call.status_code in {200, 503}
    assert served.person("GET", "/api/overview").status_code == 200
    small_disk.make_room()
    assert served.person("POST", "/api/clients", json={"name": "late"}).status_code == 201
    assert served.call("GET", "/apps/list", key).status_code == 200


def test_start_on_a_full_disk_is_a_sentence_without_damage(serve, small_disk) -> None:
    first = serve(small_disk.folder / "data")
    first.make_client()
    first.background.stop()
    small_disk.fill()
    with pytest.raises(Unavailable, match="Make room"):
        serve(small_disk.folder / "data")
    small_disk.make_room()
    clients = serve(small_disk.folder / "data").person("GET", "/api/clients").json()
    assert [client["name"] for client in clients] == ["script"]
