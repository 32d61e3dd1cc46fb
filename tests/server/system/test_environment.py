import os
import sys

from server.system.environment import clean, clean_environment, hidden_secrets, system_of

PERSONS = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/h",
    "LANG": "de_DE.UTF-8",
    "LC_TIME": "C",
    "DISPLAY": ":0",
    "XDG_RUNTIME_DIR": "/run/u",
}


def test_environment_has_the_variables_of_the_user_only():
    ours = {
        "DESKHAND_API_KEY": "k",
        "PYTHONPATH": "/x",
        "VIRTUAL_ENV": "/v",
        "GTK_MODULES": "m",
        "OPENAI_API_KEY": "k",
        "LD_PRELOAD": "x",
    }
    assert clean({**PERSONS, **ours}, "linux") == PERSONS


def test_variable_names_are_case_insensitive_on_windows():
    persons = {"Path": "C:\\Windows", "SystemRoot": "C:\\Windows", "ProgramFiles(x86)": "C:\\P", "APPDATA": "C:\\A"}
    assert clean({**persons, "Deskhand": "x"}, "windows") == persons


def test_variable_names_are_case_sensitive_elsewhere():
    assert clean({"home": "/h"}, "linux") == {}


def test_library_path_set_by_pyinstaller_is_restored():
    frozen = {"LD_LIBRARY_PATH": "/ours", "LD_LIBRARY_PATH_ORIG": "/persons"}
    assert clean(frozen, "linux", frozen=True) == {"LD_LIBRARY_PATH": "/persons"}
    assert clean({"LD_LIBRARY_PATH": "/ours"}, "linux", frozen=True) == {}
    assert clean({"LD_LIBRARY_PATH": "/persons"}, "linux", frozen=False) == {"LD_LIBRARY_PATH": "/persons"}


def test_folders_of_the_frozen_program_are_not_in_path(monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/venv")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(sys, "_MEIPASS", "/frozen", raising=False)
    assert clean({"PATH": "/venv/bin:/usr/bin::/frozen:/venv2/bin"}, "linux") == {"PATH": "/usr/bin:/venv2/bin"}


def test_platforms_have_the_names_of_the_list():
    assert [system_of(name) for name in ("win32", "darwin", "linux", "freebsd14")] == ["windows", "macos", "linux", "linux"]


def test_child_gets_the_clean_environment_of_this_process(monkeypatch):
    monkeypatch.setenv("DESKHAND_API_KEY", "k")
    monkeypatch.setenv("LC_TIME", "C")
    assert clean_environment() == clean(os.environ, system_of())
    assert clean_environment()["LC_TIME"] == "C"
    assert "DESKHAND_API_KEY" not in clean_environment()


KEYS = ["API_KEY", "DESKHAND_API_KEY", "NGROK_AUTHTOKEN", "NGROK_API_KEY", "OPENAI_API_KEY", "OPENAI_CLIENT_SECRET"]


def test_secrets_are_hidden_from_programs_with_our_own_environment(monkeypatch):
    for name in KEYS:
        monkeypatch.setenv(name, "secret")
    with hidden_secrets():
        assert not set(KEYS) & set(os.environ)
    assert [os.environ[name] for name in KEYS] == ["secret"] * len(KEYS)
