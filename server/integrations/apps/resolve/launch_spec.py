"""Launch spec of an entry on this computer: program, arguments, environment, and how its processes are recognized."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from server.core.errors import InvalidInput
from server.integrations.apps.allow_list.entries import TARGET, Candidate, Entry, LinuxCandidate, MacosCandidate, WindowsCandidate
from server.integrations.apps.resolve import desktop_entry
from server.integrations.apps.resolve.environment import expand, home_of
from server.system.files import read_small_file
from server.system.processes import Pattern, Program, program_of

OPEN = "/usr/bin/open"
LARGEST_LIST = 1024 * 1024  # bytes of what an application says of itself


def is_program(path: str) -> bool:
    """Return whether a file is executable."""
    return os.path.isfile(path) and os.access(path, os.X_OK)  # noqa: PTH113, a string is at hand


@dataclass(frozen=True)
class Machine:
    """The computer, as far as it decides what runs. `environment`: the clean one; `is_there`: can this path be run."""

    system: str
    environment: Mapping[str, str]
    is_there: Callable[[str], bool] = is_program

    @property
    def home(self) -> str:
        """The person's own folder."""
        return home_of(self.environment)

    def expand(self, path: str) -> str:
        """Write out ~ and %VARIABLE%."""
        return expand(path, self.environment, self.home)

    def stands_alone(self, path: str) -> bool:
        """Return whether a path is absolute on this system."""
        return (PureWindowsPath if self.system == "windows" else PurePosixPath)(path).is_absolute()

    def find(self, path: str) -> str | None:
        """Find a program by its whole path, or its bare name in PATH; None where it is not installed.

        (shutil.which also looks into the working folder on Windows.)
        """
        path = self.expand(path)
        if self.stands_alone(path):
            return path if self.is_there(path) else None
        if set("/\\") & set(path):
            return None
        windows = self.system == "windows"
        every = {name.upper(): value for name, value in self.environment.items()}
        endings = ["", *every.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";")] if windows else [""]
        kind = PureWindowsPath if windows else PurePosixPath
        for folder in every.get("PATH", "").split(";" if windows else ":"):
            for ending in endings:
                place = kind(folder, path + ending.lower())
                if place.is_absolute() and self.is_there(str(place)):
                    return str(place)
        return None

    def system_program(self, name: str) -> str:
        """The path of a program that comes with Windows."""
        every = {key.upper(): value for key, value in self.environment.items()}
        return str(PureWindowsPath(every.get("SYSTEMROOT", "C:\\Windows"), name))


@dataclass(frozen=True)
class LaunchSpec:
    """Program, arguments and environment that start an app here.

    `arguments` may hold {target}. `hands_over`: the program only passes the wish on, so that its end says nothing.
    `bundle`: what macOS is told to quit.
    """

    kind: str
    executable: str
    arguments: tuple[str, ...]
    pattern: Pattern
    folder: str
    environment: Mapping[str, str]
    hands_over: bool = False
    bundle: str | None = None

    def command(self, preset: tuple[str, ...] = (), target: str | None = None) -> tuple[str, ...]:
        """The words to run. A target is one of them, whole. InvalidInput: this app cannot be handed one."""
        if target is not None and self.kind in {"uri", "store"}:
            raise InvalidInput("This app cannot be told what to open.")
        if target is not None and is_batch(self.executable):
            raise InvalidInput("This app is started by a batch file, which cannot be handed anything safely.")
        given = [word for word in self.arguments if target is not None or TARGET not in word]
        if self.kind == "bundle":
            own = [word for word in given if TARGET not in word] + list(preset)
            bundle = ("-b", self.bundle) if self.bundle else ()
            return (self.executable, *bundle, *([target] if target else []), *(["--args", *own] if own else []))
        words = [*given, *preset]
        if target is not None:
            if not any(TARGET in word for word in given):
                words.append(TARGET)
            words = [word.replace(TARGET, target) for word in words]
        return (self.executable, *words)


def is_batch(executable: str) -> bool:
    """Return whether Windows passes the arguments to cmd.exe (https://kb.cert.org/vuls/id/123335)."""
    return executable.lower().rstrip(". ").endswith((".bat", ".cmd"))


