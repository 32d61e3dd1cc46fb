import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
Deskhand = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def deskhand(tmp_path: Path) -> Deskhand:
    """Run the command as a person does, with this test's folder."""

    def run(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in {"HOST", "PORT", "API_KEY", "DESKHAND_API_KEY"}}
        everything = {**kept, "DESKHAND_DATA_DIR": str(tmp_path / "data"), **environment}
        command = [sys.executable, "-m", "desktop", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=everything, input=typed, capture_output=True, text=True, check=False, timeout=60
        )

    return run
