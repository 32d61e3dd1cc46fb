"""Processes: find them, identify them by pid and start time, end their trees. Everything blocks."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from server.system.files import open_plain_file

# Linux tells when a process started after the boot, and the boot time is in whole seconds, which moves by one now and then.
# Windows stores the start time exactly, and reuses pids soon.
SAME_START = 0.001 if os.name == "nt" else 1.5
POLL_SECONDS = 0.02
GONE = (psutil.Error, OSError)


@dataclass(frozen=True)
class Process:
    """Identity of a process, since pids are reused. `started`: seconds since 1970."""

    pid: int
    started: float


@dataclass(frozen=True)
class Program:
    """Program that a file runs. `arguments`: prefix of its command line.

    For a script, `executable` is its interpreter and `options` the interpreter's arguments before the script.
    """

    executable: str
    arguments: tuple[str, ...] = ()
    script: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pattern:
    """Matches processes of one of the programs, or with exactly one of the names.

    `arguments`: the process must have all of them.
    """

    programs: tuple[Program, ...] = ()
    names: frozenset[str] = frozenset()
    arguments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ended:
    """Result of ending a tree. `killed`: processes that ignored the request to end; `left`: those that cannot be ended."""

    killed: int = 0
    left: tuple[Process, ...] = ()


def is_running(process: Process) -> bool:
    """Return whether this process runs; a zombie does not."""
    return reopen(process) is not None


def reopen(process: Process) -> psutil.Process | None:
    """Open an identified process; from then on psutil checks that the pid still belongs to it."""
    with suppress(*GONE):
        current = require_running(psutil.Process(process.pid))
        if abs(start_time(current) - process.started) <= SAME_START:
            return current
    return None


def require_running(process: psutil.Process) -> psutil.Process:
    """Return the process. Raises psutil.NoSuchProcess if it has ended."""
    if process.status() == psutil.STATUS_ZOMBIE:
        raise psutil.NoSuchProcess(process.pid)
    return process


def identity(process: psutil.Process) -> Process:
    return Process(process.pid, start_time(process))


def start_time(process: psutil.Process) -> float:
    """Return when a process started, in seconds since 1970 by the clock as it was when Deskhand started.

    psutil's moves with the clock on Linux: https://psutil.readthedocs.io/en/latest/#psutil.Process.create_time
    """
    return seconds_since_boot(process) + BOOT_TIME


def seconds_since_boot(process: psutil.Process) -> float:
    return process.create_time() - boot_time()


def boot_time() -> float:
    """Return the boot time where start times are computed from it; else 0."""
    return psutil.boot_time() if sys.platform == "linux" else 0.0


BOOT_TIME = boot_time()


def identities(processes: Iterable[psutil.Process]) -> list[Process]:
    """Identify processes, without those that have ended meanwhile."""
    result = []
    for process in processes:
        with suppress(*GONE):
            result.append(identity(process))
    return result


def identify_child(pid: int) -> Process:
    """Identify a child just after its start, even if it has ended and Windows no longer knows it."""
    with suppress(*GONE):
        return identity(psutil.Process(pid))
    return Process(pid, time.time())


def read_start(pid: int) -> float | None:
    """Return when this person's process with this pid started; None if they have none.

    On Linux in seconds since the boot, which does not change when the clock is set.
    """
    with suppress(*GONE):
        process = require_running(psutil.Process(pid))
        if is_mine(process):
            return seconds_since_boot(process)
    return None


def real(path: str) -> str:
    """Normalize the path of a file."""
    return os.path.normcase(os.path.realpath(path))


def program_of(path: str, arguments: tuple[str, ...] = ()) -> Program:
    """Return the program that the file at an absolute path runs: itself, or the interpreter in a script's first line."""
    try:
        with open_plain_file(Path(path)) as file:
            first = file.readline(512)
    except OSError:
        first = b""
    if os.name == "nt" or not first.startswith(b"#!"):
        return Program(real(path), arguments)
    interpreter, *options = os.fsdecode(first[2:]).strip().split(maxsplit=1) or ["/bin/sh"]
    if Path(interpreter).name == "env":
        words = [word for word in " ".join(options).split() if word != "-S"] or ["sh"]
        interpreter, options = shutil.which(words[0]) or words[0], words[1:]
    return Program(real(interpreter), arguments, real(path), tuple(options))


