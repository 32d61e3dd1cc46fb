from time import monotonic

from server.integrations.tools.adapter.throttle import PAUSE, SLICE, Throttle


async def test_pauses_are_in_proportion_to_the_work() -> None:
    throttle, begun = Throttle(), monotonic()
    await throttle.pause(begun - 5 * SLICE)
    assert monotonic() - begun >= 5 * SLICE * PAUSE
