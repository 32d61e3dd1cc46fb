"""Fixtures of conversations' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.integrations.conversations.desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The fake OpenAI, and a connection to it whose key is set."""
    with open_desk(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def new_desk(tmp_path: Path) -> Iterator[Desk]:
    """The same before there is a key."""
    with open_desk(tmp_path / "data", key="") as opened:
        yield opened
