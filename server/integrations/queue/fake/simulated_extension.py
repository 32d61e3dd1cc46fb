"""A browser extension without a browser: it speaks the protocol over a real WebSocket, and works on the fake page."""

import asyncio
import json
import logging
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from server.integrations.queue.fake.simulated_page import Refused, SimulatedPage

log = logging.getLogger(__name__)

CAPABILITIES = ["response_type", "thinking_time", "progress", "find", "attachments"]
HEARTBEAT_SECONDS = 15.0
RECONNECT_SECONDS = 0.5


class SimulatedExtension:
    """An extension with one tab. `handled`: ids of the prompts that it was given, in order."""

    def __init__(self, url: str, key: str, origin: str, *, version: str = "1.0.0", browser: str = "Simulated browser") -> None:
        self._url, self._key, self._origin = url, key, origin
        self._version, self._browser = version, browser
        self._socket: ClientConnection | None = None
        self._acks: dict[tuple[str, str], asyncio.Future[dict[str, Any]]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.handled: list[str] = []

    async def run(self) -> None:
        """Stay connected until cancelled."""
        async with httpx2.AsyncClient(timeout=None, trust_env=False) as http:
            page = SimulatedPage(http, self._origin)
            while True:
                with suppress(OSError, WebSocketException):
                    async with connect(self._url, proxy=None, max_size=8 * 1024 * 1024) as self._socket:
                        await self._converse(self._socket, page)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _converse(self, socket: ClientConnection, page: SimulatedPage) -> None:
        hello = {"type": "hello", "protocol": 1, "key": self._key, "version": self._version, "browser": self._browser}
        await self._send(**hello, capabilities=CAPABILITIES)
        await self._send(type="page", state="ready", detail="", missing=[])
        beating = asyncio.create_task(self._beat())
        try:
            async for text in socket:
                self._take(json.loads(text), page)
        finally:
            for task in (beating, *self._tasks.values()):
                task.cancel()
            await asyncio.gather(beating, *self._tasks.values(), return_exceptions=True)
            self._tasks.clear()
            self._acks.clear()

    def _take(self, message: dict[str, Any], page: SimulatedPage) -> None:
        kind, request_id = message["type"], message.get("request_id", "")
        if kind == "new_request":
            self._start(request_id, self._answer(message, page))
        elif kind == "find":
            self._start(f"find {request_id}", self._find(message, page))
        elif kind == "self_test":
            self._start("self-test", self._send(type="self_test", ok=True, missing=[], layout="2026", language="en"))
        elif kind == "cancel" and (task := self._tasks.get(request_id)):
            task.cancel()
        elif kind in {"ack", "error"} and (ack := self._acks.pop((message.get("of", ""), request_id), None)) and not ack.done():
            ack.set_result(message)

    def _start(self, name: str, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    async def _answer(self, request: dict[str, Any], page: SimulatedPage) -> None:
        """Answer a prompt, once Deskhand knows that it begins."""
        self.handled.append(request["request_id"])
        about = {"request_id": request["request_id"], "token": request["token"]}
        if (await self._send_and_wait(type="status_update", status="executing", **about))["type"] != "ack":
            return
        try:
            result = await self._write(request, page, about)
        except Refused as error:
            resets = {"resets_at": datetime.fromtimestamp(error.resets_at, UTC).isoformat()} if error.resets_at else {}
            await self._send_and_wait(type="error", error=str(error), name=error.name, sent=error.sent, **resets, **about)
        else:
            await self._send_and_wait(type="response", **result, **about)

    async def _write(self, request: dict[str, Any], page: SimulatedPage, about: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {"response": "", "chat_id": None, "chat_title": None, "notes": [], "citations": []}
        offset = 0
        files = [await self._fetch(about, place, file["size"]) for place, file in enumerate(request.get("attachments", []))]
        async for event in page.send(request, files):
            if event["type"] == "start":
                result["chat_id"], result["model"] = event["chat_id"], event["model"] or "gpt-6"
            elif event["type"] == "delta":
                await self._send(type="progress", offset=offset, text=event["text"], **about)
                offset += len(event["text"])
            elif event["type"] == "rest":
                result["response"] = event["text"]
            elif event["type"] == "title":
                result["chat_title"] = event["title"]
        return result

    async def _fetch(self, about: dict[str, Any], place: int, size: int) -> bytes:
        """Fetch a file of a prompt, in pieces. Raises Refused if Deskhand does not hand it over."""
        data = b""
        while len(data) < size:
            answer = await self._send_and_wait(type="attachment", place=place, offset=len(data), **about)
            if not answer.get("data"):
                raise Refused("attachments_unavailable", "Deskhand did not hand over a file.", sent=False)
            data += b64decode(answer["data"])
        return data

    async def _find(self, message: dict[str, Any], page: SimulatedPage) -> None:
        result = await page.find(message["chat_id"], message["message"])
        await self._send(type="found", request_id=message["request_id"], token=message["token"], **result)

    async def _send_and_wait(self, **message: Any) -> dict[str, Any]:
        """Send a message and wait for the `ack` or the `error` that answers it."""
        ack: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._acks[message["type"], message["request_id"]] = ack
        await self._send(**message)
        return await ack

    async def _send(self, **message: Any) -> None:
        if self._socket is not None:
            await self._socket.send(json.dumps(message))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self._send(type="ping")
