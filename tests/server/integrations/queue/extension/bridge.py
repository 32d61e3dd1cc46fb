"""The public surface with the queue on a real socket, in the test's event loop, and extensions in Python that connect to it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.http.addresses import Address
from server.http.server import Listener, bind
from server.integrations.queue import integration
from server.integrations.queue.extension.service import Extensions
from server.integrations.queue.models import ClientRef, Prompt, PromptFilter, PromptOrder, QueueSettings
from server.integrations.queue.queue import SECTION, Queue
from server.integrations.queue.service import QueueService
from server.integrations.queue.states import OPEN
from server.integrations.queue.states import State as PromptState
from server.public.app import create_public
from server.runtime.state import State, open_state
from server.storage.data_dir import open_home

SECONDS = 60.0
ORIGIN = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
CLIENT = ClientRef("client", "script")
EVERYTHING = ("response_type", "thinking_time", "progress", "find", "import", "attachments")


@dataclass
class Peer:
    """An extension, or something that pretends to be one."""

    socket: ClientConnection
    key: str = ""
    greeting: dict[str, Any] = field(default_factory=dict)

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def receive(self, seconds: float = SECONDS) -> dict[str, Any]:
        """Receive the next message that is no pong."""
        async with asyncio.timeout(seconds):
            while (message := json.loads(await self.socket.recv()))["type"] == "pong":
                pass
        return dict(message)

    async def settle(self) -> None:
        """Wait until everything that was sent has been handled, and nothing else was answered."""
        await self.send(type="ping")
        async with asyncio.timeout(SECONDS):
            answer = json.loads(await self.socket.recv())
        assert answer == {"type": "pong"}, answer

    async def take(self) -> dict[str, Any]:
        """Receive a prompt."""
        message = await self.receive()
        assert message["type"] == "new_request", message
        return message

    async def begin(self, request: dict[str, Any]) -> None:
        """Report a prompt as executing and wait for the acknowledgement."""
        await self.report(request, type="status_update", status="executing")
        assert await self.receive() == {"type": "ack", "of": "status_update", "request_id": request["request_id"]}

    async def report(self, request: dict[str, Any], **message: Any) -> None:
        """Send a message about a prompt, with its token."""
        await self.send(**{"request_id": request["request_id"], "token": request.get("token"), **message})

    async def answer(self, request: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
        """Send an answer and return what comes back."""
        await self.report(request, **{"type": "response", "response": text, "chat_id": "chat", **more})
        return await self.receive()

    async def read_close(self) -> int:
        """Wait until the server closes the socket; return its code."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(SECONDS):
                while True:
                    await self.socket.recv()
        return self.socket.close_code or 0

    def drop(self) -> None:
        """End the connection as a power cut would."""
        self.socket.transport.abort()


@dataclass
class Bridge:
    """The running queue. `key`: of a client with the scope `extension`."""

    state: State
    service: QueueService
    port: int
    key: str

    @property
    def queue(self) -> Queue:
        return self.service.queue

    @property
    def extensions(self) -> Extensions:
        return self.service.extensions

    def address(self, query: str = "") -> str:
        return f"ws://127.0.0.1:{self.port}/ws/extension/{query}"

    @contextlib.asynccontextmanager
    async def connect(self, query: str = "", **options: Any) -> AsyncIterator[Peer]:
        """Open a socket and send nothing."""
        async with connect(self.address(query), proxy=None, max_size=None, **options) as socket:
            yield Peer(socket)

    @contextlib.asynccontextmanager
    async def extension(self, key: str = "", origin: str | None = None, **hello: Any) -> AsyncIterator[Peer]:
        """Connect an extension that says hello."""
        async with self.connect(origin=origin) as peer:
            usual = {"version": "1.0.0", "browser": "Chromium 156", "capabilities": EVERYTHING}
            await peer.send(**{"type": "hello", "protocol": 1, "key": key or self.key, **usual, **hello})
            peer.key, peer.greeting = key or self.key, await peer.receive()
            assert peer.greeting["type"] == "hello", peer.greeting
            yield peer

    @contextlib.asynccontextmanager
    async def paired(self, **hello: Any) -> AsyncIterator[tuple[Peer, str]]:
        """Connect an extension that is paired inside the `async with`; give its id too."""
        client_id, key = await self.state.context.paired_clients.pair("Chromium", "extension", ORIGIN)
        await self.extensions.registry.add(client_id, "Laptop", "Chromium", ORIGIN)
        try:
            async with self.extension(key, ORIGIN, **hello) as peer:
                yield peer, client_id
        finally:
            await self.extensions.remove(client_id)

    @contextlib.asynccontextmanager
    async def seed(self) -> AsyncIterator[Peer]:
        """Connect an extension of seed's dialect."""
        async with self.connect(f"?api_key={self.key}") as peer:
            yield peer

    async def submit(self, message: str = "Hello", client: ClientRef = CLIENT, **order: Any) -> Prompt:
        """Submit a prompt of an allowed client."""
        prompt = await self.queue.submit(client, PromptOrder(message=message, **order))
        await self.queue.set_approval(client.id, approved=True)
        return prompt

    async def lose(self, *, begun: bool) -> tuple[Prompt, dict[str, Any]]:
        """Submit a prompt, and lose the connection of the extension that takes it; answer it and its request."""
        async with self.extension() as peer:
            prompt = await self.submit()
            request = await peer.take()
            if begun:
                await peer.begin(request)
            peer.drop()
            return await self.until(prompt.id, PromptState.uncertain if begun else PromptState.idle), request

    async def read_state(self, prompt_id: str) -> PromptState:
        return (await self.queue.read(prompt_id)).state

    async def until(self, prompt_id: str, state: PromptState) -> Prompt:
        """Wait until a prompt has a state."""
        async with asyncio.timeout(SECONDS):
            while (prompt := await self.queue.read(prompt_id)).state is not state:
                await self.queue.changes.wait(seconds=0.05)
        return prompt

    async def until_alone(self) -> None:
        """Wait until no extension is connected."""
        async with asyncio.timeout(SECONDS):
            while len(self.extensions.hub) or self.extensions.hub.unknown.total():
                await self.queue.changes.wait(seconds=0.05)

    async def change_settings(self, **changes: Any) -> None:
        settings = self.state.context.settings.read(SECTION, QueueSettings)
        await self.state.context.settings.write(SECTION, settings.model_copy(update=changes))

    async def clear(self) -> None:
        """Cancel what is open, so that the next test has an empty queue."""
        await self.until_alone()
        for prompt in (await self.queue.list(PromptFilter(states=OPEN))).items:
            await self.queue.cancel(prompt.id)
        await self.queue.limit_until(None)


@contextlib.asynccontextmanager
async def open_bridge(data: Path) -> AsyncIterator[Bridge]:
    """Serve the public surface with the queue alone."""
    bound = bind()
    with bound, open_home(data, demo=False) as home:
        address = Address(bound.getsockname()[1])
        async with open_state(home, address) as state:
            await state.context.settings.write(SECTION, QueueSettings(pause_seconds=0, daily_cap=None))
            listener = Listener(create_public(state), bound)
            serving = asyncio.create_task(listener.run_until_stopped())
            state.runtime.start(state.context, lambda: [integration])
            await state.runtime.wait()
            try:
                _, key = await state.clients.create("browser", frozenset({"extension"}), {}, "none")
                yield Bridge(state, state.runtime.services[QueueService], address.public_port, key)
            finally:
                listener.stop()
                await serving
                await state.runtime.stop()


__all__ = ["Bridge", "Peer", "open_bridge"]
