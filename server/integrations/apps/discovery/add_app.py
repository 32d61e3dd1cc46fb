"""A program that the person adds to their list: what they wrote or chose, as an entry."""

from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from server.core.errors import InvalidInput
from server.integrations.apps.allow_list.entries import Entry, is_absolute, split_command
from server.integrations.apps.allow_list.file import explain
from server.integrations.apps.discovery import windows_shortcut
from server.integrations.apps.resolve import desktop_entry
from server.integrations.apps.resolve.interpreters import warn_of_interpreter
from server.integrations.apps.resolve.launch_spec import Machine, resolve
from server.system.files import read_small_file

SUFFIXES = (".desktop", ".exe", ".app", ".lnk", ".com", ".bat", ".cmd", ".sh", ".appimage")


class NewApp(BaseModel):
    """A program to add."""

    program: str = Field(
        max_length=4096,
        description="A bare name that is in PATH, a whole path, a .desktop file's name, or one of the first two with arguments.",
    )
    title: str | None = Field(None, max_length=100, description="Its name for people.")


def make_entry(request: NewApp, machine: Machine) -> tuple[str, Entry]:
    """The wish for a name, and the entry. InvalidInput: there is no such program, and what to do. Blocks."""
    text = request.program.strip()
    if not text or "\0" in text:
        raise InvalidInput("Write the name of a program, or choose one from the list.")
    place, arguments = find_place(text, machine)
    title = request.title.strip() if request.title and request.title.strip() else None
    fields: dict[str, Any] = {"platforms": {machine.system: place}} | ({"args": arguments} if arguments else {})
    fields |= {"name": title} if title and title.lower() != stem_of(text, machine).lower() else {}
    try:
        entry = Entry.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(f"This program cannot be added. {explain(error)}") from error
    check_installed(entry, machine, text)
    return title or stem_of(next(iter(place.values())), machine), entry


def check_installed(entry: Entry, machine: Machine, program: str = "") -> None:
    """Raise InvalidInput if an entry starts no program of this computer. `program`: what the person typed."""
    if resolve(entry, machine) is None:
        raise InvalidInput(tell_missing(program, machine) if program else "This program is not installed on this computer.")


def warn_of(request: NewApp, machine: Machine) -> str | None:
    """Return what to know before a program is added. InvalidInput: there is no such program. Blocks."""
    launch_spec = resolve(make_entry(request, machine)[1], machine)
    return warn_of_interpreter(launch_spec) if launch_spec else None


def find_place(text: str, machine: Machine) -> tuple[dict[str, str], list[str]]:
    """Path of a program and its fixed arguments."""
    if text.endswith(".desktop") and machine.system == "linux":
        path = Path(machine.expand(text))
        if "/" in text and path.parent not in desktop_entry.application_folders(machine.environment, machine.home):
            raise InvalidInput("This .desktop file lies where no menu shows it. Give the program that its Exec line names.")
        return {"desktop": path.name}, []
    if text.lower().endswith(".lnk") and machine.system == "windows":
        return {"path": read_link(machine.expand(text))}, []
    if machine.find(text) or (machine.system == "macos" and text.endswith(".app")):
        return {"path": text}, []
    try:
        program, *arguments = split_command(text)
    except ValueError:  # a quotation mark that is not closed
        return {"path": text}, []
    return ({"path": program}, arguments) if machine.find(program) else ({"path": text}, [])


def read_link(path: str) -> str:
    """Resolve a Windows shortcut. Raises InvalidInput if its target cannot be started."""
    with suppress(OSError):
        if target := windows_shortcut.target_of(read_small_file(Path(path), windows_shortcut.LARGEST)):
            return target
    raise InvalidInput("This link leads to no program on this computer. Choose the program itself.")


def tell_missing(text: str, machine: Machine) -> str:
    """Explain why a program cannot be added."""
    path = machine.expand(text)
    if not is_absolute(text):
        return f"No program called {text[:100]!r} is in PATH. Choose one from the list, or give its whole path."
    if Path(path).is_dir():
        return "This is a folder. Choose the program in it."
    if Path(path).is_file():
        return "This file is no program, or you may not run it."
    return "There is nothing at this path. Look at how it is written, or choose a program from the list."


def stem_of(program: str, machine: Machine) -> str:
    """The short name of a program: "gedit" for /usr/bin/gedit, "Code" for Code.exe."""
    name = (PureWindowsPath if machine.system == "windows" else PurePosixPath)(program).name
    ending = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")
    return name.removesuffix(name[len(name) - len(ending) :]) if ending else name
