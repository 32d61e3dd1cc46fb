"""Command and environment that run this program again."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from server.system.environment import without_secrets

ROOT = Path(__file__).resolve().parents[1]


def relaunch_command(*arguments: str, frozen: bool | None = None) -> list[str]:
    """Command that runs this program again."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "desktop", *arguments]  # -P: a folder named `desktop` where this runs hides nothing


def relaunch_environment(environment: Mapping[str, str], root: Path = ROOT) -> dict[str, str]:
    """Environment for our own child processes, without secrets. Adds a checkout to PYTHONPATH."""
    variables = without_secrets(environment)
    if (root / "pyproject.toml").is_file():
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH")]))
    return variables
