import os
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

from server.integrations.apps.discovery.installed_programs import (
    list_bundles,
    list_menu,
    list_path,
    list_programs,
    list_shortcuts,
)
from server.integrations.apps.resolve.desktop_entry import read_command
from server.integrations.apps.resolve.launch_spec import Machine
from tests.server.integrations.apps.discovery.test_windows_shortcut import make_link

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs of these tests are written for POSIX")


def make_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def machine(tmp_path):
    """A computer that has what the test puts into it."""
    for name in ("bin", "more"):
        (tmp_path / name).mkdir()
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{tmp_path / 'more'}:relative:{tmp_path / 'gone'}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "own"),
        "XDG_DATA_DIRS": str(tmp_path / "shared"),
    }
    return Machine("linux", environment)


def write_shortcut(tmp_path, name, text, whose="shared"):
    file = tmp_path / whose / "applications" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"[Desktop Entry]\nType=Application\n{text}\n\n[Desktop Action new]\nName=Other\nExec=other\n")


def test_programs_in_path_are_listed_once_by_name(machine, tmp_path):
    make_program(tmp_path / "bin" / "tool")
    make_program(tmp_path / "more" / "tool")
    make_program(tmp_path / "more" / "other")
    (tmp_path / "bin" / "readme").write_text("no program")
    (tmp_path / "bin" / "folder").mkdir()
    executables = {program.program: program.executable for program in list_path(machine)}
    assert executables == {"tool": str(tmp_path / "bin" / "tool"), "other": str(tmp_path / "more" / "other")}


def test_menu_entries_are_listed(machine, tmp_path):
    make_program(tmp_path / "bin" / "writer")
    write_shortcut(tmp_path, "org.Writer.desktop", "Name=Writer\nName[de]=Schreiber\nGenericName=Editor\nExec=writer --new %U")
    for name, text in (
        ("hidden", "Name=Hidden\nNoDisplay=true\nExec=writer"),
        ("terminal", "Name=Top\nTerminal=true\nExec=writer"),
        ("gone", "Name=Gone\nExec=gone"),
        ("nothing", "Name=Nothing"),
        ("link", "Name=Link\nType=Link\nExec=writer"),
        ("broken", 'Name=Broken\nExec="writer'),
    ):
        write_shortcut(tmp_path, f"{name}.desktop", text)
    (program,) = list_shortcuts(machine)
    assert (program.title, program.program, program.arguments) == ("Writer", "org.Writer.desktop", ("--new",))
    assert (program.executable, program.words.strip()) == (str(tmp_path / "bin" / "writer"), "Editor")


def test_user_shortcut_hides_the_shared_one(machine, tmp_path):
    make_program(tmp_path / "bin" / "writer")
    write_shortcut(tmp_path, "writer.desktop", "Name=Writer\nExec=writer")
    write_shortcut(tmp_path, "writer.desktop", "Name=Writer\nHidden=true\nExec=writer", whose="own")
    assert list(list_shortcuts(machine)) == []


def test_pipe_or_device_is_skipped(machine, tmp_path):
    make_program(tmp_path / "bin" / "writer")
    write_shortcut(tmp_path, "writer.desktop", "Name=Writer\nExec=writer")
    os.mkfifo(tmp_path / "shared" / "applications" / "trap.desktop")
    (tmp_path / "shared" / "applications" / "zeros.desktop").symlink_to("/dev/zero")
    assert [program.title for program in list_shortcuts(machine)] == ["Writer"]
    assert read_command("trap.desktop", machine.environment, machine.home) == []
    assert read_command("zeros.desktop", machine.environment, machine.home) == []


def test_program_that_is_also_an_application_is_listed_once(machine, tmp_path):
    make_program(tmp_path / "bin" / "writer")
    make_program(tmp_path / "bin" / "reader")
    write_shortcut(tmp_path, "writer.desktop", "Name=Writer\nExec=writer %F")
    write_shortcut(tmp_path, "reader.desktop", "Name=Big reader\nExec=reader --big")
    mine = [program for program in list_programs(machine) if program.executable.startswith(str(tmp_path))]
    assert sorted((program.title, program.source) for program in mine) == [
        ("Big reader", "application"),
        ("Writer", "application"),
        ("reader", "path"),
    ]


def test_running_programs_are_listed_from_any_folder(machine, tmp_path):
    shutil.copy2(shutil.which("sleep"), tmp_path / "bin" / "napper")
    shutil.copy2(shutil.which("sleep"), tmp_path / "elsewhere")
    (tmp_path / "bin" / "alias").symlink_to("napper")
    running = [subprocess.Popen([tmp_path / name, "600"]) for name in ("bin/napper", "elsewhere")]
    try:
        mine = [program for program in list_programs(machine) if program.executable.startswith(str(tmp_path))]
        assert {(program.program, program.source, program.running) for program in mine} == {
            ("napper", "running", True),
            ("alias", "path", False),
            (str(tmp_path / "elsewhere"), "running", True),
        }
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_mac_applications_are_bundles(tmp_path):
    bundle = tmp_path / "Applications" / "Writer.app"
    make_program(bundle / "Contents" / "MacOS" / "writer-bin")
    (bundle / "Contents" / "Info.plist").write_bytes(plistlib.dumps({"CFBundleExecutable": "writer-bin"}))
    (tmp_path / "Applications" / "Empty.app").mkdir()
    bundles = list(list_bundles(Machine("macos", {"HOME": str(tmp_path)})))
    assert [(bundle_program.title, bundle_program.program) for bundle_program in bundles] == [("Writer", str(bundle))]
    assert bundles[0].executable == f"{bundle}/Contents/MacOS/writer-bin"


def test_windows_start_menu_resolves_to_programs(tmp_path):
    # Windows writes this folder with backslashes, which are part of a name here.
    menu = Path(f"{tmp_path}\\Microsoft\\Windows\\Start Menu\\Programs")
    (menu / "Tools").mkdir(parents=True)
    (menu / "Tools" / "Writer.lnk").write_bytes(make_link("C:\\Writer\\writer.exe"))
    (menu / "Manual.lnk").write_bytes(make_link("C:\\Writer\\manual.pdf"))
    (menu / "Gone.lnk").write_bytes(make_link("C:\\gone.exe"))
    machine = Machine("windows", {"APPDATA": str(tmp_path)}, lambda path: path != "C:\\gone.exe")
    assert [(program.title, program.program) for program in list_menu(machine)] == [("Writer", "C:\\Writer\\writer.exe")]