def find_by_endings(endings: Sequence[Sequence[str]]) -> list[Process]:
    """Find this person's processes whose command line, or its end, is exactly one of these, oldest first."""
    matches = {}
    excluded, wanted = own_ancestry(), [list(ending) for ending in endings if ending]
    for process in every_process() if wanted else ():
        with suppress(*GONE):
            words = process.cmdline() if process.pid not in excluded else []
            if any(words[-len(ending) :] == ending for ending in wanted) and is_mine(require_running(process)):
                matches[process.pid] = process
    return topmost(matches)


def find(patterns: Mapping[str, Pattern]) -> dict[str, list[Process]]:
    """Find this person's processes for each pattern, oldest first, in one pass over all processes.

    Children of a match are not included, and never Deskhand itself nor its parents.
    """
    matches: dict[str, dict[int, psutil.Process]] = {name: {} for name in patterns}
    names = frozenset[str]().union(*(pattern.names for pattern in patterns.values()))
    executables = {program.executable for pattern in patterns.values() for program in pattern.programs}
    excluded = own_ancestry()
    for process in every_process():
        if process.pid in excluded:
            continue
        with suppress(*GONE):
            candidate = Candidate(process, process.name() if names else "", executable_of(process))
            if candidate.name in names or candidate.executable in executables:
                for name, pattern in patterns.items():
                    if matches_pattern(candidate, pattern) and is_mine(require_running(process)):
                        matches[name][process.pid] = process
    return {name: topmost(processes) for name, processes in matches.items()}


def running_executables() -> set[str]:
    """Return the files that this person's processes run, without Deskhand and its parents."""
    paths = set[str]()
    excluded = own_ancestry()
    for process in every_process():
        with suppress(*GONE):
            if process.pid not in excluded and is_mine(process) and (path := executable_of(process)):
                paths.add(path)
    return paths


@dataclass(frozen=True)
class Candidate:
    """Process with the attributes that patterns match."""

    process: psutil.Process
    name: str
    executable: str | None


def executable_of(process: psutil.Process) -> str | None:
    """Return the file that a process runs; None if access is denied. Linux returns its real path."""
    try:
        path = process.exe()
    except psutil.AccessDenied:
        return None
    return path if sys.platform == "linux" or not path else real(path)


def every_process() -> Iterator[psutil.Process]:
    """Iterate over all processes. (psutil.process_iter caches attributes from before an exec.)"""
    for pid in psutil.pids():
        with suppress(*GONE):
            yield psutil.Process(pid)


def own_ancestry() -> frozenset[int]:
    """Return the pids of Deskhand and its parents."""
    me = psutil.Process()
    with suppress(*GONE):
        return frozenset([me.pid, *(parent.pid for parent in me.parents())])
    return frozenset([me.pid])


def is_mine(process: psutil.Process) -> bool:
    """Return whether a process belongs to this person."""
    if os.name == "nt":
        return process.username() == psutil.Process().username()
    return process.uids().real == os.getuid()


def topmost(processes: Mapping[int, psutil.Process]) -> list[Process]:
    """Remove processes whose parent is also among them."""
    roots = identities(process for process in processes.values() if parent_of(process) not in processes)
    return sorted(roots, key=lambda process: process.started)


def matches_pattern(candidate: Candidate, pattern: Pattern) -> bool:
    """Return whether a process matches. Raises psutil.Error if access is denied or it has ended."""
    if candidate.name not in pattern.names and not any(runs(candidate, program) for program in pattern.programs):
        return False
    return not pattern.arguments or pattern.arguments <= set(candidate.process.cmdline()[1:])


