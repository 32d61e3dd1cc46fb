"""Reads what a .desktop file would run (https://specifications.freedesktop.org/desktop-entry-spec/latest/)."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from server.integrations.apps.allow_list.entries import TARGET
from server.system.files import read_small_file

LARGEST = 256 * 1024


def read_command(name: str, environment: Mapping[str, str], home: str) -> list[str]:
    """The words that a .desktop file runs, with {target} where it takes a file or an address; none when it is not there."""
    for folder in application_folders(environment, home):
        file = folder / name
        try:
            return command_of(read_text(file))
        except (OSError, ValueError):
            continue
    return []


def read_text(file: Path) -> str:
    """Parse a .desktop file. Raises OSError or ValueError if it is none."""
    return read_small_file(file, LARGEST).decode()


def application_folders(environment: Mapping[str, str], home: str) -> list[Path]:
    """Folders of .desktop files, the person's own first."""
    own = environment.get("XDG_DATA_HOME") or f"{home}/.local/share"
    shared = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(folder, "applications") for folder in [own, *shared.split(":")] if folder.startswith("/")]


def read_entry(text: str) -> dict[str, str]:
    """Read the main section of a .desktop file. Raises ValueError if there is none."""
    _, separator, rest = f"\n{text}".partition("\n[Desktop Entry]")
    if not separator:
        raise ValueError("This is no .desktop file.")
    lines = [line.partition("=") for line in rest.partition("\n[")[0].splitlines() if not line.startswith("#")]
    return {name.strip(): value.strip() for name, sign, value in lines if sign}


def command_of(text: str) -> list[str]:
    """The words of the Exec line. Its codes stand for files and addresses, or for what nobody needs."""
    words = shlex.split(read_entry(text).get("Exec", ""))
    plain = [TARGET if word in {"%f", "%F", "%u", "%U"} else word.replace("%%", "%") for word in words]
    return [word for word in plain if word not in {"%i", "%c", "%k"}]
