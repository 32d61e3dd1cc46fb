"""Connections to receivers: a name is resolved here, each address is checked, and the connection goes to a checked one."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from httpcore2 import SOCKET_OPTION, AsyncNetworkBackend, AsyncNetworkStream, ConnectError, ConnectTimeout

from server.outbound.webhooks.receivers import Receivers, Target, Unresolved


@dataclass
class ReceiverNetwork(AsyncNetworkBackend):
    """Opens connections to one target only."""

    target: Target
    receivers: Receivers
    resolve: Callable[[Target], Awaitable[Sequence[str]]]
    dialer: AsyncNetworkBackend

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002, the target's
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109, the backend's signature
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        addresses = self.receivers.check_addresses(self.target, await self.resolve(self.target))
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self.dialer.connect_tcp(address, port, timeout, local_address, socket_options)
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure or Unresolved
