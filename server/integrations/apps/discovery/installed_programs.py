"""The programs that there are on this computer: applications, what lies in PATH, and what runs. All of it blocks."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from server.integrations.apps.allow_list.entries import TARGET
from server.integrations.apps.discovery import windows_shortcut
from server.integrations.apps.resolve import desktop_entry
from server.integrations.apps.resolve.launch_spec import Machine, program_in_bundle
from server.system import processes
from server.system.files import read_small_file

Source = Literal["application", "running", "path"]
MAC_FOLDERS = ("/Applications", "/Applications/Utilities", "/System/Applications", "/System/Applications/Utilities")
MENU = "Microsoft\\Windows\\Start Menu\\Programs"
APP_PATHS = "Software\\Microsoft\\Windows\\CurrentVersion\\App Paths"
MOST = 5000  # of one source


@dataclass(frozen=True)
class Installed:
    """A program. `program`: what is written into the list; `words`: what else it is found by."""

    title: str
    program: str
    executable: str
    source: Source
    arguments: tuple[str, ...] = ()
    words: str = ""
    running: bool = False


def list_programs(machine: Machine) -> list[Installed]:
    """List all programs once: as an application, else as a running process, else from PATH."""
    live = processes.running_executables()
    menu = {"macos": list_bundles, "windows": list_menu, "linux": list_shortcuts}[machine.system]
    applications = {(program.executable, program.arguments): program for program in reversed([*menu(machine)])}
    plain = {executable for executable, arguments in applications if not arguments}
    path = [program for program in list_path(machine) if program.executable not in plain]
    named = {program.executable for program in path}
    known = [*applications.values(), *path]
    reals = {program: processes.real(program.executable) for program in known}
    # Where a name is a link to another that is known too, only that one is what runs.
    runs = {
        program
        for program, real in reals.items()
        if real in live and not program.arguments and (program.executable == real or real not in named)
    }
    others = [Installed(Path(file).name, file, file, "running") for file in sorted(live - set(reals.values()))]
    return [mark_running(program) if program in runs else program for program in known] + [
        mark_running(program) for program in others if machine.is_there(program.executable)
    ]


def mark_running(program: Installed) -> Installed:
    """The same program, which runs."""
    return replace(program, running=True, source="running" if program.source == "path" else program.source)


def list_shortcuts(machine: Machine) -> Iterator[Installed]:
    """The applications of a Linux desktop, the person's own first."""
    seen: set[str] = set()
    for folder in desktop_entry.application_folders(machine.environment, machine.home):
        for file in sorted(walk(folder, "*.desktop")):
            if file.name not in seen:
                seen.add(file.name)
                with suppress(OSError, ValueError):
                    if application := read_shortcut(file, machine):
                        yield application


def read_shortcut(file: Path, machine: Machine) -> Installed | None:
    """Read the program of a .desktop file, None if it is hidden or missing."""
    text = desktop_entry.read_text(file)
    entry = desktop_entry.read_entry(text)
    hidden = any(entry.get(name) == "true" for name in ("NoDisplay", "Hidden", "Terminal"))
    words = desktop_entry.command_of(text)
    executable = machine.find(words[0]) if words else None
    if hidden or executable is None or entry.get("Type", "Application") != "Application":
        return None
    more = " ".join(entry.get(name, "") for name in ("GenericName", "Keywords"))
    own = tuple(word for word in words[1:] if word != TARGET)
    return Installed(entry.get("Name") or file.stem, file.name, executable, "application", own, more)


def list_bundles(machine: Machine) -> Iterator[Installed]:
    """The applications of a Mac."""
    for folder in (*MAC_FOLDERS, f"{machine.home}/Applications"):
        for bundle in sorted(walk(Path(folder), "*.app")):
            executable = program_in_bundle(str(bundle))
            if executable and machine.is_there(executable):
                yield Installed(bundle.stem, str(bundle), executable, "application")


def list_menu(machine: Machine) -> Iterator[Installed]:
    """List the start menu of Windows and its registered app paths."""
    for variable in ("APPDATA", "PROGRAMDATA"):
        folder = machine.expand(f"%{variable}%\\{MENU}")
        for file in sorted(walk(Path(folder), "**/*.lnk")):
            with suppress(OSError):
                path = windows_shortcut.target_of(read_small_file(file, windows_shortcut.LARGEST))
                if path and path.lower().endswith(".exe") and machine.is_there(path):
                    yield Installed(file.stem, path, path, "application")
    for path in registered_paths():
        if machine.is_there(machine.expand(path)):
            yield Installed(Path(path).stem, path, machine.expand(path), "application")


def registered_paths() -> list[str]:
    """The programs that are registered with Windows by their name; none on other systems."""
    application: list[str] = []
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            with suppress(OSError), winreg.OpenKey(root, APP_PATHS) as every:
                for place in range(winreg.QueryInfoKey(every)[0]):
                    with suppress(OSError):
                        application.append(winreg.QueryValue(every, winreg.EnumKey(every, place)).strip('"'))
    return [path for path in application if path]


def list_path(machine: Machine) -> Iterator[Installed]:
    """The programs that can be called by their bare name."""
    windows = machine.system == "windows"
    every = {name.upper(): value for name, value in machine.environment.items()}
    endings = tuple(every.get("PATHEXT", ".COM;.EXE").lower().split(";")) if windows else ("",)
    seen: set[str] = set()
    for folder in every.get("PATH", "").split(";" if windows else ":"):
        for name, path in list_files(folder):
            if name not in seen and name.lower().endswith(endings) and machine.is_there(path):
                seen.add(name)
                yield Installed(name, name, path, "path")


def list_files(folder: str) -> Iterable[tuple[str, str]]:
    """The names and paths of what lies in a folder of PATH."""
    if not Path(folder).is_absolute():
        return []
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.path) for entry, _ in zip(entries, range(MOST), strict=False))
    except OSError:
        return []


def walk(folder: Path, pattern: str) -> list[Path]:
    """The files in a folder that fit; none where it cannot be read."""
    try:
        return [file for file, _ in zip(folder.glob(pattern), range(MOST), strict=False)]
    except OSError:
        return []
