"""The entries of app_config.json: which programs there are and what may be done with them.

    {"version": 2, "apps": {"editor": {"name": "Text editor", "platforms": {"linux": {"path": "gedit"}}}}}

The older flat form, {"editor": {"path": "gedit", "type": "executable"}}, means the same on every platform.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from server.integrations.apps.models import Action

TARGET = "{target}"  # where in the arguments the caller's file or address stands
MOST_APPS = 300


def check_text(value: str) -> str:
    """No program can be handed a NUL."""
    if "\0" in value:
        raise ValueError("it holds a NUL character")
    return value


def check_path(value: str) -> str:
    """A program is a bare name, looked up in PATH, or an absolute path: what is relative depends on where Deskhand stands."""
    check_text(value)
    if value.strip() != value or value in {".", ".."}:
        raise ValueError("it is no path to a program")
    bare = not set("/\\:") & set(value)
    if bare or is_absolute(value):
        return value
    raise ValueError("write the whole path, from the root or ~ on, or a bare name that is in PATH")


def check_absolute(value: str) -> str:
    """Folders and other executables are named from the root, or from the person's own folder, on."""
    if is_absolute(check_text(value)):
        return value
    raise ValueError("write the whole path, from the root or ~ on")


def is_absolute(path: str) -> bool:
    """Return whether a path is absolute on any platform."""
    own = path == "~" or path.startswith(("~/", "~\\"))
    by_variable = re.match(r"%[\w()]+%[\\/]", path) is not None
    return own or by_variable or PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def check_address(value: str) -> str:
    """An address that may be opened is https at one named host; what follows the host narrows it down."""
    if not re.fullmatch(r"https://[a-z0-9.-]+(:\d{1,5})?(/[!-~]*)?", value) or "*" in value[:-1]:
        raise ValueError("write https://host, https://host/page, or https://host/folder/*")
    return value


def check_word(value: str) -> str:
    """A name is something that one can say in a line."""
    if not value or re.search(r"[/\x00-\x1f\x7f]", value):
        raise ValueError("write a word or a few, without a slash")
    return value


Text = Annotated[str, StringConstraints(max_length=4096), AfterValidator(check_text)]
Word = Annotated[str, StringConstraints(max_length=64, strip_whitespace=True), AfterValidator(check_word)]
Name = Annotated[Word, AfterValidator(str.lower)]
ProgramPath = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(check_path)]
AbsolutePath = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(check_absolute)]
Address = Annotated[str, StringConstraints(max_length=2048), AfterValidator(check_address)]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Arguments = Annotated[list[Text], Field(max_length=64)]


class Strict(BaseModel):
    """A misspelt word is an error, for it may have been meant to forbid something."""

    model_config = ConfigDict(extra="forbid")


class Candidate(Strict):
    """One way in which an app may be there. Exactly one of its places is set."""

    args: Arguments | None = Field(None, description="What it is always given here, instead of the app's own args.")
    path: ProgramPath | None = Field(None, description="The program: a bare name that is in PATH, or its whole path.")

    @model_validator(mode="after")
    def check_one(self) -> Self:
        names = [name for name in type(self).model_fields if name != "args"]
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"it takes exactly one of {', '.join(names)}")
        refuse_two_targets(self.args or [])
        return self


class WindowsCandidate(Candidate):
    """Launch on Windows."""

    uri: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+.-]+:[!#-~]*$", max_length=500)] | None = Field(
        None, description="An address that a program has taken for itself, such as spotify:."
    )
    aumid: Annotated[str, StringConstraints(pattern=r"^[\w.-]+![\w.-]+$", max_length=200)] | None = Field(
        None, description="The AppUserModelID of an app from the Store."
    )


class MacosCandidate(Candidate):
    """Launch on macOS."""

    bundle: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=200)] | None = Field(
        None, description="The bundle's identifier, such as com.apple.TextEdit."
    )


class LinuxCandidate(Candidate):
    """Launch on Linux."""

    desktop: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][\w.-]*\.desktop$", max_length=200)] | None = Field(
        None, description="The name of its .desktop file, such as org.gnome.TextEditor.desktop."
    )
    flatpak: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][\w.-]*$", max_length=200)] | None = Field(
        None, description="The identifier of a flatpak, such as org.gnome.TextEditor."
    )


def refuse_two_targets(arguments: Sequence[str]) -> None:
    """Validate that the target is passed once."""
    if sum(argument.count(TARGET) for argument in arguments) > 1:
        raise ValueError(f"{TARGET} stands in args more than once")


def make_list(value: Any) -> Any:
    """One candidate may stand without the brackets."""
    return [value] if isinstance(value, dict) else value


class Platforms(Strict):
    """Launch on each platform. The first existing candidate is used."""

    windows: Annotated[list[WindowsCandidate], BeforeValidator(make_list)] = Field([], max_length=20, description="On Windows.")
    macos: Annotated[list[MacosCandidate], BeforeValidator(make_list)] = Field([], max_length=20, description="On macOS.")
    linux: Annotated[list[LinuxCandidate], BeforeValidator(make_list)] = Field([], max_length=20, description="On Linux.")


