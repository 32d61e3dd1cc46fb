"""Commands as the person would type them: `python3 run.py …` from a checkout, `deskhand …` when installed."""

import os
import shutil
import sys
from pathlib import Path

from server.core.resources import PACKAGE

VARIABLE = "DESKHAND_COMMAND"  # set by run.py: how it was typed
NAME = "deskhand"


def format_command(arguments: str = "") -> str:
    """Write a command of Deskhand with its arguments."""
    return f"{find_program()} {arguments}".rstrip()


def find_program(package: Path = PACKAGE) -> str:
    """Find how this Deskhand is started: as it was typed, by the installed command, or by the checkout's run.py."""
    if typed := os.environ.get(VARIABLE):
        return typed
    if is_installed_command(shutil.which(NAME)) or not (package.parent / "run.py").is_file():
        return NAME
    return "py run.py" if sys.platform == "win32" else "python3 run.py"


def is_installed_command(path: str | None) -> bool:
    """Return whether the command on the PATH belongs to this Python, and not to another installation."""
    return path is not None and Path(path).parent == Path(sys.executable).parent
