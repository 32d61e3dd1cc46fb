"""Addresses to which webhooks may go: public ones over https, and local ones that the person listed."""

import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from server.core.domains import to_ascii
from server.core.errors import InvalidInput

if TYPE_CHECKING:
    import httpx2

LONGEST_URL = 2_000
PUBLIC_PORTS = (443, 8443)
NOT_PRINTABLE = re.compile(r"[^\x21-\x7e\u00a1-\U0010ffff]|\\")
NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}")  # what inet_aton reads as an address
NUMBER_AT_END = re.compile(r"(.+\.)?(0x[0-9a-f]*|\d+)")  # no name: https://url.spec.whatwg.org/#ends-in-a-number-checker
LISTED = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+):(?P<port>[0-9]{1,5})", re.IGNORECASE)
NOT_A_URL = "Give an address such as https://example.com/hook, without a user name or password."
NOT_HTTPS = "Use https. Plain http is for receivers on this computer or its network that are listed under Local receivers."
WRONG_PORT = "Use port 443 or 8443, or list the receiver under Local receivers if it is on this computer or its network."
NOT_PUBLIC = "This address is not a public one. List it under Local receivers if it is on this computer or its network."
OWN = "This is Deskhand's own address, so its events would come back to it."
DEMO_ONLY = "In demo mode nothing outside this computer is contacted. List the receiver under Local receivers."
NOT_LOCAL = "{} is not an address of this computer or its network, so it need not be listed."
NOT_AN_ADDRESS = "Give host and port, such as homeassistant.local:8123 or 192.168.1.20:5678."
# Networks at home, and 100.64.0.0/10 of VPNs. Never link-local ones, where clouds have their metadata.
LOCAL = [
    ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7")
]


class Unresolved(Exception):
    """A name has no address."""


@dataclass(frozen=True)
class Target:
    """A checked address. `is_listed`: it must be one of this computer or its network; else it must be a public one."""

    url: str
    scheme: str
    host: str
    port: int
    path: bytes
    is_listed: bool


@dataclass(frozen=True)
class Receivers:
    """The guard against SSRF of webhooks. `listed`: pairs of host and port, written as "host:port".

    `own`: the public address of Deskhand itself, written likewise; `own_ports`: its ports on this computer. All are read at
    each check, so they may change.
    """

    listed: Callable[[], Collection[str]] = tuple
    own: Callable[[], Collection[str]] = tuple
    own_ports: Callable[[], Collection[int]] = tuple
    only_listed: bool = False

    def parse(self, url: str) -> Target:
        """Check an address without resolving its name. Raises InvalidInput if nothing may ever be sent there."""
        address = parse_url(url)
        host = normalize_host(address.raw_host.decode())
        port = address.port or {"http": 80, "https": 443}[address.scheme]
        is_listed = write_listed(host, port) in self.listed()
        self._refuse_own(host, port)
        if not is_listed:
            self._check_public(address.scheme, host, port)
        return Target(url, address.scheme, host, port, address.raw_path, is_listed)

    def check_addresses(self, target: Target, addresses: Sequence[str]) -> Sequence[str]:
        """Check all IP addresses that the name of a target has resolved to; return those to connect to. Raises InvalidInput.

        A name at home may have a link-local address too, which is left out.
        """
        usable = [address for address in addresses if not (target.is_listed and ip_address(address).is_link_local)]
        if addresses and not usable:
            raise InvalidInput(NOT_PUBLIC)
        for address in usable:
            self._check_address(target, address)
        return usable

    def _check_address(self, target: Target, address: str) -> None:
        from server.outbound.public_network import is_public

        if not (is_local(address) if target.is_listed else is_public(address)):
            raise InvalidInput(NOT_PUBLIC)
        if target.port in self.own_ports() and is_own(address):
            raise InvalidInput(OWN)

    def check_listed(self, text: str) -> str:
        """Check and normalize host and port that the person lists. Raises InvalidInput."""
        listed = check_listed(text)
        host, _, port = listed.rpartition(":")
        self._refuse_own(host.strip("[]"), int(port))
        return listed

    def _refuse_own(self, host: str, port: int) -> None:
        if write_listed(host, port) in self.own() or (port in self.own_ports() and is_here(host)):
            raise InvalidInput(OWN)

    def _check_public(self, scheme: str, host: str, port: int) -> None:
        from server.outbound.public_network import is_public

        if self.only_listed:
            raise InvalidInput(DEMO_ONLY)
        if is_here(host) or (is_address(host) and not is_public(host)):
            raise InvalidInput(NOT_PUBLIC)
        if scheme != "https":
            raise InvalidInput(NOT_HTTPS)
        if port not in PUBLIC_PORTS:
            raise InvalidInput(WRONG_PORT)


def parse_url(url: str) -> "httpx2.URL":
    """Parse an http or https address strictly. Raises InvalidInput."""
    import httpx2

    if len(url) > LONGEST_URL or NOT_PRINTABLE.search(url):
        raise InvalidInput(NOT_A_URL)
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise InvalidInput(NOT_A_URL) from None
    authority = url.partition("//")[2].partition("/")[0].partition("?")[0]
    if address.scheme not in {"http", "https"} or "@" in authority or not address.raw_host or address.port == 0:
        raise InvalidInput(NOT_A_URL)
    return address


def normalize_host(host: str) -> str:
    """Write a host in its one form: IP addresses as such, names in ASCII without a final dot. Raises InvalidInput."""
    host = to_ascii(host.strip("[]").lower()).removesuffix(".")
    if NUMERIC.fullmatch(host):
        try:
            return str(IPv4Address(socket.inet_aton(host)))  # 127.1, 0x7f.1 and 2130706433, as the resolver reads them
        except OSError:
            raise InvalidInput(NOT_A_URL) from None
    if ":" in host:
        try:
            return str(IPv6Address(host))
        except ValueError:
            raise InvalidInput(NOT_A_URL) from None
    if not NAME.fullmatch(host) or NUMBER_AT_END.fullmatch(host) or len(host) > 253:
        raise InvalidInput(NOT_A_URL)
    return host


def write_listed(host: str, port: int) -> str:
    """Write host and port as they are listed."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def check_listed(text: str) -> str:
    """Check and normalize host and port of a local receiver. Raises InvalidInput."""
    match = LISTED.fullmatch(text.strip())
    if not match or not 0 < int(match["port"]) < 65536:
        raise InvalidInput(NOT_AN_ADDRESS)
    try:
        host = normalize_host(match["host"])
    except InvalidInput:
        raise InvalidInput(NOT_AN_ADDRESS) from None
    if is_address(host) and not is_local(host):
        raise InvalidInput(NOT_LOCAL.format(host))
    return write_listed(host, int(match["port"]))


def is_address(host: str) -> bool:
    """Return whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_here(host: str) -> bool:
    """Return whether a host names this computer, without resolving it."""
    if is_address(host):
        return is_own(host)
    return host == "localhost" or host.endswith((".localhost", ".localdomain"))


def is_local(text: str) -> bool:
    """Return whether an IP address is one of this computer or its network."""
    address = ip_address(text)
    return any(address in network for network in LOCAL)


def is_own(text: str) -> bool:
    """Return whether an IP address is one of this computer's own: it can be bound."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
