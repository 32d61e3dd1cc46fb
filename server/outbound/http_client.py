"""The HTTP client that the whole program shares, for addresses that Deskhand or the person chose.

Addresses that a caller chose are for server.outbound.fetch, which guards against SSRF. A network of its own, which checks each
address that a name resolves to, makes a client of its own.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from server.outbound.previews import require_no_preview

if TYPE_CHECKING:
    import httpx2
    from httpcore2 import AsyncNetworkBackend

SECONDS = 20.0  # to connect, to send, and between two parts of an answer, unless a request says otherwise
LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class HttpClient:
    """Shared client, created at first use. It keeps no cookies and follows a redirect only if a request says so.

    Proxies are those of the environment (HTTPS_PROXY, NO_PROXY), but never for this computer itself.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._clients: dict[AsyncNetworkBackend | None, httpx2.AsyncClient] = {}

    async def get(self, network: "AsyncNetworkBackend | None" = None) -> "httpx2.AsyncClient":
        """Return the client. It is shared, so do not close it or change its headers.

        `network`: opens the connections of this client, except those to a proxy, which resolves names itself.
        """
        async with self._lock:
            if network not in self._clients:
                self._clients[network] = await asyncio.to_thread(make_client, network)
            return self._clients[network]

    async def close(self) -> None:
        """End all connections."""
        async with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()


def make_client(network: "AsyncNetworkBackend | None" = None) -> "httpx2.AsyncClient":
    """Create a client. Blocks for the import and for reading the system's certificates."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    async def refuse_in_preview(_: httpx2.Request) -> None:
        require_no_preview()

    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    direct = dict.fromkeys(LOOPBACK, None)
    headers = {"User-Agent": "Deskhand"}
    options: dict[str, Any] = {"cookies": no_cookies, "mounts": direct, "timeout": SECONDS, "headers": headers}
    options["event_hooks"] = {"request": [refuse_in_preview]}
    if network is None:
        return httpx2.AsyncClient(**options)
    from server.outbound.network_client import NetworkClient

    return NetworkClient(network, **options)