class Match(Strict):
    """How the app's processes are recognized: by its executable, or by the program that it starts."""

    own: bool = Field(True, description="Whether all that runs its executable is this app, or only what Deskhand has started.")
    exe: list[AbsolutePath] = Field([], max_length=20, description="Whole paths of other executables that are this app.")
    process_name: list[Text] = Field([], max_length=20, description="Whole names of processes that are this app.")
    cmdline: list[Text] = Field([], max_length=20, description="Arguments, each of which a process must have to be this app.")


class Opening(Strict):
    """Targets that a caller may open with the app; none unless listed."""

    files: list[AbsolutePath] = Field(
        [],
        max_length=50,
        description="Folders with all they hold (~/Papers), files in them (~/Papers/**/*.txt), or folders only (~/Papers/).",
    )
    addresses: list[Address] = Field(
        [], max_length=100, description="Addresses: https://host for all of it, https://host/folder/*, or https://host/page."
    )


class Stopping(Strict):
    """Stop method."""

    method: Literal["graceful", "kill"] = Field("graceful", description="Ask it first, or end it at once.")
    timeout_s: float = Field(5, ge=0, le=30, description="Seconds it has to go when asked, before it is ended.")
    only_ours: bool = Field(True, description="Stop only what Deskhand has started, not what the person has.")


class Entry(Strict):
    """One app."""

    name: Annotated[str, StringConstraints(max_length=100)] | None = Field(None, description="Its name for people.")
    type: Literal["executable", "command"] | None = Field(None, description="What the flat form called it; only told on.")
    aliases: list[Name] = Field([], max_length=20, description="Other names that mean it.")
    platforms: Platforms = Field(Platforms(), description="Where it is found.")
    args: Arguments = Field(
        [], description=f"What it is always given. An argument with {TARGET} is given only when it opens something."
    )
    presets: dict[Name, Arguments] = Field(
        {}, max_length=20, description="Named arguments that a caller may add, by their name only."
    )
    cwd: AbsolutePath | None = Field(None, description="The folder it starts in; the person's own when left out.")
    env: dict[Variable, Text] = Field({}, max_length=50, description="Variables it gets besides the usual ones.")
    match: Match = Field(Match(), description="By what its processes are known.")
    allow: list[Action] | None = Field(None, description="What may be done with it; all that it can when left out.")
    open: Opening = Field(Opening(), description="What it may be told to open.")
    confirm: bool = Field(True, description="Changes nothing: whether the person is asked is set for each client.")
    stop: Stopping = Field(Stopping(), description="How it is stopped.")
    single_instance: bool = Field(True, description="Do not start it again while it runs.")
    enabled: bool = Field(True, description="Whether clients see it at all.")

    @model_validator(mode="before")
    @classmethod
    def read_flat(cls, value: Any) -> Any:
        """Take the flat form too."""
        return unfold(value) if isinstance(value, dict) and "path" in value else value

    @model_validator(mode="after")
    def check_target(self) -> Self:
        refuse_two_targets(self.args)
        return self

    def actions(self) -> list[Action]:
        """Actions that are allowed."""
        wanted = list(Action) if self.allow is None else self.allow
        opens = self.open.files or self.open.addresses
        return [action for action in Action if action in wanted and (opens or action is not Action.open)]


def unfold(flat: dict[str, Any]) -> dict[str, Any]:
    """Turn {"path", "type"} into an entry. A command is a program and its arguments; no shell ever reads it."""
    rest = {name: value for name, value in flat.items() if name not in {"path", "type"}}
    path, kind = flat["path"], flat.get("type", "executable")
    arguments: list[str] = []
    if kind == "command" and isinstance(path, str):
        path, *arguments = split_command(path)
    place = {"path": path}
    return {
        "type": "executable" if kind == "exe" else kind,
        "platforms": {"windows": place, "macos": place, "linux": place},
        "args": arguments,
        **rest,
    }


def split_command(text: str) -> list[str]:
    """Split a command into words. Where there are backslashes they belong to a path of Windows and escape nothing."""
    windows = "\\" in text
    words = shlex.split(text, posix=not windows)
    if not words:
        raise ValueError("the command is empty")
    return [word[1:-1] if windows and len(word) > 1 and word[0] == word[-1] == '"' else word for word in words]


class AppsFile(Strict):
    """The whole of app_config.json."""

    version: Literal[2] = Field(2, description="The form of this file.")
    apps: dict[Name, Entry] = Field({}, max_length=MOST_APPS, description="The apps, by their name.")

    @model_validator(mode="before")
    @classmethod
    def read_any(cls, value: Any) -> Any:
        """Take the flat form too: a map of names without anything around it. Names are lower-cased, so two may meet."""
        if not isinstance(value, dict):
            return value
        apps = value.get("apps")
        if "version" not in value and not (isinstance(apps, dict) and all(isinstance(app, dict) for app in apps.values())):
            value = {"apps": value}
        if isinstance(value.get("apps"), dict):
            refuse_twins(value["apps"])
        return value

    @model_validator(mode="after")
    def check_names(self) -> Self:
        refuse_twins([*self.apps, *(alias for name, entry in self.apps.items() for alias in set(entry.aliases) - {name})])
        return self


def refuse_twins(names: Iterable[str]) -> None:
    """Every name and alias means one app."""
    seen: set[str] = set()
    for name in (name.strip().lower() for name in names if isinstance(name, str)):
        if name in seen:
            raise ValueError(f'two apps are called "{name}"')
        seen.add(name)
