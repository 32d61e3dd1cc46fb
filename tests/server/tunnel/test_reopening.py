import asyncio

from server.http.addresses import Address
from server.runtime.state import open_state
from server.storage.data_dir import open_home
from server.tunnel.models import TunnelChange, TunnelState
from server.tunnel.supervisor import Supervisor
from tests.server.tunnel.tunnels import IMPATIENT, QUICK


async def test_tunnel_that_is_closed_while_it_is_opened_anew_stays_closed(tmp_path, monkeypatch) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True, tunnel_timing=QUICK) as state:
            tunnel, ending, end = state.tunnel, asyncio.Event(), Supervisor.end

            async def watch(supervisor: Supervisor) -> None:
                ending.set()
                await end(supervisor)

            monkeypatch.setattr(Supervisor, "end", watch)
            await tunnel.open()
            await tunnel.status.wait_until_settled()
            changing = asyncio.create_task(tunnel.change(TunnelChange(authtoken="another-token")))
            await ending.wait()
            await tunnel.close()
            await changing
            assert tunnel.state is TunnelState.off
            await tunnel.stop()


async def test_tunnel_that_is_off_stays_off_after_a_change(tmp_path) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True, tunnel_timing=QUICK) as state:
            await state.tunnel.change(TunnelChange(authtoken="another-token"))
            assert state.tunnel.state is TunnelState.off


async def test_failed_tunnel_is_reopened_when_the_computer_wakes(tmp_path) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True, tunnel_timing=IMPATIENT) as state:
            tunnel = state.tunnel
            await tunnel.check_now()
            assert tunnel.state is TunnelState.off
            await tunnel.change(TunnelChange(authtoken="offline-token"))
            await tunnel.open()
            await tunnel.status.wait_until_settled()
            assert tunnel.state is TunnelState.failed
            await tunnel.check_now()
            assert tunnel.state is TunnelState.opening
            await tunnel.stop()


async def test_permanent_failure_is_not_reopened_when_the_computer_wakes(tmp_path) -> None:
    with open_home(tmp_path, demo=True) as home:
        async with open_state(home, Address(9, 9), demo=True, tunnel_timing=QUICK) as state:
            await state.tunnel.change(TunnelChange(authtoken="revoked-token"))
            await state.tunnel.open()
            await state.tunnel.status.wait_until_settled()
            assert state.tunnel.state is TunnelState.failed
            await state.tunnel.check_now()
            assert state.tunnel.state is TunnelState.failed
            await state.tunnel.stop()
