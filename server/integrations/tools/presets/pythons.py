"""Pythons of this computer that can make an environment."""

import shutil
import subprocess
import sys
from dataclasses import dataclass

from server.core.errors import Unavailable
from server.system.environment import clean_environment

NAMES = ("python3", "python3.13", "python3.12", "python3.11", "python3.14", "python")
PROBE = """
import sys
from importlib.util import find_spec
print(sys.version_info[:2] >= (3, 11), *(find_spec(name) is not None for name in ("venv", "ensurepip", "pip")))
"""
PROBE_SECONDS = 20.0
MISSING = (
    "This needs Python 3.11 or newer, which is not installed on this computer. Install Python from python.org, or with your "
    "system's package manager, and try again."
)
NO_PIP = (
    "The Python of this computer can make no environments. Install what is missing (on Debian and Ubuntu: "
    "sudo apt install python3-venv), and try again."
)


@dataclass(frozen=True)
class Python:
    """A Python. `brings_pip`: it puts a pip into the environments that it makes; else its own pip installs into them."""

    program: str
    brings_pip: bool


def find_python() -> Python:
    """Find a Python. Raises Unavailable with a sentence that says what is missing. Blocks.

    A frozen program is no Python; Deskhand's own is the first choice otherwise.
    """
    candidates = [] if getattr(sys, "frozen", False) else [sys.executable, getattr(sys, "_base_executable", "")]
    path = clean_environment().get("PATH")
    candidates += [program for name in NAMES if (program := shutil.which(name, path=path))]
    seen_any = False
    for program in dict.fromkeys(filter(None, candidates)):
        recent, venv, ensurepip, pip = probe(program)
        seen_any = seen_any or recent
        if recent and venv and (ensurepip or pip):
            return Python(program, brings_pip=ensurepip)
    raise Unavailable(NO_PIP if seen_any else MISSING)


def probe(program: str) -> tuple[bool, bool, bool, bool]:
    """Ask a Python whether it is recent enough, and what it has. What is none answers no to all."""
    try:
        done = subprocess.run(  # noqa: S603, a Python of this computer
            [program, "-I", "-c", PROBE],
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False, False, False, False
    values = [word == "True" for word in done.stdout.split()]
    return (values[0], values[1], values[2], values[3]) if len(values) == 4 else (False, False, False, False)
