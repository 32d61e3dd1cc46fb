"""Guard of a child process: runs a command, and ends it with everything that it started as soon as Deskhand is gone.

A program of its own, on Linux and macOS, which Python runs without site-packages: `child_guard.py FD SECONDS COMMAND…`. FD is the
reading end of a pipe whose writing end only Deskhand holds, so it ends with Deskhand however that ends. The command gets the
guard's standard streams, and when it exits, what it left behind is ended as well. SECONDS: time between SIGTERM and SIGKILL.

Linux: the guard adopts orphans (PR_SET_CHILD_SUBREAPER), so also those are ended that began a session of their own, and if the
guard itself is killed, the command is killed with it (PR_SET_PDEATHSIG). macOS: the session of the command, and the descendants
whose parents still run. Windows needs no guard: a job object does this there.
"""

import os
import select
import signal
import sys
import time
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
POLL_SECONDS = 0.02
KILL_SECONDS = 5.0  # limit for killed processes to disappear
NOT_STARTED = 127
FLAG = "--guard-child"  # makes the frozen program the guard
LIBRARIES = "LD_LIBRARY_PATH"


def guarded_command(command: list[str], lifeline: int, grace_seconds: float) -> list[str]:
    """Return the command that runs another under this guard. `lifeline`: the pipe's reading end, which the guard inherits."""
    program = [FLAG] if getattr(sys, "frozen", False) else ["-I", "-S", __file__]
    return [sys.executable, *program, str(lifeline), str(grace_seconds), *command]


def is_available() -> bool:
    """Return whether there is a guard on this system."""
    return os.name == "posix"


def control_process(option: int, value: int) -> None:
    """Set an option of this process, on Linux."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def start(command: list[str], lifeline: int) -> int:
    """Start the command and return its pid."""
    guard = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        control_process(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # which Python ignores
        if os.getppid() == guard:
            os.close(lifeline)
            restore_libraries()
            os.execvp(command[0], command)  # noqa: S606, the person's own command
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(NOT_STARTED)


def restore_libraries() -> None:
    """Give the command the person's library path, which a frozen program has replaced by its own."""
    if getattr(sys, "frozen", False):
        os.environ.pop(LIBRARIES, None)
        if original := os.environ.pop(f"{LIBRARIES}_ORIG", None):
            os.environ[LIBRARIES] = original


def release_streams() -> None:
    """Let go of the standard streams, which then end with the command."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    os.close(null)


def reap(main: int) -> int | None:
    """Collect ended children; return the exit status of the command if it is among them."""
    status = None
    with suppress(ChildProcessError):
        while True:
            pid, code = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid == main:
                status = os.waitstatus_to_exitcode(code)
    return status


def list_processes() -> list[tuple[int, int, int]]:
    """List all processes: pid, pid of the parent, session (or group, on macOS)."""
    processes = []
    if sys.platform == "linux":
        for name in os.listdir("/proc"):  # noqa: PTH208, pathlib is slow to import
            with suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{int(name)}/stat", "rb") as file:  # noqa: PTH123, the same
                    state, parent, _, session = file.read().rpartition(b")")[2].split()[:4]
                if state not in b"ZX":
                    processes.append((int(name), int(parent), int(session)))
    else:
        with os.popen("/bin/ps -A -o pid=,ppid=,pgid=,stat=") as output:  # noqa: S605, no argument comes from outside
            for line in output:
                with suppress(ValueError):
                    pid, parent, group, state = line.split()[:4]
                    if not state.startswith("Z"):
                        processes.append((int(pid), int(parent), int(group)))
    return processes


def find_members() -> list[int]:
    """List the descendants of this guard and the other members of its session."""
    processes = list_processes()
    guard, members = os.getpid(), set[int]()
    while True:
        size = len(members)
        members |= {
            pid for pid, parent, session in processes if pid != guard and (guard in (session, parent) or parent in members)
        }
        if len(members) == size:
            return sorted(members)


def send(number: int, members: list[int]) -> None:
    for pid in members:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end_all(main: int, grace_seconds: float) -> None:
    """End the command and everything it started: SIGTERM, a time to end, SIGKILL until nothing is left."""
    send(signal.SIGTERM, find_members())
    deadline = time.monotonic() + grace_seconds
    while (members := find_members()) and time.monotonic() < deadline + KILL_SECONDS:
        if time.monotonic() >= deadline:
            send(signal.SIGKILL, members)
        time.sleep(POLL_SECONDS)
        reap(main)


def main(arguments: list[str]) -> int:
    """Run the command until it exits or Deskhand is gone; return its exit status."""
    lifeline, grace_seconds, command = int(arguments[0]), float(arguments[1]), arguments[2:]
    control_process(PR_SET_CHILD_SUBREAPER, 1)
    pid = start(command, lifeline)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    release_streams()
    ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while (status := reap(pid)) is None:
        ready, _, _ = select.select([lifeline, ended], [], [])
        if lifeline in ready:
            break
        os.read(ended, 512)
    end_all(pid, grace_seconds)
    return status if status is not None and status >= 0 else 128 - (status or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
