"""Addresses of services that the person chose: also on this computer and in its network, never link-local nor Deskhand's own."""

from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from server.core.errors import InvalidInput
from server.http.addresses import DEFAULT_PORTS, Address
from server.outbound.webhooks.receivers import is_address, is_here, is_own, normalize_host, write_listed

if TYPE_CHECKING:
    from server.outbound.public_network import Resolver

LINK_LOCAL = "This is a link-local address, where clouds keep credentials. Give one of this computer, its network or outside."
NO_HOST = "This address has no valid host name."
OWN = "This is Deskhand's own address, so requests would come back to it. Give the address of the other program."


def check_service(url: str, address: Address | None = None) -> None:
    """Check a well-formed address without resolving its name. Raises InvalidInput.

    `address`: where Deskhand is; without it only link-local addresses are refused.
    """
    host, port = split_host(url)
    if is_address(host) and is_link_local(host):
        raise InvalidInput(LINK_LOCAL)
    if address is None:
        return
    own = address.public_hosts() | address.local_hosts()
    if write_listed(host, port) in own or (is_own_port(port, address) and is_here(host)):
        raise InvalidInput(OWN)


async def check_resolved_service(url: str, address: Address, resolve: "Resolver | None" = None) -> None:
    """Check an address and those that its name resolves to. Raises InvalidInput."""
    from server.outbound.public_network import resolve_name

    check_service(url, address)
    host, port = split_host(url)
    check_addresses(await (resolve or resolve_name)(host, port), port, address)


def check_addresses(resolved: Iterable[str], port: int, address: Address) -> None:
    """Check the addresses that a name has resolved to. Raises InvalidInput."""
    for each in resolved:
        if is_link_local(each):
            raise InvalidInput(LINK_LOCAL)
        if is_own_port(port, address) and is_own(each):
            raise InvalidInput(OWN)


def split_host(url: str) -> tuple[str, int]:
    """Split the host, in its one form, and the port off an address. Raises InvalidInput."""
    parts = urlsplit(url)
    try:
        host = normalize_host(parts.hostname or "")
    except InvalidInput:
        raise InvalidInput(NO_HOST) from None
    return host, parts.port or DEFAULT_PORTS[parts.scheme]


def is_own_port(port: int, address: Address) -> bool:
    """Return whether Deskhand listens on a port."""
    return port in {address.public_port, address.local_port}


def is_link_local(text: str) -> bool:
    """Return whether an IP address is link-local, also as an IPv4 address within IPv6."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_link_local
