import asyncio
import sys

import httpcore2
import pytest

from server.core.errors import InvalidInput
from server.outbound.public_network import PublicNetwork, is_public, resolve_name

PUBLIC = ["93.184.215.14", "8.8.8.8", "192.0.1.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001::200e"]
BLOCKED = {
    "this computer": ["127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "::127.0.0.1"],
    "no address": ["0.0.0.0", "0.1.2.3", "::", "255.255.255.255", "", "localhost", "127.1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fc00::1", "::ffff:10.0.0.1"],
    "link": ["169.254.169.254", "fe80::1", "fe80::1%1", "2606:2800:21f:cb07::1%1", "fec0::1", "feff::1"],
    "provider": ["100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.0.9", "192.0.0.192", "192.88.99.1"],
    "an IPv4 address inside": ["2002:7f00:1::", "2002:808:808::1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1"],
    "another one inside": [
        "2001::1",
        "2001:0:808:808::1",
        "2001:1::1",
        "2001:20::1",
        "::8.8.8.8",
        "::ffff:8.8.8.8",
        "::ffff:0:8.8.8.8",
    ],
    "many": ["224.0.0.1", "224.0.1.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "100::1"],
    "not given out": ["4000::1", "5f00::1", "8000::1", "1::1"],
}


class Dialer(httpcore2.AsyncNetworkBackend):
    """Connects to nothing, except to the addresses that it is said to reach."""

    def __init__(self, *reached: str) -> None:
        self.reached, self.dialled = reached, []

    async def connect_tcp(self, host, port, *_, **__):
        self.dialled.append((host, port))
        if host not in self.reached:
            raise httpcore2.ConnectError
        return httpcore2.AsyncMockStream([])


def connect(dialer: Dialer, *addresses: str, to: tuple[str, int] = ("name.example", 443), allowed=()) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return list(addresses)

    asyncio.run(PublicNetwork(resolve, dialer, allowed).connect_tcp(*to))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_allowed(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [address for group in BLOCKED.values() for address in group])
def test_every_other_address_is_blocked(address):
    assert not is_public(address)


def test_connection_goes_to_the_checked_address():
    dialer = Dialer(PUBLIC[0])
    connect(dialer, PUBLIC[0])
    assert dialer.dialled == [(PUBLIC[0], 443)]


def test_name_is_refused_if_one_address_is_blocked():
    dialer = Dialer(*PUBLIC)
    for addresses in ([PUBLIC[0], "127.0.0.1"], ["10.0.0.1", PUBLIC[0]], ["::1"], []):
        with pytest.raises(InvalidInput):
            connect(dialer, *addresses)
    assert dialer.dialled == []


def test_next_address_is_tried_after_a_failure():
    dialer = Dialer(PUBLIC[1])
    connect(dialer, PUBLIC[0], PUBLIC[1], PUBLIC[2])
    assert [address for address, _ in dialer.dialled] == PUBLIC[:2]
    with pytest.raises(httpcore2.ConnectError):
        connect(Dialer(), PUBLIC[0])


def test_allowed_name_must_resolve_to_this_computer():
    allowed = [("fake.test", 8080)]
    connect(Dialer("127.0.0.1"), "127.0.0.1", to=allowed[0], allowed=allowed)
    for address, to in (("192.168.1.1", allowed[0]), (PUBLIC[0], allowed[0]), ("127.0.0.1", ("fake.test", 8081))):
        with pytest.raises(InvalidInput):
            connect(Dialer(address), address, to=to, allowed=allowed)


def test_unusual_spellings_are_resolved_before_the_check():
    spellings = ["127.1", "0x7f.1", "2130706433", "0", "017700000001", "127.0.0.1", "localhost", "0x7f000001"]
    for spelling in spellings:
        resolved = asyncio.run(resolve_name(spelling, 443))
        assert resolved or sys.platform != "linux", spelling
        assert not any(is_public(address) for address in resolved), spelling


def test_unknown_name_has_no_address():
    assert asyncio.run(resolve_name("nobody.invalid", 443)) == []
    assert asyncio.run(resolve_name("x" * 64 + ".example", 443)) == []
