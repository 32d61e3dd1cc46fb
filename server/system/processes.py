"""Finds processes, tells them apart by pid and start time, and ends their trees. All of it blocks."""

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

# A start time is reckoned from the time of boot, which moves by a second or so as the clock is set
# (https://psutil.readthedocs.io/en/latest/#psutil.Process.create_time). Windows keeps it exactly, and gives pids again soon.
SAME_START = 0.001 if os.name == "nt" else 1.5
POLL_SECONDS = 0.02
GONE = (psutil.Error, OSError)


@dataclass(frozen=True)
class Process:
    """`started`: seconds since 1970. A pid alone may be another process by tomorrow."""

    pid: int
    started: float


@dataclass(frozen=True)
class Program:
    """What runs when a file is run. `arguments`: those that the command line begins with.

    For a script, `executable` is its interpreter, `options` what the interpreter is given before the script.
    """

    executable: str
    arguments: tuple[str, ...] = ()
    script: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pattern:
    """Which processes are meant: those of one of the programs, or with one of the names, whole and not in part.

    `arguments`: each of them must be among the process's own.
    """

    programs: tuple[Program, ...] = ()
    names: frozenset[str] = frozenset()
    arguments: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ended:
    """How a tree ended. `killed`: processes that did not go when asked; `left`: those that cannot be ended at all."""

    killed: int = 0
    left: tuple[Process, ...] = ()


def is_running(process: Process) -> bool:
    """Tell whether it is this very process that runs. One that has ended and awaits its parent does not run."""
    return reopen(process) is not None


def reopen(process: Process) -> psutil.Process | None:
    """Get hold of a process that was identified before; from here on psutil sees to it that the pid is still its own."""
    with suppress(*GONE):
        found = running(psutil.Process(process.pid))
        if abs(found.create_time() - process.started) <= SAME_START:
            return found
    return None


def running(found: psutil.Process) -> psutil.Process:
    """Refuse a process that has ended already. Raises psutil.NoSuchProcess."""
    if found.status() == psutil.STATUS_ZOMBIE:
        raise psutil.NoSuchProcess(found.pid)
    return found


def identity(found: psutil.Process) -> Process:
    return Process(found.pid, found.create_time())


def identities(found: Iterable[psutil.Process]) -> list[Process]:
    """Say which processes these are, without those that have gone meanwhile."""
    known = []
    for process in found:
        with suppress(*GONE):
            known.append(identity(process))
    return known


def identify_child(pid: int) -> Process:
    """Tell which process this child of ours is, just after its start. It may have ended, and Windows may have forgotten it."""
    with suppress(*GONE):
        return identity(psutil.Process(pid))
    return Process(pid, time.time())


def read_start(pid: int) -> float | None:
    """Tell when this person's process with this pid started; None where none of theirs has it.

    On Linux since the boot, so that setting the clock does not change it.
    """
    with suppress(*GONE):
        found = running(psutil.Process(pid))
        if is_mine(found):
            return found.create_time() - (psutil.boot_time() if sys.platform == "linux" else 0)
    return None


def real(path: str) -> str:
    """The one way to write the path of a file."""
    return os.path.normcase(os.path.realpath(path))


def program_of(path: str, arguments: tuple[str, ...] = ()) -> Program:
    """Say what runs when the file at an absolute path is run: itself, or for a script what its first line names."""
    try:
        with open_plain_file(Path(path)) as file:
            first = file.readline(512)
    except OSError:
        first = b""
    if os.name == "nt" or not first.startswith(b"#!"):
        return Program(real(path), arguments)
    interpreter, *options = os.fsdecode(first[2:]).strip().split(maxsplit=1) or ["/bin/sh"]
    if Path(interpreter).name == "env":
        interpreter, options = interpreter_of_env(options)
    return Program(real(interpreter), arguments, real(path), tuple(options))


def interpreter_of_env(options: list[str]) -> tuple[str, list[str]]:
    """What `#!/usr/bin/env NAME` and `#!/usr/bin/env -S NAME OPTIONS` run."""
    words = [word for word in " ".join(options).split() if word != "-S"] or ["sh"]
    return shutil.which(words[0]) or words[0], words[1:]


def find_by_endings(endings: Sequence[Sequence[str]]) -> list[Process]:
    """Find this person's processes whose command line, or its end, is exactly one of these, oldest first."""
    found = {}
    apart, wanted = own_line(), [list(ending) for ending in endings if ending]
    for process in every_process() if wanted else ():
        with suppress(*GONE):
            words = process.cmdline() if process.pid not in apart else []
            if any(words[-len(ending) :] == ending for ending in wanted) and is_mine(running(process)):
                found[process.pid] = process
    return topmost(found)


def find(patterns: Mapping[str, Pattern]) -> dict[str, list[Process]]:
    """Find this person's processes for each pattern, oldest first, in one walk through all there are.

    Of processes that start each other only the topmost counts. Deskhand itself and what has started it is never found.
    """
    found: dict[str, dict[int, psutil.Process]] = {name: {} for name in patterns}
    names = frozenset[str]().union(*(pattern.names for pattern in patterns.values()))
    executables = {program.executable for pattern in patterns.values() for program in pattern.programs}
    apart = own_line()
    for process in every_process():
        if process.pid in apart:
            continue
        with suppress(*GONE):
            known = Sighting(process, process.name() if names else "", executable_of(process))
            if known.name in names or known.executable in executables:
                for name in [name for name, pattern in patterns.items() if fits(known, pattern) and is_mine(running(process))]:
                    found[name][process.pid] = process
    return {name: topmost(processes) for name, processes in found.items()}


