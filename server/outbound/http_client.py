"""The HTTP client that the whole program shares, for addresses that Deskhand or the person chose.

Addresses that a caller chose are for server.outbound.fetch, which guards against SSRF.
"""

import asyncio
from typing import TYPE_CHECKING

from server.outbound.previews import require_no_preview

if TYPE_CHECKING:
    import httpx2

SECONDS = 20.0  # to connect, to send, and between two parts of an answer, unless a request says otherwise
LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class HttpClient:
    """Shared client, created at first use. It keeps no cookies and follows a redirect only if a request says so.

    Proxies are those of the environment (HTTPS_PROXY, NO_PROXY), but never for this computer itself.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._client: httpx2.AsyncClient | None = None

    async def get(self) -> "httpx2.AsyncClient":
        """Return the client. Others use it too, so nobody closes it or changes its headers."""
        async with self._lock:
            if self._client is None:
                self._client = await asyncio.to_thread(make_client)
            return self._client

    async def close(self) -> None:
        """End all connections."""
        async with self._lock:
            client, self._client = self._client, None
        if client:
            await client.aclose()


def make_client() -> "httpx2.AsyncClient":
    """Create a client. Blocks for the import and for reading the system's certificates."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    async def refuse_in_preview(_: httpx2.Request) -> None:
        require_no_preview()

    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    direct = dict.fromkeys(LOOPBACK, None)
    hooks = {"request": [refuse_in_preview]}
    headers = {"User-Agent": "Deskhand"}
    return httpx2.AsyncClient(cookies=no_cookies, mounts=direct, timeout=SECONDS, headers=headers, event_hooks=hooks)
