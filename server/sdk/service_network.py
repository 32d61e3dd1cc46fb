"""Connections to services that the person chose: to an address that was checked, whatever the name resolves to afterwards."""

from collections.abc import Sequence

from httpcore2 import AnyIOBackend, ConnectError

from server.http.addresses import Address
from server.outbound import public_network
from server.sdk.service_addresses import check_addresses


class ServiceNetwork(public_network.CheckedNetwork):
    """Opens connections. `address`: where Deskhand is, which may change."""

    def __init__(self, address: Address) -> None:
        super().__init__(public_network.resolve_name, AnyIOBackend())
        self._address = address

    def check(self, _: str, port: int, addresses: Sequence[str], /) -> None:
        if not addresses:
            raise ConnectError
        check_addresses(addresses, port, self._address)
