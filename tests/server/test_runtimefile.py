import os
from pathlib import Path

from server import runtimefile
from server.runtimefile import Running

NO_PROCESS = 2**22 + 1  # above what Linux numbers


def test_a_running_server_is_found_and_one_that_has_gone_is_not(tmp_path: Path) -> None:
    running = Running("http://a", 1, "http://b", os.getpid(), "key")
    with runtimefile.written(tmp_path, running) as file:
        assert file.stat().st_mode & 0o777 == 0o600
        assert runtimefile.read(tmp_path) == running
    assert runtimefile.read(tmp_path) is None


def test_the_file_of_a_killed_server_does_not_count(tmp_path: Path) -> None:
    with runtimefile.written(tmp_path, Running("http://a", 1, "http://b", NO_PROCESS, "key")):
        assert runtimefile.read(tmp_path) is None


def test_a_broken_file_does_not_count(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"public": 1}'):
        (tmp_path / runtimefile.NAME).write_text(text)
        assert runtimefile.read(tmp_path) is None
