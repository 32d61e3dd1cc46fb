import sys
import threading
from collections.abc import Iterator

import pytest

from server import integrations

SLOW = '''
"""An integration whose module takes long to import."""

from contextlib import asynccontextmanager

from server.sdk.health import Health
from server.sdk.integration import Integration, IntegrationSpec
from server.sdk.operation import Operations

things = Operations(prefix="/slow", title="Slow")


@things.operation("GET", "/things", scope="read:slow")
async def list_slow_things() -> list[str]:
    """List the things."""
    return []


@asynccontextmanager
async def start(context):
    yield Health()


def load():
    import slow_gate

    slow_gate.opened.wait(60)
    return IntegrationSpec(start=start, public=(things,))


integration = Integration("slow", "Slow", ("/slow",), load, scopes={"read:slow": "Read the things"})
'''


class GuardProtocol:
    """The module imported as `slow_gate`."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.__spec__ = None


@pytest.fixture
def slow_integration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Add an integration that loads when this event is set."""
    folder = tmp_path_factory.mktemp("integrations")
    (folder / "slow").mkdir()
    (folder / "slow" / "__init__.py").write_text(SLOW, "utf-8")
    guard = GuardProtocol()
    monkeypatch.setitem(sys.modules, "slow_gate", guard)
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(folder)])
    yield guard.opened
    guard.opened.set()
    sys.modules.pop("server.integrations.slow", None)
