"""Orders for an app take turns; each does then what was approved, or nothing."""

import asyncio
import os

import psutil
import pytest

from server.core.errors import Conflict, Unavailable
from server.sdk.operation import current_call, run_for
from tests.server.integrations.apps.desk import RESTART, START, STOP

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that these tests start are written for POSIX")


def test_two_concurrent_starts_start_one_process(desk):
    desk.recorder()

    async def scenario(launcher):
        outcomes = await asyncio.gather(*(launcher.control(START) for _ in range(5)))
        assert len({outcome.pid for outcome in outcomes}) == 1
        assert all(outcome.success for outcome in outcomes)

    desk.play(scenario)
    assert len(desk.processes()) == 1


class LimitedCall:
    """A call that may go on until the person says otherwise."""

    client_id = "bot"

    def __init__(self, *, looks: int) -> None:
        self.looks = looks

    async def execute(self, function, arguments):
        return await function(**arguments)

    async def require_still_allowed(self) -> None:
        self.looks -= 1
        if self.looks < 0:
            raise Unavailable("Paused.")


def test_queued_action_that_is_no_longer_permitted_does_nothing(desk):
    desk.recorder()

    async def scenario(launcher):
        with pytest.raises(Unavailable):
            await control_within(launcher, START, looks=0)
        assert desk.processes() == []
        started = await launcher.control(START)
        for order in (STOP, RESTART):
            with pytest.raises(Unavailable):
                await control_within(launcher, order, looks=0)
        assert psutil.pid_exists(started.pid)
        with pytest.raises(Unavailable) as refused:
            await control_within(launcher, RESTART, looks=1)
        assert refused.value.detail == "Paused. recorder had been ended already, and was not started again."
        assert desk.processes() == []

    desk.play(scenario)


async def control_within(launcher, order, looks):
    token = current_call.set(LimitedCall(looks=looks))
    try:
        return await launcher.control(order)
    finally:
        current_call.reset(token)


def test_order_that_would_do_something_else_after_its_turn_came_does_nothing(desk):
    desk.recorder(args=["--as-approved"])

    async def scenario(launcher):
        approved = await launcher.preview(START)
        desk.recorder(args=["--otherwise"])
        with pytest.raises(Conflict, match="Nothing was; ask again"):
            await run_for(approved, launcher.control, {"order": START})
        assert desk.processes() == []
        await run_for(await launcher.preview(START), launcher.control, {"order": START})
        again = await run_for(approved, launcher.control, {"order": START})
        assert again.message == "recorder is already running.", "nothing is to be done, so nothing differs"

    desk.play(scenario)