@dataclass(frozen=True)
class FoundProgram:
    """A candidate that is installed here."""

    kind: str
    executable: str
    arguments: tuple[str, ...] = ()
    programs: tuple[Program, ...] = ()
    hands_over: bool = False
    bundle: str | None = None


def resolve(anywhere: Entry, machine: Machine) -> LaunchSpec | None:
    """Resolve an entry to its launch spec, None if it is not installed."""
    for candidate in getattr(anywhere.platforms, machine.system):
        entry = anywhere if candidate.args is None else anywhere.model_copy(update={"args": candidate.args})
        program = find_candidate(candidate, entry, machine)
        if program:
            known = [path for path in map(machine.expand, entry.match.exe) if machine.stands_alone(path)]
            others = tuple(program_of(path) for path in known)
            own = program.programs if entry.match.own else ()
            pattern = Pattern(own + others, frozenset(entry.match.process_name), frozenset(entry.match.cmdline))
            return LaunchSpec(
                kind=program.kind,
                executable=program.executable,
                arguments=(*program.arguments, *entry.args),
                pattern=pattern,
                folder=machine.expand(entry.cwd or "~"),
                environment={**machine.environment, **entry.env},
                hands_over=program.hands_over,
                bundle=program.bundle,
            )
    return None


def find_candidate(candidate: Candidate, entry: Entry, machine: Machine) -> FoundProgram | None:
    """Find one of an entry's candidates; None where it is not installed."""
    if candidate.path is not None:
        return find_path(candidate.path, entry, machine)
    if isinstance(candidate, LinuxCandidate):
        return find_on_linux(candidate, entry, machine)
    if isinstance(candidate, MacosCandidate):
        there = not entry.match.exe or any(machine.is_there(machine.expand(path)) for path in entry.match.exe)
        return FoundProgram("bundle", OPEN, hands_over=True, bundle=candidate.bundle) if there else None
    if isinstance(candidate, WindowsCandidate):
        address = candidate.uri or f"shell:AppsFolder\\{candidate.aumid}"
        kind = "uri" if candidate.uri else "store"
        return FoundProgram(kind, machine.system_program("explorer.exe"), (address,), hands_over=True)
    return None


def fixed(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments by which a process is known: those before the first that depends on what is opened."""
    return arguments[: next((place for place, word in enumerate(arguments) if TARGET in word), len(arguments))]


def find_path(path: str, entry: Entry, machine: Machine) -> FoundProgram | None:
    """Find a program in a file; on macOS also an application, which is a folder."""
    executable = machine.find(path)
    if executable is None and machine.system == "macos" and path.endswith(".app"):
        executable = program_in_bundle(machine.expand(path))
        if executable is None or not machine.is_there(executable):
            return None
    if executable is None:
        return None
    return FoundProgram(entry.type or "executable", executable, programs=(program_of(executable, fixed(tuple(entry.args))),))


def program_in_bundle(folder: str) -> str | None:
    """The executable that an application's Info.plist names."""
    import plistlib

    try:
        content = read_small_file(Path(folder, "Contents", "Info.plist"), LARGEST_LIST)
        name = plistlib.loads(content)["CFBundleExecutable"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return f"{folder}/Contents/MacOS/{name}" if isinstance(name, str) and "/" not in name else None


def find_on_linux(candidate: LinuxCandidate, entry: Entry, machine: Machine) -> FoundProgram | None:
    """Find what a .desktop file runs, or a flatpak."""
    if candidate.desktop:
        words = desktop_entry.read_command(candidate.desktop, machine.environment, machine.home)
        executable = machine.find(words[0]) if words else None
        if executable is None:
            return None
        own = tuple(words[1:])
        return FoundProgram("desktop", executable, own, (program_of(executable, fixed((*own, *entry.args))),))
    executable = machine.find("flatpak")
    own_data = machine.environment.get("XDG_DATA_HOME") or f"{machine.home}/.local/share"
    places = (f"{own_data}/flatpak", "/var/lib/flatpak")
    if executable is None or not any(Path(place, "app", candidate.flatpak or "").is_dir() for place in places):
        return None
    return FoundProgram("flatpak", executable, ("run", candidate.flatpak or ""))
