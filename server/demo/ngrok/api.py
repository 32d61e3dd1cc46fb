"""The agent's interface: https://ngrok.com/docs/agent/api, as far as pyngrok asks it."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from server.demo.ngrok.proxy import LOST, Proxy
from server.demo.ngrok.wire import LARGEST_HEAD, Head, read_head, write_answer

PATH = "/api/endpoints"
Answer = tuple[int, Any]


class Endpoint:
    """One that was asked for, as it was asked for, and its proxy."""

    def __init__(self, asked: dict[str, Any], proxy: Proxy, address: str) -> None:
        self.asked, self.proxy, self.address = asked, proxy, address

    def describe(self) -> dict[str, Any]:
        """Show it. A reserved address cannot be had here; `asked` says what was wanted."""
        metrics = {"http": {"count": self.proxy.requests}}
        return {
            "name": self.asked["name"],
            "url": self.address,
            "upstream": self.asked["upstream"],
            "uri": f"{PATH}/{self.asked['name']}",
            "metrics": metrics,
            "asked": self.asked,
        }


class Api:
    """Lists, opens and closes endpoints."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.opened = asyncio.Event()

    async def open(self) -> str:
        """Begin to answer; say where."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=LARGEST_HEAD)
        return f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*LOST):
            head = await read_head(reader)
            body = await reader.readexactly(int(head.get(b"content-length") or 0))
            writer.write(write_answer(*await self._answer(head, body)))
            await writer.drain()
        writer.close()

    async def _answer(self, head: Head, body: bytes) -> Answer:
        name = head.path.removeprefix(PATH).strip("/")
        if not head.path.startswith(PATH):
            return 404, {"status_code": 404, "msg": "Resource not found"}
        if head.method == "POST":
            return await self._add(json.loads(body))
        if name and name not in self.endpoints:
            return 404, {"status_code": 404, "msg": "endpoint not found"}
        if head.method == "DELETE":
            self.endpoints.pop(name).proxy.close()
            return 204, None
        if name:
            return 200, self.endpoints[name].describe()
        return 200, {"endpoints": [one.describe() for one in self.endpoints.values()], "uri": PATH}

    async def _add(self, asked: dict[str, Any]) -> Answer:
        if asked["name"] in self.endpoints:
            return 400, {"error_code": 102, "status_code": 400, "msg": "endpoint name is in use", "details": {}}
        proxy = Proxy(asked["upstream"]["url"])
        endpoint = self.endpoints[asked["name"]] = Endpoint(asked, proxy, await proxy.open())
        self.opened.set()
        return 201, endpoint.describe()
