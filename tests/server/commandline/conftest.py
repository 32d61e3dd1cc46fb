import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from desktop.__main__ import start
from server.commandline.root import build
from server.sdk.cli import run

ROOT = Path(__file__).resolve().parents[3]
CLEARED = ("HOST", "PORT", "API_KEY", "DESKHAND_API_KEY")
Deskhand = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def deskhand(tmp_path: Path) -> Deskhand:
    """Run a command in this process, with this test's folder."""

    def run_here(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        everything = {**dict.fromkeys(CLEARED), "DESKHAND_DATA_DIR": str(tmp_path / "data"), **environment}
        code = 0
        with logging_restored(), CliRunner().isolation(typed, everything) as (out, err, _):
            try:
                run(build(start), list(arguments))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(bool(end.code))
            sys.stdout.flush()
            sys.stderr.flush()
            texts = [stream.getvalue().decode() for stream in (out, err) if isinstance(stream, io.BytesIO)]
        return subprocess.CompletedProcess(arguments, code, *texts)

    return run_here


@pytest.fixture
def deskhand_process(tmp_path: Path) -> Deskhand:
    """Run the command as a person does, in a process of its own, with this test's folder."""

    def run_process(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        variables = {name: value for name, value in os.environ.items() if name not in CLEARED}
        everything = {**variables, "DESKHAND_DATA_DIR": str(tmp_path / "data"), **environment}
        command = [sys.executable, "-m", "desktop", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=everything, input=typed, capture_output=True, text=True, check=False, timeout=60
        )

    return run_process


@contextmanager
def logging_restored() -> Iterator[None]:
    """Undo what a command sets up for its own process: the log on stderr."""
    root = logging.getLogger()
    handlers, level, raising = root.handlers[:], root.level, logging.raiseExceptions
    root.handlers.clear()  # otherwise they would be closed
    try:
        yield
    finally:
        root.handlers[:], logging.raiseExceptions = handlers, raising
        root.setLevel(level)
