"""Starts Deskhand when the person signs in to their computer, if the setting is on."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from configparser import Error as NoEntry
from configparser import RawConfigParser
from pathlib import Path
from typing import Any, Protocol

from server.core.errors import InvalidInput, Unavailable
from server.system.files import replace_file

NAME = "Deskhand"
LABEL = "deskhand"
RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"  # state of Task Manager's switch
RESERVED = set(" \t\n\"'\\><~|&;$*?#()`%")
TURNED_OFF = "Windows keeps Deskhand from starting. Turn it on in Task Manager, under Startup apps, or in Settings, under Apps."


def can() -> bool:
    """Return whether a screen is available."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def is_on() -> bool:
    """Return whether it starts at login, as the system sees it."""
    return find_place().is_on()


def set_on(wanted: bool, data_dir: Path | None = None) -> None:
    """Switch start at login on or off. Raises Unavailable if the system does not allow it."""
    try:
        place = find_place()
        if wanted:
            place.put(refuse_unwritable(relaunch_command(data_dir)))
        else:
            place.remove()
    except OSError as error:
        raise Unavailable(f"The system refused this ({error.strerror}). Check its own list of login items.") from error


def relaunch_command(
    data_dir: Path | None,
    environment: Mapping[str, str] = os.environ,
    *,
    frozen: bool | None = None,
    platform: str = sys.platform,
) -> list[str]:
    """The command that starts this very program, without showing a window."""
    after = ["--hidden", *(["--data-dir", str(data_dir.expanduser().absolute())] if data_dir else [])]
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [environment.get("APPIMAGE") or sys.executable, *after]
    python = Path(sys.executable)
    if platform == "win32" and (quiet := python.with_name("pythonw.exe")).exists():
        python = quiet  # the other opens a console
    return [str(python), "-P", "-m", "desktop", *after]


def refuse_unwritable(command: list[str]) -> list[str]:
    """See that a system can keep this command as text, and start it again. Raises InvalidInput."""
    for word in command:
        if not word.isprintable() and any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in word):
            shown = os.fsencode(word).decode("utf-8", "replace").encode("unicode_escape").decode()
            raise InvalidInput(f"{shown} has letters that no list of programs at login can hold. Give that folder another name.")
    return command


class Place(Protocol):
    """A system's list of programs that start at login."""

    def is_on(self) -> bool: ...

    def put(self, command: Sequence[str]) -> None: ...

    def remove(self) -> None: ...


class DesktopEntry:
    """A file of the desktop's autostart folder: https://specifications.freedesktop.org/autostart-spec/latest/"""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{LABEL}.desktop"

    def is_on(self) -> bool:
        entry = RawConfigParser(strict=False, interpolation=None)
        try:
            entry.read_string(self._file.read_text("utf-8"))
            values = entry["Desktop Entry"]
        except (OSError, ValueError, NoEntry, KeyError):
            return False
        return values.get("Hidden", "").lower() != "true" and values.get("X-GNOME-Autostart-enabled", "").lower() != "false"

    def put(self, command: Sequence[str]) -> None:
        self._file.parent.mkdir(0o700, parents=True, exist_ok=True)
        replace_file(self._file, write_entry(command).encode())

    def remove(self) -> None:
        self._file.unlink(missing_ok=True)


def write_entry(command: Sequence[str]) -> str:
    """Write a desktop entry."""
    return (
        "[Desktop Entry]\nType=Application\nVersion=1.0\n"
        f"Name={NAME}\nComment=Let ChatGPT work on your own PC, on your terms\n"
        f"Exec={' '.join(quote(word) for word in command)}\n"
        "Terminal=false\nX-GNOME-Autostart-enabled=true\n"
    )


def quote(word: str) -> str:
    """Write an argument as Exec takes it: quoted where it must be, and then escaped once more as every value is.

    https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
    """
    doubled = word.replace("%", "%%")
    if word and not RESERVED & set(word):
        return doubled
    for letter in '\\"`$':
        doubled = doubled.replace(letter, "\\" + letter)
    return '"' + doubled.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") + '"'


class LaunchAgent:
    """A file that launchd reads when the person signs in."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / f"{LABEL}.plist"

    def is_on(self) -> bool:
        return self._file.exists()

    def put(self, command: Sequence[str]) -> None:
        self._file.parent.mkdir(0o700, parents=True, exist_ok=True)
        replace_file(self._file, write_agent(command))

    def remove(self) -> None:
        self._file.unlink(missing_ok=True)


def write_agent(command: Sequence[str]) -> bytes:
    """Write a launch agent, which is not restarted after Quit."""
    import plistlib

    agent = {"Label": LABEL, "ProgramArguments": list(command), "RunAtLoad": True, "LimitLoadToSessionType": "Aqua"}
    return plistlib.dumps({**agent, "ProcessType": "Interactive"})


class Registry(Protocol):
    """The person's part of the Windows registry."""

    def read(self, key: str, name: str) -> Any: ...

    def write(self, key: str, name: str, value: str) -> None: ...

    def delete(self, key: str, name: str) -> None: ...


class RunKey:
    """A value under Run. The state of Task Manager's switch has precedence; it is read and never written."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def is_on(self) -> bool:
        return bool(self._registry.read(RUN, NAME)) and not self._is_turned_off()

    def put(self, command: Sequence[str]) -> None:
        if self._is_turned_off():
            raise Unavailable(TURNED_OFF)
        self._registry.write(RUN, NAME, subprocess.list2cmdline(command))

    def remove(self) -> None:
        self._registry.delete(RUN, NAME)

    def _is_turned_off(self) -> bool:
        value = self._registry.read(APPROVED, NAME)
        return isinstance(value, bytes) and bool(value) and bool(value[0] & 1)  # 2 and 6: on; 3 and 7: off


def find_place() -> Place:
    """Find where this system keeps it."""
    if sys.platform == "win32":
        from desktop.registry import WindowsRegistry

        return RunKey(WindowsRegistry())
    if sys.platform == "darwin":
        return LaunchAgent(Path.home() / "Library" / "LaunchAgents")
    config = os.environ.get("XDG_CONFIG_HOME", "")
    return DesktopEntry((Path(config) if Path(config).is_absolute() else Path.home() / ".config") / "autostart")
