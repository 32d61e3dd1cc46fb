import os
import sys
from pathlib import Path

from desktop.command import outside_environment, own_command, own_environment


def test_it_starts_itself_again_as_it_was_started():
    assert own_command("--window", frozen=True) == [sys.executable, "--window"]
    assert own_command("--window", frozen=False) == [sys.executable, "-P", "-m", "desktop", "--window"]


def test_a_checkout_is_found_without_being_installed(tmp_path: Path):
    assert own_environment({"A": "b"}, tmp_path) == {"A": "b"}
    (tmp_path / "pyproject.toml").touch()
    assert own_environment({"PYTHONPATH": "x"}, tmp_path)["PYTHONPATH"] == f"{tmp_path}{os.pathsep}x"


def test_other_programs_do_not_get_our_libraries():
    ours = {"LD_LIBRARY_PATH": "/ours", "LD_LIBRARY_PATH_ORIG": "/theirs", "HOME": "/h"}
    assert outside_environment(ours, frozen=True) == {"LD_LIBRARY_PATH": "/theirs", "HOME": "/h"}
    assert outside_environment({"LD_LIBRARY_PATH": "/ours"}, frozen=True) == {}
    assert outside_environment(ours, frozen=False) == ours
