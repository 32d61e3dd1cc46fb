import asyncio

from server.outbound.webhooks.changes import describe
from server.outbound.webhooks.models import Endpoint
from tests.server.outbound.webhooks.desk import Desk, at_desk


def endpoint(state: str = "enabled", reason: str = "") -> Endpoint:
    return Endpoint("1", "person", "https://example.com/", "n8n", (), state, reason, "", None, "", 0, None)


def test_problem_is_described():
    assert describe(endpoint(), 0) is describe(endpoint("disabled"), 0) is None
    assert "restored backup" in (describe(endpoint("unconfirmed"), 0) or "")
    assert "It is gone." in (describe(endpoint("disabled", "It is gone."), 0) or "")
    assert "could not be delivered to n8n" in (describe(endpoint(), 1) or "")


def test_many_attempts_are_published_together(tmp_path):
    async def test(desk: Desk) -> None:
        await desk.add("/hook")
        with desk.events.subscribed() as news:
            for number in range(30):
                await desk.emit(number=number)
            await desk.until_ended(30)
            async with asyncio.timeout(60):
                assert (await anext(news)).topic == "webhooks"
            waiting = asyncio.ensure_future(anext(news))
            await asyncio.wait([waiting], timeout=0.7)
            waiting.cancel()
        assert len(desk.receiver.requests) == 30

    at_desk(test, tmp_path)
