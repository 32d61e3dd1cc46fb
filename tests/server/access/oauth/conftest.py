from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from desktop.server_thread import BackgroundServer
from server.core.clock import Clock
from server.lifecycle.program import Options, Program
from server.sdk.desktop import NoScreen
from tests.server.conftest import Served


class AdvancingClock(Clock):
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **spent: float) -> None:
        self.ahead += timedelta(**spent)


@pytest.fixture(scope="module")
def standing(tmp_path_factory) -> Iterator[tuple[Served, AdvancingClock]]:
    """A server with apps and mail to play with, for all tests of a file."""
    served_clock, data = AdvancingClock(), tmp_path_factory.mktemp("standing") / "data"
    background = BackgroundServer(Program(Options(port=0, data_dir=data, demo=True), NoScreen(), served_clock))
    ready = background.start()
    yield Served(background, ready.public, ready.local, data), served_clock
    assert background.stop(), "the server did not stop"


@pytest.fixture
def served_clock(standing) -> AdvancingClock:
    """The clock of that server. It never goes back."""
    return standing[1]


@pytest.fixture
def served(standing) -> Served:
    """That server with nobody known to it."""
    server = standing[0]
    server.keys.clear()
    server.person("POST", "/api/clients/revoke-all")
    server.person("PUT", "/api/sign-ins", json={})
    return server
