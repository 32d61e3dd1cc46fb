"""SSRF guard: connections to checked addresses, such as those of the public internet only.

A name is resolved here, all its addresses are checked, and the connection goes to the checked address itself, so that DNS
rebinding has no effect. TLS still verifies the name.
"""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from httpcore2 import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ConnectTimeout

from server.core.errors import InvalidInput

NOT_PUBLIC = "This address is not a public one on the internet, so Deskhand does not fetch from it. Give another."

GLOBAL_UNICAST = ip_network("2000::/3")
# In addition to `is_global`: https://www.iana.org/assignments/iana-ipv4-special-registry and the one for IPv6.
BLOCKED = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",
        "2001::/23",  # Teredo and others that embed an IPv4 address or are not routed
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
]

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


class CheckedNetwork(AsyncNetworkBackend, ABC):
    """Opens connections to addresses that have passed its check."""

    def __init__(self, resolve: Resolver, dialer: AsyncNetworkBackend) -> None:
        self._resolve, self._dialer = resolve, dialer

    @abstractmethod
    def check(self, host: str, port: int, addresses: Sequence[str], /) -> None:
        """Check all addresses of a name. Raises InvalidInput."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, the backend's signature
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        self.check(host, port, addresses)
        failure: ConnectError | ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._dialer.connect_tcp(address, port, timeout, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure or ConnectError


class PublicNetwork(CheckedNetwork):
    """Opens connections to the public internet. `allowed`: pairs of host and port that must resolve to this computer instead."""

    def __init__(self, resolve: Resolver, dialer: AsyncNetworkBackend, allowed: Collection[tuple[str, int]]) -> None:
        super().__init__(resolve, dialer)
        self._allowed = allowed

    def check(self, host: str, port: int, addresses: Sequence[str], /) -> None:
        is_allowed = is_loopback if (host, port) in self._allowed else is_public
        if not addresses or not all(is_allowed(address) for address in addresses):
            raise InvalidInput(NOT_PUBLIC)


async def resolve_name(host: str, port: int) -> list[str]:
    """Resolve a name to all its addresses in order of preference; empty if it does not exist."""
    try:
        results = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[0]) for *_, address in results))


def is_public(text: str) -> bool:
    """Return whether an IP address is public and embeds no other address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and (address.scope_id or address not in GLOBAL_UNICAST):
        return False
    return address.is_global and not any(address in network for network in BLOCKED)


def is_loopback(text: str) -> bool:
    """Return whether an IP address is this computer."""
    return ip_address(text).is_loopback
