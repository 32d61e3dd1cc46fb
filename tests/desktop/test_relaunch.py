import os
import sys
from pathlib import Path

from desktop.relaunch import relaunch_command, relaunch_environment


def test_relaunch_command_matches_how_it_was_started():
    assert relaunch_command("--window", frozen=True) == [sys.executable, "--window"]
    assert relaunch_command("--window", frozen=False) == [sys.executable, "-P", "-m", "desktop", "--window"]


def test_checkout_is_importable_without_installation(tmp_path: Path):
    assert relaunch_environment({"A": "b"}, tmp_path) == {"A": "b"}
    (tmp_path / "pyproject.toml").touch()
    assert relaunch_environment({"PYTHONPATH": "x"}, tmp_path)["PYTHONPATH"] == f"{tmp_path}{os.pathsep}x"


KEYS = ["API_KEY", "DESKHAND_API_KEY", "NGROK_AUTHTOKEN", "NGROK_API_KEY", "OPENAI_API_KEY", "OPENAI_CLIENT_SECRET"]


def test_own_programs_get_no_secret(tmp_path):
    environment = {"HOME": "/home/jo", "OPENAI_MODEL": "m", **dict.fromkeys(KEYS, "secret")}
    assert relaunch_environment(environment, tmp_path) == {"HOME": "/home/jo", "OPENAI_MODEL": "m"}
