"""How Deskhand starts itself again: its window, its demo."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = "LD_LIBRARY_PATH"


def own_command(*arguments: str, frozen: bool | None = None) -> list[str]:
    """The command that runs this very program."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "desktop", *arguments]  # -P: a folder named `desktop` where this runs hides nothing


def own_environment(environment: Mapping[str, str], root: Path = ROOT) -> dict[str, str]:
    """The variables with which it finds itself: a checkout need not be installed."""
    kept = dict(environment)
    if (root / "pyproject.toml").is_file():
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH")]))
    return kept


def outside_environment(environment: Mapping[str, str], *, frozen: bool | None = None) -> dict[str, str]:
    """The variables for other programs. A frozen program puts its own libraries first, which breaks them:
    https://pyinstaller.org/en/stable/common-issues-and-pitfalls.html#launching-external-programs-from-the-frozen-application
    """
    kept = dict(environment)
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        original = kept.pop(f"{LIBRARIES}_ORIG", None)
        kept.pop(LIBRARIES, None)
        if original:
            kept[LIBRARIES] = original
    return kept
