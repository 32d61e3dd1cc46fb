"""One connection: who may open it, which dialect it speaks, and what happens at its end."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import WebSocket, WebSocketDisconnect

from server.core.errors import DeskhandError, Forbidden, InvalidInput, NotAuthenticated, TooManyRequests, Unavailable
from server.core.sentences import Sentence
from server.integrations.queue.extension.channel import Channel, CloseCode, Closed
from server.integrations.queue.extension.messages import Hello, read_message
from server.integrations.queue.extension.origin import is_extension, is_from_here, read_origin
from server.integrations.queue.extension.requests import PROTOCOL
from server.integrations.queue.extension.worker import Worker
from server.sdk.admission import Admission, ConnectionKind

if TYPE_CHECKING:
    from server.integrations.queue.extension.service import Extensions

SCOPE = "extension"
KIND = ConnectionKind(
    "connect_extension",
    Sentence(
        "connect as the browser extension",
        "is connecting as the browser extension",
        "connected as the browser extension",
        "could not connect as the browser extension",
    ),
)
NOT_PAIRED = "This extension is not paired with Deskhand. Pair it in Deskhand's window, under Browser queue."
QUERY_KEY = (
    'A key in the address is accepted from this computer alone. Send it in the first message: {"type": "hello", "key": …}.'
)
FULL = "Too many extensions are connected. Close one, or try again in a moment."
NO_HELLO = "The first message was to be hello, with a key."
OTHER_PROTOCOL = f"Deskhand speaks version {PROTOCOL} of this protocol. Load the extension that it contains."
CODES: dict[type[DeskhandError], CloseCode] = {
    NotAuthenticated: CloseCode.key,
    Forbidden: CloseCode.forbidden,
    TooManyRequests: CloseCode.try_again,
    Unavailable: CloseCode.try_again,
    InvalidInput: CloseCode.protocol,
}


@dataclass
class Connection:
    """A WebSocket from its handshake to its end."""

    extensions: "Extensions"
    socket: WebSocket
    admission: Admission | None = None
    first: str | None = None  # a message that was read and is not `hello`
    is_unknown: bool = False  # it counts among those without a key

    async def serve(self) -> None:
        """Refuse the handshake with a status, or converse until one side ends it."""
        extensions, is_here = self.extensions, is_from_here(self.socket)
        origin = read_origin(self.socket.headers)
        if origin and not is_extension(origin, extensions.origins()):
            raise Forbidden(NOT_PAIRED)
        if len(extensions.hub) >= extensions.limits.connections or extensions.hub.unknown[is_here] >= extensions.limits.unknown:
            raise Unavailable(FULL, retry_after=5)
        self._count_unknown(is_here, unknown=not self._has_key())  # before anything is awaited, as many may come at once
        try:
            self.admission = await self._admit_handshake(origin)
            await self.socket.accept()
            channel = Channel(self.socket, extensions.limits)
            await channel.run(self._converse(channel, origin))
        finally:
            self._count_unknown(is_here, unknown=False)

    def _has_key(self) -> bool:
        """Return whether the handshake has a key, which may be wrong."""
        headers = self.socket.headers
        return "x-api-key" in headers or "authorization" in headers or "api_key" in self.socket.query_params

    def _count_unknown(self, is_here: bool, *, unknown: bool) -> None:
        """Count this connection among those without a key, or not any more."""
        self.extensions.hub.unknown[is_here] += unknown - self.is_unknown
        self.is_unknown = unknown

    async def _admit_handshake(self, origin: str) -> Admission | None:
        """Admit the bearer of a key in a header, or in the address from this computer. Raises what `admit` raises."""
        headers, query = self.socket.headers, self.socket.query_params.getlist("api_key")
        if "x-api-key" in headers or "authorization" in headers:
            return await self.extensions.context.admit(headers, SCOPE, KIND)
        if not query:
            return None
        if origin or len(query) > 1 or not is_from_here(self.socket):
            raise Forbidden(QUERY_KEY)
        return await self.extensions.context.admit(query[0], SCOPE, KIND, headers.get("host", ""))

    async def _converse(self, channel: Channel, origin: str) -> None:
        try:
            hello = await self._greet(channel)
        except WebSocketDisconnect:
            return
        if self.admission is None:
            raise Closed(CloseCode.key, "no_key", NO_HELLO)
        self._count_unknown(is_from_here(self.socket), unknown=False)
        if len(self.extensions.hub) >= self.extensions.limits.connections:  # others have come since the handshake
            raise Closed(CloseCode.try_again, "full", FULL)
        worker = self._describe(self.admission, hello, origin)
        ended = asyncio.create_task(close_when_ended(self.admission, channel))
        try:
            await self.extensions.work(channel, worker, self.first)
        finally:
            ended.cancel()

    async def _greet(self, channel: Channel) -> Hello | None:
        """Read the first message. None: seed's dialect, on a connection with a key."""
        limits, known = self.extensions.limits, self.admission is not None
        try:
            text = await channel.receive(limits.seed_seconds if known else limits.hello_seconds)
            message = read_message(text)
        except TimeoutError:
            return None
        except InvalidInput as error:
            if known:  # seed's dialect ignores it
                return None
            raise Closed(CloseCode.protocol, "invalid", error.detail) from None
        if not isinstance(message, Hello):
            self.first = text
            return None
        await self._admit_hello(message)
        return message

    async def _admit_hello(self, hello: Hello) -> None:
        """Admit the bearer of a key in the first message. Raises Closed."""
        if hello.protocol != PROTOCOL:
            raise Closed(CloseCode.protocol, "protocol", OTHER_PROTOCOL)
        if self.admission is None:
            try:
                host = self.socket.headers.get("host", "")
                self.admission = await self.extensions.context.admit(hello.key, SCOPE, KIND, host)
            except DeskhandError as error:
                code = next((code for kind, code in CODES.items() if isinstance(error, kind)), CloseCode.try_again)
                raise Closed(code, code.name, error.detail) from None

    def _describe(self, admission: Admission, hello: Hello | None, origin: str) -> Worker:
        """Describe the worker. Without `hello`, each connection is one of its own."""
        if hello is None:
            return Worker(f"{admission.client_id}#{secrets.token_hex(4)}", admission.client_id, admission.client_name, seed=True)
        return Worker(
            id=f"{admission.client_id}/{hello.instance}" if hello.instance else admission.client_id,
            client_id=admission.client_id,
            name=admission.client_name,
            origin=origin,
            version=hello.version,
            browser=hello.browser,
            capabilities=frozenset(hello.capabilities),
        )


async def close_when_ended(admission: Admission, channel: Channel) -> None:
    """Close a socket at once when its key is revoked or loses the scope."""
    with suppress(asyncio.CancelledError):
        await admission.ended.wait()
        channel.close(Closed(CloseCode.key, "key", "The key of this extension has been ended. Pair it again."))
