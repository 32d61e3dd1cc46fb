from types import SimpleNamespace

import pytest

from server.core.errors import Unavailable
from server.sdk.services import provided


class Shelf:
    pass


def find(services: dict) -> object:
    request = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(services=services)))
    return provided(Shelf).dependency(request)


def test_a_route_is_handed_the_running_service() -> None:
    shelf = Shelf()
    assert find({Shelf: shelf}) is shelf


def test_a_service_that_does_not_run_is_503() -> None:
    with pytest.raises(Unavailable):
        find({})
