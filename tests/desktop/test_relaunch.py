import os
import sys
from pathlib import Path

from desktop.relaunch import external_environment, hidden_secrets, relaunch_command, relaunch_environment


def test_it_starts_itself_again_as_it_was_started():
    assert relaunch_command("--window", frozen=True) == [sys.executable, "--window"]
    assert relaunch_command("--window", frozen=False) == [sys.executable, "-P", "-m", "desktop", "--window"]


def test_a_checkout_is_found_without_being_installed(tmp_path: Path):
    assert relaunch_environment({"A": "b"}, tmp_path) == {"A": "b"}
    (tmp_path / "pyproject.toml").touch()
    assert relaunch_environment({"PYTHONPATH": "x"}, tmp_path)["PYTHONPATH"] == f"{tmp_path}{os.pathsep}x"


def test_other_programs_do_not_get_our_libraries():
    ours = {"LD_LIBRARY_PATH": "/ours", "LD_LIBRARY_PATH_ORIG": "/theirs", "HOME": "/h"}
    assert external_environment(ours, frozen=True) == {"LD_LIBRARY_PATH": "/theirs", "HOME": "/h"}
    assert external_environment({"LD_LIBRARY_PATH": "/ours"}, frozen=True) == {}
    assert external_environment(ours, frozen=False) == ours


KEYS = ["API_KEY", "DESKHAND_API_KEY", "NGROK_AUTHTOKEN", "NGROK_API_KEY", "OPENAI_API_KEY", "OPENAI_CLIENT_SECRET"]


def test_no_other_program_gets_a_secret(tmp_path):
    environment = {"HOME": "/home/jo", "OPENAI_MODEL": "m", **dict.fromkeys(KEYS, "secret")}
    for kept in (relaunch_environment(environment, tmp_path), external_environment(environment, frozen=False)):
        assert kept == {"HOME": "/home/jo", "OPENAI_MODEL": "m"}


def test_what_can_only_get_our_own_variables_gets_no_secret_either(monkeypatch):
    for name in KEYS:
        monkeypatch.setenv(name, "secret")
    with hidden_secrets():
        assert not set(KEYS) & set(os.environ)
    assert [os.environ[name] for name in KEYS] == ["secret"] * len(KEYS)
