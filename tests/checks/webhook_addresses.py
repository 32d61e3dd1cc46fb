"""Send webhooks to every forbidden address, in a network of its own where those of IPv4 and IPv6 lead to a listener."""

import asyncio
import contextlib
import fcntl
import json
import socket
import struct
from datetime import UTC, datetime

from server.outbound.webhooks.receivers import Receivers
from server.outbound.webhooks.sender import Limits, Sender
from tests.server.outbound.webhooks.test_receivers import MALFORMED, PRIVATE

ADDRESSES_4 = [
    "10.1.2.3",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "192.0.0.1",
    "192.88.99.1",
    "198.18.0.1",
    "8.8.8.8",
]
ADDRESSES_6 = [
    "fd00::1",
    "fc00::1",
    "fe80::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "64:ff9b:1::1",
    "fec0::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
]
PORTS = (80, 443)
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR = 0x8913, 0x8914, 0x8916


def make_network() -> None:
    """Bring the loopback device up, with addresses that are not public."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.unpack("16sh", fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | 1))
        for number, address in enumerate(ADDRESSES_4):
            request = struct.pack("16sH2s4s8s", b"lo:%d" % number, socket.AF_INET, b"", socket.inet_aton(address), b"")
            fcntl.ioctl(control, SIOCSIFADDR, request)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        for address in ADDRESSES_6:
            fcntl.ioctl(control, SIOCSIFADDR, socket.inet_pton(socket.AF_INET6, address) + struct.pack("Ii", 128, 1))


async def main() -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    servers = [await asyncio.start_server(answer, host, port) for host in ("0.0.0.0", "::") for port in PORTS]
    reachable = 0
    for host in PRIVATE.split():
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host.strip("[]"), 80), 1)
        except OSError:
            continue
        reachable += 1
        writer.close()
    while connections < reachable:
        await asyncio.sleep(0.01)
    connections = 0
    urls = [f"{scheme}://{host}/" for scheme in ("http", "https") for host in PRIVATE.split()] + MALFORMED
    sender, now = Sender(Receivers()), datetime.now(UTC)
    attempts = [(url, await sender.send(url, {}, "{}", now, Limits(2))) for url in urls]
    reached = [url for url, attempt in attempts if not attempt.error or attempt.status]
    blocked = connections
    control = await Sender(Receivers(lambda: ["127.0.0.1:80"])).send("http://127.0.0.1/", {}, "{}", now)
    for server in servers:
        server.close()
    result = {"addresses": len(urls), "reachable_without_guard": reachable, "connections": blocked, "reached": reached}
    print(json.dumps(result | {"control": control.status}))


if __name__ == "__main__":
    make_network()
    asyncio.run(main())
