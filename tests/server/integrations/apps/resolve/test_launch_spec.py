import plistlib

import pytest

from server.core.errors import InvalidInput
from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.resolve.launch_spec import Machine, is_batch, resolve
from server.system.processes import Pattern

WINDOWS = {
    "SystemRoot": "C:\\Windows",
    "Path": "relative;C:\\Windows\\System32;D:\\Tools",
    "PATHEXT": ".COM;.EXE;.BAT;.CMD",
    "LOCALAPPDATA": "C:\\Users\\Ann\\AppData\\Local",
    "USERPROFILE": "C:\\Users\\Ann",
}


def on_windows(*there):
    return Machine("windows", WINDOWS, lambda path: path in there)


def on_macos(*there):
    return Machine("macos", {"HOME": "/home-of-ann", "PATH": "/usr/bin"}, lambda path: path in there)


def on_linux(folder):
    return Machine("linux", {"HOME": str(folder), "PATH": f"relative:{folder}/bin", "XDG_DATA_DIRS": f"{folder}/share"})


def entry(system, *candidates, **more):
    return Entry.model_validate({"platforms": {system: list(candidates)}, **more})


def program(folder, name):
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_bare_name_is_looked_up_in_path_only(tmp_path, monkeypatch):
    edit = program(tmp_path, "edit")
    monkeypatch.chdir(tmp_path / "bin")
    launch_spec = resolve(entry("linux", {"path": "edit"}), on_linux(tmp_path))
    assert launch_spec.command() == (edit,)
    (tmp_path / "relative").mkdir()
    (tmp_path / "bin" / "edit").rename(tmp_path / "relative" / "edit")
    monkeypatch.chdir(tmp_path)
    assert resolve(entry("linux", {"path": "edit"}), on_linux(tmp_path)) is None


def test_first_existing_candidate_is_used(tmp_path):
    second = program(tmp_path, "second")
    program(tmp_path, "third")
    launch_spec = resolve(entry("linux", {"path": "first"}, {"path": "~/bin/second"}, {"path": "third"}), on_linux(tmp_path))
    assert launch_spec.command() == (second,)


def test_file_that_is_not_executable_is_no_program(tmp_path):
    (tmp_path / "text").write_text("x")
    assert resolve(entry("linux", {"path": str(tmp_path / "text")}), on_linux(tmp_path)) is None


def test_candidates_of_other_platforms_are_skipped(tmp_path):
    program(tmp_path, "edit")
    assert resolve(entry("windows", {"path": "edit"}), on_linux(tmp_path)) is None


def test_windows_path_is_no_program_elsewhere(tmp_path):
    assert resolve(Entry.model_validate({"path": "C:\\a\\b.exe"}), on_linux(tmp_path)) is None


def test_desktop_file_sets_the_command(tmp_path):
    edit = program(tmp_path, "edit")
    (tmp_path / "share" / "applications").mkdir(parents=True)
    (tmp_path / "share" / "applications" / "edit.desktop").write_text('[Desktop Entry]\nExec=edit --name "a b" %U\n')
    launch_spec = resolve(entry("linux", {"desktop": "edit.desktop"}, args=["-x"]), on_linux(tmp_path))
    assert launch_spec.kind == "desktop"
    assert launch_spec.command() == (edit, "--name", "a b", "-x")
    assert launch_spec.command(target="/a file") == (edit, "--name", "a b", "/a file", "-x")


def test_flatpak_is_run_if_it_is_installed(tmp_path):
    flatpak = program(tmp_path, "flatpak")
    app_entry = entry("linux", {"flatpak": "org.a.B"}, args=["-x"])
    assert resolve(app_entry, on_linux(tmp_path)) is None
    (tmp_path / ".local/share/flatpak/app/org.a.B").mkdir(parents=True)
    launch_spec = resolve(app_entry, on_linux(tmp_path))
    assert launch_spec.command() == (flatpak, "run", "org.a.B", "-x")
    assert launch_spec.pattern.programs == ()


def test_bare_name_gets_its_suffix_from_pathext_on_windows():
    launch_spec = resolve(entry("windows", {"path": "tool"}), on_windows("relative\\tool.exe", "D:\\Tools\\tool.exe"))
    assert launch_spec.command() == ("D:\\Tools\\tool.exe",)


def test_variables_and_home_are_expanded_on_windows():
    there = "C:\\Users\\Ann\\AppData\\Local\\Programs\\Code.exe"
    app_entry = entry("windows", {"path": "%ProgramFiles%\\Code.exe"}, {"path": "%localappdata%\\Programs\\Code.exe"})
    launch_spec = resolve(app_entry, on_windows(there))
    assert launch_spec.command() == (there,)
    assert launch_spec.folder == "C:\\Users\\Ann"


