"""The program that makes the tunnel: the person's own, or the one that was downloaded for them, or one in PATH."""

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
from server.system.files import open_plain_file, read_small_file
from server.system.processes import LOOK_EVERY, end_tree, identify_child, is_running, left_behind

VERSION = re.compile(r"version (\d+)\.(\d+\.\d+\S*)")
VERSION_SECONDS = 15.0
LONGEST_ANSWER = 65_536  # bytes
MARK = b"ngrok"  # which stands in every program of ngrok's
LARGEST = 200_000_000  # bytes that are looked through for it
CHUNK = 1 << 20
SMALLEST = 1_000_000  # bytes; what is smaller and speaks of pyngrok is pyngrok's own command, which downloads unasked
NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True)
class Agent:
    """`command` starts it. `own`: the person's, not one that Deskhand has downloaded."""

    command: tuple[str, ...]
    path: str | None = None
    own: bool = False
    version: str | None = None


def file_name(program: str) -> str:
    """What the program's file is called on this system."""
    return f"{program}.exe" if os.name == "nt" else program


def find_agent(program: str, folder: Path, own_path: str | None) -> Agent | None:
    """Find the program; None where there is none that can be run. Blocks."""
    if own_path:
        return make_agent(Path(own_path), own=True)
    ours = make_agent(folder / file_name(program), own=False)
    return ours or next(filter(None, (make_agent(path, own=True) for path in find_in_path(program))), None)


def find_in_path(program: str, path: str | None = None) -> list[Path]:
    """Find the programs of this name in PATH, in its order, without pyngrok's command of the same name."""
    folders = (path if path is not None else os.environ.get("PATH", os.defpath)).split(os.pathsep)
    found = (shutil.which(program, path=folder) for folder in folders if folder)
    return [Path(one) for one in found if one and not is_pyngrok(Path(one))]


def is_pyngrok(path: Path) -> bool:
    """Tell whether a file is pyngrok's own command, in whatever way it was installed."""
    try:
        return path.stat().st_size < SMALLEST and b"pyngrok" in read_small_file(path, SMALLEST)
    except OSError:
        return False


def make_agent(path: Path, *, own: bool) -> Agent | None:
    """Look at a file; None: it cannot be run."""
    try:
        known = path.stat()
    except (OSError, ValueError):  # the latter where it cannot be a path at all
        return None
    if not path.is_file() or not os.access(path, os.X_OK):
        return None
    return Agent((str(path),), str(path), own, read_version(str(path), known.st_mtime_ns, known.st_size))


@functools.lru_cache(maxsize=8)
def read_version(path: str, changed: int, size: int) -> str | None:
    """Ask a program for its version, once for each state of its file; None: it is no agent."""
    del changed, size
    try:
        answer = ask(path, "version") if may_be_agent(Path(path)) else None
    except OSError:
        return None
    found = VERSION.search(answer or "")
    return f"{found[1]}.{found[2]}" if found else None


def may_be_agent(path: Path) -> bool:
    """Tell whether a file is worth running: it has the agent's name, or its mark. Raises OSError."""
    if path.name.lower() in {"ngrok", "ngrok.exe"}:
        return True
    with open_plain_file(path) as file:
        last = b""
        while (chunk := file.read(CHUNK)) and file.tell() <= LARGEST:
            if MARK in last + chunk:
                return True
            last = chunk[1 - len(MARK) :]
    return False


def ask(path: str, word: str, seconds: float = VERSION_SECONDS) -> str | None:
    """What a program answers to a word; None where it fails, says too much, or goes on for too long. Nothing of it stays."""
    process = subprocess.Popen(  # noqa: S603, the person chose it, or it was downloaded for them
        [path, word],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=os.name == "posix",
        creationflags=NO_WINDOW,
    )
    known, said = identify_child(process.pid), bytearray()
    # Whoever has the pipe can hold it open; then this thread is given up on.
    reader = threading.Thread(target=read_answer, args=(process, said), name="version", daemon=True)
    deadline = time.monotonic() + seconds
    reader.start()
    reader.join(seconds)
    while len(said) <= LONGEST_ANSWER and is_running(known) and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY)
    for one in (known, *left_behind(process.pid)):  # before it is reaped, for only so long its number is its own
        end_tree(one, 0)
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return None if process.returncode != 0 or reader.is_alive() or len(said) > LONGEST_ANSWER else said.decode("utf-8", "replace")


def read_answer(process: subprocess.Popen[bytes], said: bytearray) -> None:
    """Read what a program says, to its end or a little more than may be."""
    if process.stdout:
        with process.stdout as stream:
            while len(said) <= LONGEST_ANSWER and (chunk := stream.read(LONGEST_ANSWER)):
                said.extend(chunk)


def check_own(path: str) -> str:
    """Check the path of the person's own program. Raises InvalidInput."""
    path = path.strip().strip('"')
    try:
        file = Path(path).expanduser()
    except (RuntimeError, ValueError):  # the folder of somebody who is not known here, or no path at all
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
