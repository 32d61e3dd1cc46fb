from types import SimpleNamespace

import pytest

from server.core.errors import Unavailable
from server.sdk.services import provided


class Shelf:
    pass


async def find(services: dict) -> object:
    request = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(services=services)))
    return await provided(Shelf).dependency(request)


async def test_route_receives_the_running_service() -> None:
    shelf = Shelf()
    assert await find({Shelf: shelf}) is shelf


async def test_service_that_is_not_running_is_503_and_the_log_says_which(caplog) -> None:
    with pytest.raises(Unavailable):
        await find({})
    assert "No running integration provides a Shelf" in caplog.text
