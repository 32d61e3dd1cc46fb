import asyncio
from collections.abc import Callable

import pytest
from httpcore2 import ConnectError

from server.core.errors import InvalidInput
from server.outbound.webhooks.network import ReceiverNetwork
from server.outbound.webhooks.receivers import Receivers, Unresolved
from tests.server.outbound.web import PUBLIC, Wire
from tests.server.outbound.webhooks.receiver import Receiver

RECEIVERS = Receivers()


class NoWire(Wire):
    """No connection is expected."""

    async def connect_tcp(self, *_):
        raise AssertionError


def dial(addresses: list[str], make_wire: Callable[[int], Wire]) -> list[tuple[str, int]]:
    """Connect to a public name beside a receiver; return what was dialled."""

    async def resolve(_target: object) -> list[str]:
        return addresses

    async def main() -> list[tuple[str, int]]:
        async with Receiver().serving() as receiver:
            wire = make_wire(receiver.port)
            network = ReceiverNetwork(RECEIVERS.parse("https://files.example/"), RECEIVERS, resolve, wire)
            await (await network.connect_tcp("127.0.0.1", 443)).aclose()
            return wire.dialled

    return asyncio.run(main())


def test_host_of_the_request_is_never_dialled():
    assert dial([PUBLIC], Wire) == [(PUBLIC, 443)]


def test_one_forbidden_address_forbids_all():
    with pytest.raises(InvalidInput):
        dial([PUBLIC, "127.0.0.1"], NoWire)


def test_name_without_addresses_is_unresolved():
    with pytest.raises(Unresolved):
        dial([], NoWire)


class Unsteady(Wire):
    """The first address does not answer."""

    async def connect_tcp(self, host, port, *rest, **more):
        if not self.dialled:
            self.dialled.append((host, port))
            raise ConnectError
        return await super().connect_tcp(host, port, *rest, **more)


def test_next_address_is_tried():
    assert dial([PUBLIC, "93.184.215.15"], Unsteady) == [(PUBLIC, 443), ("93.184.215.15", 443)]
