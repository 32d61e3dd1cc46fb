"""Origins of handshakes and requests: an extension, a program, a web page, or another computer."""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from server.core.hosts import is_loopback, is_loopback_host

SCHEMES = ("chrome-extension://", "moz-extension://")
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "via", "x-real-ip")


def read_origin(headers: Headers) -> str:
    """Read the origin; empty for a program, which sends none. `null` and several of them are no extension's."""
    return ",".join(headers.getlist("origin")).lower()


def names_extension(origin: str) -> bool:
    """Return whether an origin is one that only an extension has: browsers let no page have it."""
    scheme = next((scheme for scheme in SCHEMES if origin.startswith(scheme)), "")
    rest = origin.removeprefix(scheme)
    return bool(scheme and rest) and rest.isascii() and all(letter.isalnum() or letter == "-" for letter in rest)


def is_extension(origin: str, paired: Collection[str]) -> bool:
    """Return whether an origin is that of a paired extension."""
    return names_extension(origin) and origin in paired


def is_from_here(connection: HTTPConnection) -> bool:
    """Return whether a request comes from this computer, at its own address, and through no tunnel or proxy.

    Behind a tunnel every peer is 127.0.0.1, but the Host header is the tunnel's, and it says whom it stands for. A peer in the
    network, which there is if Deskhand listens there, can send any Host header.
    """
    headers, peer = connection.headers, connection.client
    hosts = headers.getlist("host")
    is_own = len(hosts) == 1 and is_loopback_host(hosts[0]) and not any(name in headers for name in PROXY_HEADERS)
    return is_own and peer is not None and is_loopback(peer.host)
