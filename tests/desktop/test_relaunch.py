import os
import sys
from pathlib import Path

from desktop.relaunch import external_environment, hidden_secrets, relaunch_command, relaunch_environment


def test_relaunch_command_matches_how_it_was_started():
    assert relaunch_command("--window", frozen=True) == [sys.executable, "--window"]
    assert relaunch_command("--window", frozen=False) == [sys.executable, "-P", "-m", "desktop", "--window"]


def test_checkout_is_importable_without_installation(tmp_path: Path):
    assert relaunch_environment({"A": "b"}, tmp_path) == {"A": "b"}
    (tmp_path / "pyproject.toml").touch()
    assert relaunch_environment({"PYTHONPATH": "x"}, tmp_path)["PYTHONPATH"] == f"{tmp_path}{os.pathsep}x"


def test_external_programs_do_not_get_frozen_libraries():
    ours = {"LD_LIBRARY_PATH": "/ours", "LD_LIBRARY_PATH_ORIG": "/theirs", "HOME": "/h"}
    assert external_environment(ours, frozen=True) == {"LD_LIBRARY_PATH": "/theirs", "HOME": "/h"}
    assert external_environment({"LD_LIBRARY_PATH": "/ours"}, frozen=True) == {}
    assert external_environment(ours, frozen=False) == ours


KEYS = ["API_KEY", "DESKHAND_API_KEY", "NGROK_AUTHTOKEN", "NGROK_API_KEY", "OPENAI_API_KEY", "OPENAI_CLIENT_SECRET"]


def test_external_programs_get_no_secret(tmp_path):
    environment = {"HOME": "/home/jo", "OPENAI_MODEL": "m", **dict.fromkeys(KEYS, "secret")}
    for variables in (relaunch_environment(environment, tmp_path), external_environment(environment, frozen=False)):
        assert variables == {"HOME": "/home/jo", "OPENAI_MODEL": "m"}


def test_secrets_are_hidden_from_programs_with_our_own_environment(monkeypatch):
    for name in KEYS:
        monkeypatch.setenv(name, "secret")
    with hidden_secrets():
        assert not set(KEYS) & set(os.environ)
    assert [os.environ[name] for name in KEYS] == ["secret"] * len(KEYS)
