"""An HTTP client whose connections a network opens, such as one that checks each address: httpx has no option for that."""

from typing import Any

import httpcore2
import httpx2


class NetworkTransport(httpx2.AsyncHTTPTransport):
    """Sends requests over the connections of a network."""

    def __init__(self, network: httpcore2.AsyncNetworkBackend) -> None:  # the inherited one makes a pool without a network
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(), network_backend=network, max_connections=100, max_keepalive_connections=20
        )


class NetworkClient(httpx2.AsyncClient):
    """A client of a network. Proxies of the environment are used as ever, as a transport given to httpx would rule them out."""

    def __init__(self, network: httpcore2.AsyncNetworkBackend, **options: Any) -> None:
        self._network = network
        super().__init__(**options)

    def _init_transport(self, *_: Any, **__: Any) -> httpx2.AsyncBaseTransport:
        return NetworkTransport(self._network)
