"""Fixtures of the tests of conversations."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.integrations.conversations.fake import FakeOpenAI
from tests.server.integrations.conversations.desk import Desk, open_desk
from tests.server.integrations.conversations.library_setup import Shelf, open_shelf, stock
from tests.server.integrations.conversations.live_setup import Live, opened
from tests.server.integrations.conversations.rooms import Room
from tests.server.integrations.conversations.seed_setup import Seed, serving
from tests.server.integrations.conversations.stored import with_archive


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


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    """The library and search over two empty databases."""
    async with open_shelf(tmp_path / "data") as shelf:
        yield shelf


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    """A server for the tests of a module, which talks to the fake OpenAI."""
    with serving(tmp_path_factory.mktemp("seed") / "data") as seed:
        yield seed


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    """A server with conversations in both databases, which no test changes."""
    with serving(tmp_path_factory.mktemp("stocked") / "data") as seed:
        stock(seed.served)
        yield seed


@pytest.fixture
def room(desk: Desk) -> Iterator[Room]:
    """Deletion over both databases."""
    opened = with_archive(desk.context)
    yield Room(desk, desk.run(opened.__aenter__()))
    desk.run(opened.__aexit__(None, None, None))
