import pytest
from pydantic import ValidationError

from server.integrations.apps.allow_list.entries import AppsFile, Entry
from server.integrations.apps.models import Action


def read(value):
    return AppsFile.model_validate(value)


def test_flat_form_is_read():
    apps = read(
        {
            "MyApp": {"path": "C:\\Path\\To\\MyApp.exe", "type": "executable"},
            "customcommand": {"path": "mycommand --flag 'two words'", "type": "command"},
        }
    ).apps
    assert list(apps) == ["myapp", "customcommand"]
    assert apps["myapp"].platforms.windows[0].path == "C:\\Path\\To\\MyApp.exe"
    command = apps["customcommand"]
    assert (command.type, command.platforms.linux[0].path, command.args) == ("command", "mycommand", ["--flag", "two words"])


def test_flat_windows_command_keeps_its_backslashes():
    (entry,) = read({"app": {"path": '"C:\\Program Files\\A b\\a.exe" /x "c d"', "type": "command"}}).apps.values()
    assert entry.platforms.windows[0].path == "C:\\Program Files\\A b\\a.exe"
    assert entry.args == ["/x", "c d"]


def test_flat_form_may_be_mixed_with_the_new_one():
    apps = read({"version": 2, "apps": {"a": {"path": "gedit", "aliases": ["Editor"]}}}).apps
    assert apps["a"].aliases == ["editor"]


def test_flat_list_may_have_an_app_called_apps():
    assert list(read({"apps": {"path": "gedit", "type": "executable"}}).apps) == ["apps"]


def test_new_form_is_read_completely():
    apps = read(
        {
            "version": 2,
            "apps": {
                "Editor": {
                    "name": "Editor",
                    "aliases": ["Ed"],
                    "platforms": {
                        "windows": [{"aumid": "A.b_c!App"}, {"uri": "spotify:"}, {"path": "%LOCALAPPDATA%\\a.exe"}],
                        "macos": {"bundle": "com.apple.TextEdit"},
                        "linux": [{"path": "~/bin/edit"}, {"desktop": "org.gnome.TextEditor.desktop"}, {"flatpak": "org.a.B"}],
                    },
                    "args": ["--app={target}"],
                    "presets": {"Quiet": ["-q"]},
                    "cwd": "~",
                    "env": {"A": "b"},
                    "match": {"exe": ["/usr/bin/x"], "process_name": ["x"], "cmdline": ["--y"]},
                    "allow": ["start", "open"],
                    "open": {"files": ["~/Documents"], "addresses": ["https://example.com/a/*"]},
                    "confirm": True,
                    "stop": {"method": "kill", "timeout_s": 3, "only_ours": False},
                    "single_instance": False,
                    "enabled": True,
                }
            },
        }
    ).apps
    assert apps["editor"].actions() == [Action.start, Action.open]
    assert list(apps["editor"].presets) == ["quiet"]


def test_actions_have_their_default():
    assert Entry().actions() == [Action.start, Action.stop, Action.restart]
    assert Entry(open={"files": ["/x"]}).actions() == list(Action)
    assert Entry(allow=["open"]).actions() == []


@pytest.mark.parametrize(
    "path",
    ["./a", "a/b", "..\\a.exe", "C:a.exe", "dir\\a.exe", "", ".", "..", " a", "a\0b", "file:a", "\\a.exe", "~other/a"],
)
def test_program_that_depends_on_the_working_folder_is_refused(path):
    with pytest.raises(ValidationError):
        Entry(platforms={"linux": {"path": path}})


@pytest.mark.parametrize(
    "path", ["gedit", "/usr/bin/gedit", "~/bin/a", "C:\\a b\\c.exe", "%SystemRoot%\\a.exe", "\\\\host\\share\\a.exe"]
)
def test_program_with_a_full_path_is_accepted(path):
    assert Entry(platforms={"linux": {"path": path}}).platforms.linux[0].path == path


@pytest.mark.parametrize(
    "entry",
    [
        {"alow": ["start"]},
        {"allow": ["kill"]},
        {"platforms": {"linux": {}}},
        {"platforms": {"linux": {"path": "a", "flatpak": "b"}}},
        {"platforms": {"linux": {"uri": "spotify:"}}},
        {"platforms": {"linux": {"args": ["x"]}}},
        {"platforms": {"linux": {"path": "a", "args": ["{target}{target}"]}}},
        {"platforms": {"linux": {"desktop": "../x.desktop"}}},
        {"platforms": {"linux": {"flatpak": "--command=sh"}}},
        {"platforms": {"windows": {"uri": "no address"}}},
        {"platforms": {"windows": {"aumid": "a b"}}},
        {"platforms": {"macos": {"bundle": '" & do shell script "'}}},
        {"args": "one string"},
        {"args": ["{target}", "{target}"]},
        {"args": ["a\0b"]},
        {"env": {"A=B": "c"}},
        {"cwd": "relative"},
        {"match": {"exe": ["name"]}},
        {"open": {"files": ["Documents"]}},
        {"open": {"addresses": ["http://example.com"]}},
        {"open": {"addresses": ["https://*.example.com"]}},
        {"open": {"addresses": ["https://user@example.com"]}},
        {"open": {"addresses": ["https://Example.com"]}},
        {"open": {"addresses": ["https://example.com*"]}},
        {"stop": {"timeout_s": 1000}},
        {"stop": {"method": "maybe"}},
    ],
)
def test_invalid_entry_is_refused(entry):
    with pytest.raises(ValidationError):
        Entry.model_validate(entry)


@pytest.mark.parametrize(
    "value",
    [
        {"version": 3, "apps": {}},
        {"version": 2, "apps": {"A": {"path": "x"}, "a ": {"path": "y"}}},
        {"version": 2, "apps": {"a": {"path": "x", "aliases": ["b"]}, "b": {"path": "y"}}},
        {"version": 2, "apps": {"a/b": {"path": "x"}}},
        {"version": 2, "apps": {"": {"path": "x"}}},
        {"version": 2, "apps": {}, "other": 1},
        {"a": {"path": "", "type": "command"}},
        {"a": {"path": "'", "type": "command"}},
        {"a": {"path": "x", "type": "shell"}},
        {"a": {"path": 5}},
        {"a": "x"},
        [],
    ],
)
def test_invalid_list_is_refused(value):
    with pytest.raises(ValidationError):
        read(value)
