"""Agent program: the person's own, the one that Deskhand has downloaded, or one in PATH."""

import functools
import os
import re
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from server.core.errors import InvalidInput
from server.system.environment import clean_environment
from server.system.files import open_plain_file, read_small_file
from server.system.processes import POLL_SECONDS, end_tree, identify_child, is_running, left_behind

VERSION = re.compile(r"version (\d+)\.(\d+\.\d+\S*)")
VERSION_SECONDS = 15.0
MAX_OUTPUT = 65_536  # bytes
MARK = b"ngrok"  # which every program of ngrok's contains
MAX_SEARCH = 200_000_000  # bytes that are searched for it
CHUNK = 1 << 20
SMALLEST = 1_000_000  # bytes; a smaller file that contains "pyngrok" is its own command, which downloads without consent
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True)
class Agent:
    """Agent that can be run. `command` starts it. `own`: the person's, not downloaded by Deskhand."""

    command: tuple[str, ...]
    path: str | None = None
    own: bool = False
    version: str | None = None


def file_name(program: str) -> str:
    """Return the program's file name on this system."""
    return f"{program}.exe" if os.name == "nt" else program


def find_agent(program: str, folder: Path, own_path: str | None) -> Agent | None:
    """Find an agent that can be run. The person's own passes the checks of one that they type. Blocks."""
    if own_path:
        with suppress(InvalidInput):
            return make_agent(Path(check_own(own_path)), own=True)
        return None
    ours = make_agent(folder / file_name(program), own=False)
    return ours or next(filter(None, (make_agent(path, own=True) for path in find_in_path(program))), None)


def find_in_path(program: str, search_path: str | None = None) -> list[Path]:
    """Find the programs of this name in PATH, in its order, without pyngrok's command of the same name."""
    folders = (search_path if search_path is not None else os.environ.get("PATH", os.defpath)).split(os.pathsep)
    paths = (shutil.which(program, path=folder) for folder in folders if folder)
    return [Path(path) for path in paths if path and not is_pyngrok(Path(path))]


def is_pyngrok(path: Path) -> bool:
    """Return whether a file is pyngrok's own command, however it was installed."""
    try:
        return path.stat().st_size < SMALLEST and b"pyngrok" in read_small_file(path, SMALLEST)
    except OSError:
        return False


def make_agent(path: Path, *, own: bool) -> Agent | None:
    """Inspect a file; None if it cannot be run."""
    try:
        stat = path.stat()
    except (OSError, ValueError):  # the latter if it cannot be a path at all
        return None
    if not path.is_file() or not os.access(path, os.X_OK):
        return None
    return Agent((str(path),), str(path), own, read_version(str(path), stat.st_mtime_ns, stat.st_size))


@functools.lru_cache(maxsize=8)
def read_version(path: str, changed: int, size: int) -> str | None:
    """Run a program for its version, once for each state of its file; None if it is no agent."""
    del changed, size
    try:
        output = run_program(path, "version") if may_be_agent(Path(path)) else None
    except OSError:
        return None
    match = VERSION.search(output or "")
    return f"{match[1]}.{match[2]}" if match else None


def may_be_agent(path: Path) -> bool:
    """Return whether a file has the agent's name or contains its mark. Raises OSError."""
    if path.name.lower() in {"ngrok", "ngrok.exe"}:
        return True
    with open_plain_file(path) as file:
        last = b""
        while (chunk := file.read(CHUNK)) and file.tell() <= MAX_SEARCH:
            if MARK in last + chunk:
                return True
            last = chunk[1 - len(MARK) :]
    return False


def run_program(path: str, argument: str, seconds: float = VERSION_SECONDS) -> str | None:
    """Run a program and return its output; None if it fails, writes too much or takes too long. No process of it remains."""
    process = subprocess.Popen(  # noqa: S603, the person chose it, or it was downloaded for them
        [path, argument],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env=clean_environment(),
        start_new_session=os.name == "posix",
        creationflags=NO_WINDOW,
    )
    child, output = identify_child(process.pid), bytearray()
    # A process that inherited the pipe can hold it open; then this thread is abandoned.
    reader = threading.Thread(target=read_output, args=(process, output), name="version", daemon=True)
    deadline = time.monotonic() + seconds
    reader.start()
    reader.join(seconds)
    while len(output) <= MAX_OUTPUT and is_running(child) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for running in (child, *left_behind(process.pid)):  # before it is reaped: until then its pid is not reused
        end_tree(running, 0)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    failed = process.returncode != 0 or reader.is_alive() or len(output) > MAX_OUTPUT
    return None if failed else output.decode("utf-8", "replace")


def read_output(process: subprocess.Popen[bytes], output: bytearray) -> None:
    """Read a program's output to its end or just beyond the limit."""
    if process.stdout:
        with process.stdout as stream:
            while len(output) <= MAX_OUTPUT and (chunk := stream.read(MAX_OUTPUT)):
                output.extend(chunk)


def check_own(path: str) -> str:
    """Validate the path of the person's own program. Raises InvalidInput."""
    path = path.strip().strip('"')
    try:
        file = Path(path).expanduser()
    except (RuntimeError, ValueError):  # an unknown user's home folder, or no path at all
        file = Path()
    if not file.is_absolute():
        raise InvalidInput("Name the whole path of the ngrok program.")
    agent = make_agent(file, own=True)
    if agent is None:
        raise InvalidInput(f"There is no program at {file} that may be run.")
    if agent.version is None or is_pyngrok(file):
        raise InvalidInput(f"{file} is not ngrok's agent. It is the program that https://ngrok.com/download offers.")
    if int(agent.version.partition(".")[0]) < 3:
        raise InvalidInput(f"{file} is ngrok {agent.version}, which is too old. Version 3 is needed.")
    return str(file)