def test_addresses_and_store_apps_are_opened_by_explorer_on_windows():
    store = resolve(entry("windows", {"aumid": "Calc_8we!App"}), on_windows())
    assert store.command() == ("C:\\Windows\\explorer.exe", "shell:AppsFolder\\Calc_8we!App")
    music = resolve(entry("windows", {"uri": "spotify:"}), on_windows())
    assert music.command() == ("C:\\Windows\\explorer.exe", "spotify:")
    for launch_spec in (store, music):
        assert launch_spec.hands_over
        assert launch_spec.pattern.programs == ()
        with pytest.raises(InvalidInput):
            launch_spec.command(target="C:\\a.txt")


@pytest.mark.parametrize("name", ["D:\\a.bat", "D:\\a.CMD", "D:\\a.cmd. .", "D:\\a.bat "])
def test_batch_file_gets_no_argument_of_a_caller(name):
    assert is_batch(name)


def test_batch_file_runs_with_the_arguments_of_the_list_only():
    launch_spec = resolve(entry("windows", {"path": "D:\\a.bat"}, args=["/x"]), on_windows("D:\\a.bat"))
    assert launch_spec.command(("/preset",)) == ("D:\\a.bat", "/x", "/preset")
    with pytest.raises(InvalidInput, match="batch file"):
        launch_spec.command(target="C:\\a.txt")


def test_bundle_is_opened_by_its_identifier_on_macos():
    app_entry = entry("macos", {"bundle": "com.apple.TextEdit"}, args=["--one", "--x={target}"])
    launch_spec = resolve(app_entry, on_macos())
    assert launch_spec.command() == ("/usr/bin/open", "-b", "com.apple.TextEdit", "--args", "--one")
    assert launch_spec.command(("-p",), "/a file") == (
        *("/usr/bin/open", "-b", "com.apple.TextEdit", "/a file"),
        *("--args", "--one", "-p"),
    )
    assert resolve(entry("macos", {"bundle": "com.apple.TextEdit"}), on_macos()).command() == (
        *("/usr/bin/open", "-b", "com.apple.TextEdit"),
    )
    assert launch_spec.hands_over


def test_bundle_is_installed_if_its_executable_is_on_macos():
    executable = "/Applications/A.app/Contents/MacOS/A"
    app_entry = entry("macos", {"bundle": "a.b"}, match={"exe": [executable]})
    assert resolve(app_entry, on_macos()) is None
    launch_spec = resolve(app_entry, on_macos(executable))
    assert [known.executable for known in launch_spec.pattern.programs] == [executable]


def test_application_is_its_named_executable_on_macos(tmp_path):
    application = tmp_path / "A.app"
    executable = application / "Contents" / "MacOS" / "Runner"
    executable.parent.mkdir(parents=True)
    executable.write_text("x")
    (application / "Contents" / "Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "Runner"}))
    launch_spec = resolve(entry("macos", {"path": str(application)}), on_macos(str(executable)))
    assert launch_spec.command() == (str(executable),)
    (application / "Contents" / "Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "../../evil"}))
    assert resolve(entry("macos", {"path": str(application)}), on_macos(str(executable))) is None


def test_target_is_one_argument_with_any_content(tmp_path):
    edit = program(tmp_path, "edit")
    launch_spec = resolve(entry("linux", {"path": "edit"}, args=["-x", "{target}", "-y"]), on_linux(tmp_path))
    assert launch_spec.command(("-p",), "/a {target} b; c") == (edit, "-x", "/a {target} b; c", "-y", "-p")
    assert launch_spec.command() == (edit, "-x", "-y")
    plain = resolve(entry("linux", {"path": "edit"}, args=["-x"]), on_linux(tmp_path))
    assert plain.command(("-p",), "/a b") == (edit, "-x", "-p", "/a b")


def test_process_is_recognized_by_its_fixed_arguments(tmp_path):
    program(tmp_path, "edit")
    launch_spec = resolve(entry("linux", {"path": "edit"}, args=["-x", "{target}", "-y"]), on_linux(tmp_path))
    assert launch_spec.pattern.programs[0].arguments == ("-x",)


def test_entry_adds_its_own_variables(tmp_path):
    program(tmp_path, "edit")
    launch_spec = resolve(entry("linux", {"path": "edit"}, env={"A": "b"}, cwd="~/bin"), on_linux(tmp_path))
    assert launch_spec.environment["A"] == "b"
    assert launch_spec.folder == str(tmp_path / "bin")


def test_candidate_may_have_its_own_arguments(tmp_path):
    edit = program(tmp_path, "edit")
    launch_spec = resolve(entry("linux", {"path": "edit", "args": ["-n", "1"]}, args=["-x"]), on_linux(tmp_path))
    assert launch_spec.command() == (edit, "-n", "1")
    assert launch_spec.pattern.programs[0].arguments == ("-n", "1")


def test_shared_interpreter_is_recognized_only_if_deskhand_started_it(tmp_path):
    program(tmp_path, "edit")
    launch_spec = resolve(entry("linux", {"path": "edit"}, match={"own": False}), on_linux(tmp_path))
    assert launch_spec.pattern == Pattern()