def running_executables() -> set[str]:
    """The files that this person's processes run, Deskhand and what has started it left out."""
    found = set[str]()
    apart = own_line()
    for process in every_process():
        with suppress(*GONE):
            if process.pid not in apart and is_mine(process) and (path := executable_of(process)):
                found.add(path)
    return found


@dataclass(frozen=True)
class Sighting:
    """A process, and what it is known by."""

    process: psutil.Process
    name: str
    executable: str | None


def executable_of(process: psutil.Process) -> str | None:
    """The file that a process runs; None where it may not be known. Linux tells its real path."""
    try:
        path = process.exe()
    except psutil.AccessDenied:
        return None
    return path if sys.platform == "linux" or not path else real(path)


def every_process() -> Iterator[psutil.Process]:
    """Walk through all processes. (psutil.process_iter keeps what a process was before it became another program.)"""
    for pid in psutil.pids():
        with suppress(*GONE):
            yield psutil.Process(pid)


def own_line() -> frozenset[int]:
    """Deskhand's own pid and those of its parents."""
    me = psutil.Process()
    with suppress(*GONE):
        return frozenset([me.pid, *(parent.pid for parent in me.parents())])
    return frozenset([me.pid])


def is_mine(process: psutil.Process) -> bool:
    """Tell whether a process is this person's."""
    if os.name == "nt":
        return process.username() == psutil.Process().username()
    return process.uids().real == os.getuid()


def topmost(processes: Mapping[int, psutil.Process]) -> list[Process]:
    """Leave out those whose parent is one of them too."""
    found = identities(process for process in processes.values() if parent_of(process) not in processes)
    return sorted(found, key=lambda process: process.started)


def fits(known: Sighting, pattern: Pattern) -> bool:
    """Tell whether a process is meant. Raises psutil.Error where it may not be looked at, or has gone."""
    if known.name not in pattern.names and not any(runs(known, program) for program in pattern.programs):
        return False
    return not pattern.arguments or pattern.arguments <= set(known.process.cmdline()[1:])


def runs(known: Sighting, program: Program) -> bool:
    """Tell whether a process runs a program."""
    if known.executable != program.executable:
        return False
    if program.script is None and not program.arguments:
        return True
    words = known.process.cmdline()[1:]
    if program.script is not None:
        place = len(program.options)
        if words[:place] != list(program.options) or len(words) <= place:
            return False
        if real(str(Path(known.process.cwd(), words[place]))) != program.script:
            return False
        words = words[place + 1 :]
    return tuple(words[: len(program.arguments)]) == program.arguments


def left_behind(pid: int) -> list[Process]:
    """Find what still runs in the session that a process has led.

    Ask before that process is reaped: until then nobody else can have its number.
    """
    return identities(process for process in every_process() if process.pid != pid and session_of(process) == pid)


def session_of(process: psutil.Process) -> int | None:
    """The session of a process that runs; None where there are no sessions."""
    if os.name == "nt":
        return None
    with suppress(*GONE):
        return os.getsid(running(process).pid)
    return None


def tree(process: Process) -> list[Process]:
    """List a process, what it has started in turn, and what else runs in the session it leads; nothing when it has ended."""
    return identities(Tree(process).members.values())


def end_tree(
    process: Process,
    grace_seconds: float,
    *,
    ask: Callable[[Process], None] | None = None,
    kill_seconds: float = 5.0,
) -> Ended:
    """End a process and all below it: ask them to go, wait, then kill what is left, and what has come meanwhile.

    `ask`: another way of asking than SIGTERM to each of them. `kill_seconds`: how long the killed may take to go.
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
    """A process and all below it. Who belonged to it still does when the parent between them has gone."""

    def __init__(self, root: Process) -> None:
        self.members: dict[int, psutil.Process] = {}
        self._root = root
        self._leads = False
        self._apart = own_line()
        found = reopen(root)
        if found and found.pid not in self._apart:
            self.members[found.pid] = found
            self._leads = session_of(found) == found.pid
            self.grow()

    def grow(self) -> None:
        """Take in what has been started since."""
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
        if process.pid in self._apart:
            return False
        if self._leads and session_of(process) == self._root.pid:
            return True
        above = self.members.get(parent) if parent else None
        with suppress(*GONE):
            return above is not None and above.create_time() <= process.create_time() + SAME_START
        return False

    def terminate(self) -> None:
        """Ask each of them to go."""
        for process in self.alive():
            with suppress(*GONE):
                process.terminate()

    def alive(self) -> list[psutil.Process]:
        return [process for process in self.members.values() if is_alive(process)]

    def wait(self, seconds: float) -> None:
        """Wait until they have gone, but no longer than this."""
        deadline = time.monotonic() + seconds
        while self.alive() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def kill(self, seconds: float) -> list[Process]:
        """Kill them and what they start meanwhile; answer those that do not go."""
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
    """Tell whether a process runs still; psutil compares its start time."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.AccessDenied:
        return True
    except GONE:
        return False
