"""Starts programs and asks them to go, in each platform's own way. Everything here blocks."""

import contextlib
import ctypes
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from server.core.errors import Conflict
from server.integrations.apps.resolve.launch_spec import LaunchSpec, Machine
from server.system import processes
from server.system.processes import Process

ASK_SECONDS = 5.0  # for the system's own program that asks another one to go
DETACHED = 0x00000008 | 0x00000200  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
NO_WINDOW = 0x08000000
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass(frozen=True)
class End:
    """End of a process that Deskhand started. `left`: processes that still run in its session."""

    process: Process
    code: int
    left: tuple[Process, ...] = ()


# Programs may take half a minute to go. Other work of the server does not wait for their threads.
ENDING = ThreadPoolExecutor(8, "end-program")
OnEnd = Callable[[End], None]


def launch_options(system: str) -> dict[str, Any]:
    """Options that detach a program from Deskhand: no pipes, no signals, no inherited descriptors."""
    return {**QUIET, "close_fds": True} | ({"creationflags": DETACHED} if system == "windows" else {"start_new_session": True})


def launch(command: tuple[str, ...], launch_spec: LaunchSpec, system: str, on_end: OnEnd) -> Process:
    """Start a program, and have `on_end` called in another thread when it has ended. Conflict: it cannot be started."""
    if not os.path.isdir(launch_spec.folder):  # noqa: PTH112, a string is at hand
        raise Conflict("The folder that this app starts in is not there. Correct it in app_config.json.")
    try:
        with usual_libraries():
            popen = subprocess.Popen(  # noqa: S603, from the allow-list; a caller passes one checked target
                command,
                executable=command[0],
                cwd=launch_spec.folder,
                env=dict(launch_spec.environment),
                **launch_options(system),
            )
    except OSError as error:
        raise Conflict(f"This app could not be started: {error.strerror or 'the system refused it'}.") from error
    process = processes.identify_child(popen.pid)
    threading.Thread(target=watch, args=(popen, process, on_end), name=f"watch-{popen.pid}", daemon=True).start()
    return process


def watch(popen: subprocess.Popen[bytes], process: Process, on_end: OnEnd) -> None:
    """Wait for a child's end, see what it leaves behind while its number is still its own, and only then reap it."""
    left: list[Process] = []
    if hasattr(os, "waitid"):
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
            left = processes.left_behind(popen.pid)
    on_end(End(process, popen.wait(), tuple(left)))


@contextlib.contextmanager
def usual_libraries() -> Iterator[None]:
    """Let a program on Windows find its own libraries, where PyInstaller has put its folder first.

    https://github.com/pyinstaller/pyinstaller/issues/8125
    """
    frozen = getattr(sys, "_MEIPASS", None)
    if sys.platform == "win32" and frozen:
        kernel = ctypes.windll.kernel32
        kernel.SetDllDirectoryW(None)
        try:
            yield
        finally:
            kernel.SetDllDirectoryW(frozen)
    else:
        yield


def asking_command(launch_spec: LaunchSpec | None, machine: Machine, process: Process) -> tuple[str, ...] | None:
    """Command that asks a program to quit, None if SIGTERM does."""
    if machine.system == "windows":  # without /F it closes the windows, as WM_CLOSE
        return (machine.system_program("System32\\taskkill.exe"), "/PID", str(process.pid), "/T")
    if machine.system == "macos" and launch_spec and launch_spec.bundle:
        return ("/usr/bin/osascript", "-e", f'quit app id "{launch_spec.bundle}"')
    return None


def end(process: Process, launch_spec: LaunchSpec | None, machine: Machine, grace_seconds: float) -> processes.Ended:
    """End a program and all below it. `grace_seconds`: how long it may take to go when asked; 0: it is not asked."""
    asking = asking_command(launch_spec, machine, process)
    options: dict[str, Any] = {**QUIET, "creationflags": NO_WINDOW} if machine.system == "windows" else QUIET

    def ask(wanted: Process) -> None:
        if asking and processes.is_running(wanted):
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):  # then it is ended without having been asked
                subprocess.run(  # noqa: S603, a program of the system, with a pid or what the person's list names
                    asking, timeout=ASK_SECONDS, check=False, env=dict(machine.environment), **options
                )

    return processes.end_tree(process, grace_seconds, ask=ask if asking else None)