def runs(candidate: Candidate, program: Program) -> bool:
    """Return whether a process runs a program."""
    if candidate.executable != program.executable:
        return False
    if program.script is None and not program.arguments:
        return True
    words = candidate.process.cmdline()[1:]
    if program.script is not None:
        index = len(program.options)
        if words[:index] != list(program.options) or len(words) <= index:
            return False
        if real(str(Path(candidate.process.cwd(), words[index]))) != program.script:
            return False
        words = words[index + 1 :]
    return tuple(words[: len(program.arguments)]) == program.arguments


def left_behind(pid: int) -> list[Process]:
    """Find processes that still run in the session that a process has led.

    Call this before that process is reaped: until then its pid is not reused.
    """
    return identities(process for process in every_process() if process.pid != pid and session_of(process) == pid)


def session_of(process: psutil.Process) -> int | None:
    """Return the session of a running process; None on Windows, which has no sessions."""
    if os.name == "nt":
        return None
    with suppress(*GONE):
        return os.getsid(require_running(process).pid)
    return None


def tree(process: Process) -> list[Process]:
    """List a process, its descendants and the other members of the session it leads; empty if it has ended."""
    return identities(Tree(process).members.values())


def end_tree(
    process: Process,
    grace_seconds: float,
    *,
    ask: Callable[[Process], None] | None = None,
    kill_seconds: float = 5.0,
) -> Ended:
    """End a process tree: request the end, wait, then kill the rest, and processes that were started meanwhile.

    `ask`: requests the end instead of SIGTERM to each process. `kill_seconds`: limit for killed processes to disappear.
    """
    members = Tree(process)
    if grace_seconds > 0 and members.members:
        if ask:
            ask(process)
        else:
            members.terminate()
        members.wait(grace_seconds)
    members.grow()
    return Ended(len(members.alive()), tuple(members.kill(kill_seconds)))


class Tree:
    """Process and its descendants; they stay members when a parent between them has ended."""

    def __init__(self, root: Process) -> None:
        self.members: dict[int, psutil.Process] = {}
        self._root = root
        self._leads = False
        self._excluded = own_ancestry()
        process = reopen(root)
        if process and process.pid not in self._excluded:
            self.members[process.pid] = process
            self._leads = session_of(process) == process.pid
            self.grow()

    def grow(self) -> None:
        """Add processes that were started since."""
        if not self.members:
            return
        every = [(process, parent_of(process)) for process in every_process()]
        before = -1
        while before != len(self.members):
            before = len(self.members)
            for process, parent in every:
                if process.pid not in self.members and self._is_below(process, parent):
                    self.members[process.pid] = process

    def _is_below(self, process: psutil.Process, parent: int | None) -> bool:
        if process.pid in self._excluded:
            return False
        if self._leads and session_of(process) == self._root.pid:
            return True
        above = self.members.get(parent) if parent else None
        with suppress(*GONE):
            return above is not None and above.create_time() <= process.create_time() + SAME_START
        return False

    def terminate(self) -> None:
        """Send SIGTERM to each member."""
        for process in self.alive():
            with suppress(*GONE):
                process.terminate()

    def alive(self) -> list[psutil.Process]:
        return [process for process in self.members.values() if is_alive(process)]

    def wait(self, seconds: float) -> None:
        """Wait at most so long until all have ended."""
        deadline = time.monotonic() + seconds
        while self.alive() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def kill(self, seconds: float) -> list[Process]:
        """Kill all members and what they start meanwhile; return those that do not end."""
        deadline = time.monotonic() + seconds
        while alive := self.alive():
            for process in alive:
                with suppress(*GONE):
                    process.kill()
            if time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
            self.grow()
        return identities(alive)


def parent_of(process: psutil.Process) -> int | None:
    with suppress(*GONE):
        return process.ppid()
    return None


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process runs still; psutil compares its start time."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except GONE:
        return False
