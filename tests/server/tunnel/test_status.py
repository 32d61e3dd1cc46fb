from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.http.addresses import Address
from server.runtime.state import open_state
from server.sdk.desktop import NoScreen
from server.storage.data_dir import open_home
from server.tunnel.models import TunnelState
from server.tunnel.ngrok import Ngrok
from server.tunnel.provider import TunnelError
from server.tunnel.status import TunnelStatus
from tests.server.listening import until


class Screen(NoScreen):
    def __init__(self) -> None:
        self.shown: list[str] = []

    def notify(self, title: str, text: str) -> None:
        self.shown.append(f"{title}: {text}")


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
async def status(tmp_path: Path, screen: Screen) -> AsyncIterator[TunnelStatus]:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address(1, 2), screen=screen) as state:
            yield TunnelStatus(state.context, state.address, Ngrok(), None, demo=False)


async def test_changed_address_only_is_notified(status, screen) -> None:
    await status.set_open("https://a.ngrok.app")
    await status.set_open("https://a.ngrok.app")
    assert status.address_changed_at is None
    await status.set_open("https://b.ngrok.app")
    assert status.address_changed_at
    await until(lambda: screen.shown)
    assert len(screen.shown) == 1 and "https://b.ngrok.app" in screen.shown[0]


async def test_address_is_withdrawn_when_the_tunnel_is_off(status) -> None:
    await status.set_open("https://a.ngrok.app")
    assert (status.address, status.counter.hosts) == ("https://a.ngrok.app", {b"a.ngrok.app", b"a.ngrok.app:443"})
    await status.set(TunnelState.off)
    assert (status.address, status.opened_at, status.counter.hosts) == (None, None, frozenset())


async def test_error_is_a_problem_except_while_opening(status) -> None:
    await status.set_failed(TunnelError("ngrok could not be reached.", transient=True), notify=False)
    assert status.problem == "ngrok could not be reached."
    await status.set_opening()
    assert status.problem is None
