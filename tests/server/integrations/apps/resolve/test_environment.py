import sys

from server.integrations.apps.resolve.environment import clean, expand, home_of, system_of

PERSONS = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/h",
    "LANG": "de_DE.UTF-8",
    "LC_TIME": "C",
    "DISPLAY": ":0",
    "XDG_RUNTIME_DIR": "/run/u",
}


def test_only_the_persons_own_variables_are_kept():
    ours = {
        "DESKHAND_API_KEY": "k",
        "PYTHONPATH": "/x",
        "VIRTUAL_ENV": "/v",
        "GTK_MODULES": "m",
        "OPENAI_API_KEY": "k",
        "LD_PRELOAD": "x",
    }
    assert clean({**PERSONS, **ours}, "linux") == PERSONS


def test_windows_writes_names_in_any_case():
    persons = {"Path": "C:\\Windows", "SystemRoot": "C:\\Windows", "ProgramFiles(x86)": "C:\\P", "APPDATA": "C:\\A"}
    assert clean({**persons, "Deskhand": "x"}, "windows") == persons


def test_elsewhere_case_matters():
    assert clean({"home": "/h"}, "linux") == {}


def test_what_pyinstaller_put_before_the_libraries_is_undone():
    frozen = {"LD_LIBRARY_PATH": "/ours", "LD_LIBRARY_PATH_ORIG": "/persons"}
    assert clean(frozen, "linux", frozen=True) == {"LD_LIBRARY_PATH": "/persons"}
    assert clean({"LD_LIBRARY_PATH": "/ours"}, "linux", frozen=True) == {}
    assert clean({"LD_LIBRARY_PATH": "/persons"}, "linux", frozen=False) == {"LD_LIBRARY_PATH": "/persons"}


def test_our_own_folders_are_not_in_path(monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/venv")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(sys, "_MEIPASS", "/frozen", raising=False)
    assert clean({"PATH": "/venv/bin:/usr/bin::/frozen:/venv2/bin"}, "linux") == {"PATH": "/usr/bin:/venv2/bin"}


def test_platforms_have_the_names_of_the_list():
    assert [system_of(name) for name in ("win32", "darwin", "linux", "freebsd14")] == ["windows", "macos", "linux", "linux"]


def test_a_path_may_begin_with_the_persons_folder_or_a_variable():
    assert expand("~", {}, "/h") == "/h"
    assert expand("~/a", {}, "/h") == "/h/a"
    assert expand("%APPDATA%\\a", {"AppData": "C:\\A"}, "") == "C:\\A\\a"
    assert expand("%GONE%\\a", {}, "") == "%GONE%\\a"
    assert expand("/a/~", {}, "/h") == "/a/~"


def test_the_persons_folder_is_where_the_platform_says():
    assert home_of({"HOME": "/h"}) == "/h"
    assert home_of({"USERPROFILE": "C:\\h"}) == "C:\\h"
    assert home_of({})
