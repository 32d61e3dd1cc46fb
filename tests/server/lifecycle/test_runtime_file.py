import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from server.lifecycle import runtime_file
from server.lifecycle.runtime_file import Running
from server.storage.data_dir import open_home

NO_PROCESS = 2**22 + 1  # above what Linux numbers


def make(pid: int | None = None) -> Running:
    mine = runtime_file.make("http://a", 1, "http://b", "key")
    return mine if pid is None else replace(mine, pid=pid)


def test_running_server_is_found_and_a_stopped_one_is_not(tmp_path: Path) -> None:
    running = make()
    with open_home(tmp_path, demo=False):
        with runtime_file.publish(tmp_path, running) as file:
            assert file.stat().st_mode & 0o777 == 0o600
            assert runtime_file.read(tmp_path) == running
        assert runtime_file.read(tmp_path) is None


def test_runtime_file_of_a_killed_server_is_ignored(tmp_path: Path) -> None:
    with open_home(tmp_path, demo=False), runtime_file.publish(tmp_path, make(NO_PROCESS)):
        assert runtime_file.read(tmp_path) is None


def test_runtime_file_without_the_lock_of_its_folder_is_ignored(tmp_path: Path) -> None:
    with runtime_file.publish(tmp_path, make()):
        assert runtime_file.read(tmp_path) is None
        with open_home(tmp_path, demo=False):
            pass
        assert runtime_file.read(tmp_path) is None
        with open_home(tmp_path, demo=False):
            assert runtime_file.read(tmp_path), "to look has not taken the lock"


def test_another_process_with_the_same_pid_is_not_the_server(tmp_path: Path) -> None:
    with (
        open_home(tmp_path, demo=False),
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other,
        runtime_file.publish(tmp_path, replace(make(), pid=other.pid, started=make().started - 100)),
    ):
        assert runtime_file.read(tmp_path) is None
        other.communicate(b"\n")


def test_runtime_file_of_a_killed_server_is_removed_by_the_next(serve, tmp_path: Path) -> None:
    left = replace(make(), pid=os.getpid(), key="left")
    with runtime_file.publish(tmp_path, left):
        served = serve(tmp_path)
        instance = runtime_file.read(tmp_path)
        assert instance
        assert (instance.local, instance.key == "left") == (served.local, False)


def test_malformed_runtime_file_is_ignored(tmp_path: Path) -> None:
    with open_home(tmp_path, demo=False):
        for text in ("", "{", "[]", '{"public": 1}'):
            (tmp_path / runtime_file.NAME).write_text(text)
            assert runtime_file.read(tmp_path) is None
