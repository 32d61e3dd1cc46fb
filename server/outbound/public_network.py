"""Connections to the public internet and nowhere else, whatever a stranger's address is made to mean.

A name is resolved here, every address it has must be public, and the checked address itself is connected to: a name that
means something else a moment later (DNS rebinding) gains nothing. TLS still asks for the name.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from httpcore2 import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ConnectTimeout

from server.core.errors import InvalidInput

NOT_PUBLIC = "This address is not a public one on the internet, so Deskhand does not fetch from it. Give another."

GLOBAL_UNICAST = ip_network("2000::/3")
# Beyond what every Python's `is_global` knows: https://www.iana.org/assignments/iana-ipv4-special-registry and the one for IPv6.
CLOSED = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",
        "2001::/23",  # Teredo and others that carry an IPv4 address or lead nowhere
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class Internet(AsyncNetworkBackend):
    """Opens the connections. `allowed`: pairs of host and port that are on this computer, and must be."""

    def __init__(self, resolve: Resolver, dialer: AsyncNetworkBackend, allowed: Collection[tuple[str, int]]) -> None:
        self._resolve, self._dialer, self._allowed = resolve, dialer, allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, the backend's signature
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        may = is_loopback if (host, port) in self._allowed else is_public
        addresses = await self._resolve(host, port)
        if not addresses or not all(may(address) for address in addresses):
            raise InvalidInput(NOT_PUBLIC)
        failure: ConnectError | ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._dialer.connect_tcp(address, port, timeout, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure or ConnectError


async def resolve_name(host: str, port: int) -> list[str]:
    """Find every address of a name, in the order of preference; none when there is no such name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(text: str) -> bool:
    """Whether an IP address belongs to a host on the public internet, without another address hidden in it."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address.scope_id or address not in GLOBAL_UNICAST):
        return False
    return address.is_global and not any(address in network for network in CLOSED)


def is_loopback(text: str) -> bool:
    """Whether an IP address is this computer itself."""
    return ip_address(text).is_loopback
