"""Requests of a sign-in at an outside server: to itself, and else to public authorization servers only, within limits (SSRF)."""

import asyncio
import ssl
from collections.abc import Iterable
from ipaddress import ip_address

import httpcore2
import httpx2

from server.core.errors import InvalidInput, TooLarge, UpstreamFailed, UpstreamTimedOut
from server.core.hosts import is_this_computer
from server.outbound.public_network import Resolver, is_loopback, is_public, resolve_name

LARGEST = 1_048_576  # bytes of an answer
SECONDS = 20.0  # for each request
CONNECT_SECONDS = 5.0  # for each address of a name
NOT_REACHED = "its authorization server could not be reached."
TOO_LATE = "its authorization server did not answer in time."
TOO_MUCH = "its authorization server answered too much."
COMPRESSED = "its authorization server answered compressed, which Deskhand did not ask for."
NOT_ALLOWED = "it names an authorization server at an address that Deskhand does not contact."
PORTS = {"http": 80, "https": 443}


class SignInNetwork(httpcore2.AsyncNetworkBackend):
    """Opens connections to the server, and to others if they are public.

    A server on this computer or in its network may name others there; one on the internet may not.
    """

    def __init__(self, host: str, port: int, resolve: Resolver, dialer: httpcore2.AsyncNetworkBackend) -> None:
        self._server, self._resolve, self._dialer = (host, port), resolve, dialer

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, the backend's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if (host, port) != self._server and not all(map(is_public, addresses)):
            own = await self._resolve(*self._server)
            if not own or not all(is_near(address, own) for address in addresses):
                raise InvalidInput(NOT_ALLOWED)
        failure: Exception = httpcore2.ConnectError()
        for address in addresses:
            try:
                return await self._dialer.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


def is_near(address: str, server: Iterable[str]) -> bool:
    """Return whether a server at these addresses may name this one: it is as private as the server itself."""
    own = list(server)
    if is_public(address) or all(map(is_loopback, own)):
        return is_public(address) or is_loopback(address) or is_private(address)
    return not any(map(is_public, own)) and is_private(address)


def is_private(text: str) -> bool:
    """Return whether an address is in a private network, and neither this computer's nor special (link-local, metadata)."""
    address = ip_address(text.partition("%")[0])
    special = (
        address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    )
    return address.is_private and not special


class SignInHttp:
    """Sends the requests of a sign-in. It follows no redirect, as each request is meant for one server.

    `resolve` and `dialer` are replaced by tests.
    """

    def __init__(
        self, server_url: str, resolve: Resolver = resolve_name, dialer: httpcore2.AsyncNetworkBackend | None = None
    ) -> None:
        server = httpx2.URL(server_url)
        self._scheme, self._host = server.scheme, server.raw_host.decode()
        port = server.port or PORTS.get(server.scheme, 0)
        self._trust: ssl.SSLContext | None = None
        self._backend = SignInNetwork(self._host, port, resolve, dialer or httpcore2.AnyIOBackend())

    async def send(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request. Raises an error of ours whose sentence continues that of a failure."""
        self._check(request.url)
        try:
            async with asyncio.timeout(SECONDS):
                return await self._send(request)
        except (TimeoutError, httpcore2.TimeoutException):
            raise UpstreamTimedOut(TOO_LATE) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise UpstreamFailed(NOT_REACHED) from error

    def _check(self, url: httpx2.URL) -> None:
        """Raises InvalidInput for a request that would carry a secret over the network unencrypted."""
        host = url.raw_host.decode()
        plain = url.scheme == "http" and (is_this_computer(host) or (self._scheme, self._host) == ("http", host))
        if url.userinfo or not (plain or url.scheme == "https"):
            raise InvalidInput(NOT_ALLOWED)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        url, content = request.url, await request.aread()
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        left_out = {b"accept-encoding", b"user-agent"}
        headers = [(name, value) for name, value in request.headers.raw if name.lower() not in left_out]
        headers += [(b"Accept-Encoding", b"identity"), (b"User-Agent", b"Deskhand")]
        if self._trust is None and url.scheme == "https":
            self._trust = await asyncio.to_thread(httpx2.create_ssl_context)
        async with (
            httpcore2.AsyncConnectionPool(ssl_context=self._trust, network_backend=self._backend, max_connections=1) as pool,
            pool.stream(
                request.method, target, headers=headers, content=content, extensions={"timeout": {"connect": CONNECT_SECONDS}}
            ) as response,
        ):
            answered = httpx2.Headers(response.headers)
            if answered.get("content-encoding", "identity").lower() != "identity":
                raise UpstreamFailed(COMPRESSED)
            body = bytearray()
            async for part in response.aiter_stream():
                body += part
                if len(body) > LARGEST:
                    raise TooLarge(TOO_MUCH)
        return httpx2.Response(response.status, headers=answered, content=bytes(body), request=request)
