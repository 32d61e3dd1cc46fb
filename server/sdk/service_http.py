"""The HTTP client for services that the person chose."""

import asyncio
from typing import TYPE_CHECKING

from server.http.addresses import Address
from server.sdk.context import Context

if TYPE_CHECKING:
    import httpx2

    from server.sdk.service_network import ServiceNetwork


class ServiceHttp:
    """Gives the client whose connections go to addresses that were checked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._network: ServiceNetwork | None = None

    async def get(self, base_url: str) -> "httpx2.AsyncClient":
        """Return the client for a base URL; the usual one if there is none."""
        if not base_url:
            return await self._context.http.get()
        if self._network is None:
            self._network = await asyncio.to_thread(make_network, self._context.address)
        return await self._context.http.get(self._network)


def make_network(address: Address) -> "ServiceNetwork":
    """Make the network. Blocks for the import."""
    from server.sdk.service_network import ServiceNetwork

    return ServiceNetwork(address)
