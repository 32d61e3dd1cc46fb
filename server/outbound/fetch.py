"""Download of files from addresses that callers choose, such as links from ChatGPT."""

import asyncio
import re
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import unquote

from server.core.errors import InvalidInput, TooLarge, UpstreamFailed, UpstreamTimedOut
from server.core.file_names import clean_name
from server.outbound.previews import FetchNotPermitted, Link, is_permitted
from server.outbound.trusted_hosts import fits

if TYPE_CHECKING:
    import httpcore2
    import httpx2

    from server.outbound.public_network import Resolver

NOT_HTTPS = "Give a link that begins with https:// and names a host, without a port, user name or password."
DEMO_ONLY = "In demo mode nothing outside this computer is fetched."
REDIRECTED = "The link leads to another address, and Deskhand does not follow. Give the file's own address."
COMPRESSED = "The server sent the file compressed, although it was asked not to. Give another link."
TOO_LATE = "The file did not arrive in time. Try again in a moment."
UNREACHABLE = "The file could not be fetched. Check that the link still works."

HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
CONNECT_SECONDS = 5.0  # for each address of a name
HEADERS: list[tuple[bytes | str, bytes | str]] = [
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", "Deskhand"),
]


@dataclass(frozen=True)
class Fetched:
    """Fetched file. `media_type` has no parameters; `name` is safe to save it under."""

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True)
class Fetch:
    """Fetches over https from the public internet only; during a preview only what the person has approved.

    `allowed`: pairs of host and port on this computer that may be fetched over http as well; read at each call, so it may
    change. `only_allowed`: nothing else is fetched. `trusted_hosts`: answers those from which a preview may fetch.
    Tests replace the resolver, the dialer and the trusted certificates.
    """

    allowed: Collection[tuple[str, int]] = ()
    only_allowed: bool = False
    trusted_hosts: Callable[[], Collection[str]] = tuple
    resolve: "Resolver | None" = None
    dialer: "httpcore2.AsyncNetworkBackend | None" = None
    trust: ssl.SSLContext | None = None

    def is_trusted(self, url: str) -> bool:
        """Return whether a preview may fetch from an address unasked. Raises InvalidInput for one that is not allowed."""
        address = self._parse(url)
        host = address.raw_host.decode()
        return address.scheme == "https" and any(fits(host, pattern) for pattern in self.trusted_hosts())

    def require_permitted(self, *urls: str) -> None:
        """Raises FetchNotPermitted, in a preview, with all addresses that the person has not approved; InvalidInput first."""
        parsed = {url: self._parse(url) for url in urls}
        links = [Link(url, str(address), address.raw_host.decode()) for url, address in parsed.items()]
        refused = [link for link in links if not is_permitted(link.given) and not self.is_trusted(link.given)]
        if refused:
            raise FetchNotPermitted(refused)

    async def get(self, url: str, *, largest: int, seconds: float = 15) -> Fetched:
        """Fetch a file of at most `largest` bytes within so many seconds in total.

        Raises InvalidInput for an address that is not allowed, FetchNotPermitted, TooLarge, UpstreamFailed and UpstreamTimedOut.
        """
        import httpcore2

        self.require_permitted(url)
        address = self._parse(url)
        try:
            async with asyncio.timeout(seconds):
                return await self._read(address, largest)
        except (TimeoutError, httpcore2.TimeoutException):
            raise UpstreamTimedOut(TOO_LATE) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise UpstreamFailed(UNREACHABLE) from error

    def _parse(self, url: str) -> "httpx2.URL":
        import httpx2

        try:
            address = httpx2.URL(url)
        except httpx2.InvalidURL:
            raise InvalidInput(NOT_HTTPS) from None
        host = address.raw_host.decode()
        if address.userinfo or not HOST.fullmatch(host):
            raise InvalidInput(NOT_HTTPS)
        if address.scheme == "http" and (host, 80 if address.port is None else address.port) in self.allowed:
            return address
        if self.only_allowed:
            raise InvalidInput(DEMO_ONLY)
        if address.scheme != "https" or address.port is not None:
            raise InvalidInput(NOT_HTTPS)
        return address

    async def _read(self, address: "httpx2.URL", largest: int) -> Fetched:
        import httpcore2

        from server.outbound.public_network import PublicNetwork, resolve_name

        target = httpcore2.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
        trust = self.trust or await asyncio.to_thread(httpcore2.default_ssl_context)
        backend = PublicNetwork(self.resolve or resolve_name, self.dialer or httpcore2.AnyIOBackend(), self.allowed)
        limits = {"timeout": {"connect": CONNECT_SECONDS}}
        async with (
            httpcore2.AsyncConnectionPool(ssl_context=trust, network_backend=backend, max_connections=1) as pool,
            pool.stream("GET", target, headers=HEADERS, extensions=limits) as response,
        ):
            headers = {name.lower(): value.decode("utf-8", "replace") for name, value in response.headers}
            check_response(response.status, headers.get(b"content-encoding", ""))
            content = await read_content(response, largest)
        return Fetched(
            content,
            read_media_type(headers.get(b"content-type", "")),
            choose_name(headers.get(b"content-disposition", ""), address.path),
        )


def check_response(status: int, coding: str) -> None:
    """Raise UpstreamFailed unless the response is the file itself, uncompressed."""
    if 300 <= status < 400:
        raise UpstreamFailed(REDIRECTED)
    if status != 200:
        raise UpstreamFailed(f"The server of this link answered {status} instead of the file. Check that it still works.")
    if coding.strip().lower() not in {"", "identity"}:  # the uncompressed size is unknown
        raise UpstreamFailed(COMPRESSED)


async def read_content(response: "httpcore2.Response", largest: int) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_stream():
        content += chunk
        if len(content) > largest:
            raise TooLarge(f"The file is larger than {largest / 1_000_000:.3g} MB. Give a smaller one.")
    return bytes(content)


def read_media_type(header: str) -> str:
    """Read the media type in a Content-Type header; application/octet-stream if it is invalid."""
    media_type = header.partition(";")[0].strip().lower()
    return media_type if MEDIA_TYPE.fullmatch(media_type) else "application/octet-stream"


def choose_name(disposition: str, path: str) -> str:
    """Choose the name in Content-Disposition (RFC 6266), else the one in the address."""
    message = Message()
    message["Content-Disposition"] = disposition
    try:
        name = message.get_filename() or ""
    except ValueError:
        name = ""
    return clean_name(name) or clean_name(unquote(path)) or "file"
