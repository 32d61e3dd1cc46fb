"""The process that forks for upstream servers, of which a process of tests starts one when it first needs it."""

import atexit
import os
import sys
from functools import cache
from pathlib import Path
from shutil import rmtree
from subprocess import PIPE, Popen
from tempfile import mkdtemp
from typing import Any

from tests.conftest import ROOT

FORKED = str(Path(__file__).with_name("forked.py"))


def describe_forked(file: str) -> dict[str, Any]:
    """Describe an upstream server, which is a Python file, as MCP clients do."""
    if sys.platform == "win32":  # which forks nothing
        return {"command": sys.executable, "args": [file]}
    return {"command": sys.executable, "args": ["-IS", FORKED, find_forking(), file]}


@cache
def find_forking() -> str:
    """Start the process that forks; it ends with this one. Returns its address."""
    folder = mkdtemp()
    address = f"{folder}/forking"
    process = Popen(
        [sys.executable, FORKED, address],
        stdin=PIPE,
        stdout=PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
    )
    assert process.stdout and process.stdout.readline(), "the process that forks did not start"

    def end() -> None:
        process.communicate()
        rmtree(folder)

    atexit.register(end)
    return address
