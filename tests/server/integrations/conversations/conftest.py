"""Fixtures of the tests of conversations."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.integrations.conversations.fake import FakeOpenAI
from tests.server.integrations.conversations.live_setup import Live, opened


@pytest.fixture
async def fake_openai() -> AsyncIterator[FakeOpenAI]:
    """OpenAI on a loopback socket."""
    fake = FakeOpenAI()
    async with fake.serving():
        yield fake


@pytest.fixture
async def live(tmp_path: Path, fake_openai: FakeOpenAI) -> AsyncIterator[Live]:
    """Live conversations with a key that OpenAI accepts."""
    async with opened(tmp_path / "data", fake_openai) as live:
        yield live
