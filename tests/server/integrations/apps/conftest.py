"""Shared fixtures of the apps' tests."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.server.integrations.apps.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A list of apps of its own. What was started from it is ended with the test."""
    desk = Desk(tmp_path)
    yield desk
    for own in desk.own:
        own.kill()
        own.wait()
    while left := desk.processes():
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.01)
