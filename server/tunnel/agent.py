"""The program that makes the tunnel: the person's own, or the one that was downloaded for them, or one in PATH."""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from server.errors import InvalidInput

VERSION = re.compile(r"version (\d+)\.(\d+\.\d+\S*)")
VERSION_SECONDS = 15.0
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
        return path.stat().st_size < SMALLEST and b"pyngrok" in path.read_bytes()
    except OSError:
        return False


def make_agent(path: Path, *, own: bool) -> Agent | None:
    """Look at a file; None: it cannot be run."""
    try:
        known = path.stat()
    except OSError:
        return None
    if not path.is_file() or not os.access(path, os.X_OK):
        return None
    return Agent((str(path),), str(path), own, read_version(str(path), known.st_mtime_ns, known.st_size))


@functools.lru_cache(maxsize=8)
def read_version(path: str, changed: int, size: int) -> str | None:
    """Ask a program for its version, once for each state of its file; None: it is no agent."""
    del changed, size
    try:
        done = subprocess.run(  # noqa: S603, the person chose it, or it was downloaded for them
            [path, "version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=VERSION_SECONDS,
            creationflags=NO_WINDOW,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = VERSION.search(done.stdout.decode("utf-8", "replace"))
    return f"{found[1]}.{found[2]}" if found and done.returncode == 0 else None


def check_own(path: str) -> str:
    """Check the path of the person's own program. Raises InvalidInput."""
    path = path.strip().strip('"')
    file = Path(path).expanduser()
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
