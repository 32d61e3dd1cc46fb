"""Lookups of running processes for tests."""

import psutil

from server.system.processes import GONE, Pattern, Process, find, identity, program_of, require_running


def identify(pid: int) -> Process | None:
    """Return the process with this pid unless it has ended."""
    try:
        return identity(require_running(psutil.Process(pid)))
    except GONE:
        return None


def find_by_executable(path: str) -> list[Process]:
    """Find this person's processes that run exactly this file, oldest first."""
    return find({"": Pattern((program_of(path),))})[""]
