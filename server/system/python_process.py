"""Processes of our own that run one of our modules, from a checkout as well as in the frozen program."""

import sys
from pathlib import Path

FLAG = "--run-module"  # makes the frozen program run a module
ROOT = Path(__file__).resolve().parents[2]
RUN = "import runpy, sys; sys.path.insert(0, {root!r}); runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"


def module_command(module: str, *, frozen: bool | None = None) -> list[str]:
    """Return the command that runs a module of ours as a program."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [sys.executable, FLAG, module]
    return [sys.executable, "-I", "-c", RUN.format(root=str(ROOT), module=module)]
