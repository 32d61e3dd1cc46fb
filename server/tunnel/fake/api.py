"""The agent's interface: https://ngrok.com/docs/agent/api, as far as pyngrok asks it."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from server.tunnel.fake.proxy import LOST, Proxy
from server.tunnel.fake.wire import LARGEST_HEAD, Head, read_head, write_answer

PATH = "/api/endpoints"
HERE = {"127.0.0.1", "localhost", "::1"}  # all that an endpoint may lead to
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
        self._host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self._host

    def close(self) -> None:
        """Answer no more, and close every endpoint."""
        self._server.close()
        while self.endpoints:
            self.endpoints.popitem()[1].proxy.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*LOST):
            head = await read_head(reader)
            body = await reader.readexactly(min(int(head.get(b"content-length") or 0), LARGEST_HEAD))
            writer.write(write_answer(*(self._refuse(head) or await self._answer(head, body))))
            await writer.drain()
        writer.close()

    def _refuse(self, head: Head) -> Answer | None:
        """Refuse what a page in a browser could send: whoever opens an endpoint makes this computer known."""
        if head.get(b"host") != self._host.encode() or head.get(b"origin"):
            return 403, {"status_code": 403, "msg": "only programs on this computer may ask"}
        if head.method == "POST" and head.get(b"content-type").partition(b";")[0].strip().lower() != b"application/json":
            return 415, {"status_code": 415, "msg": "only JSON is taken"}
        return None

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
        upstream = urlsplit(asked["upstream"]["url"])
        if upstream.scheme != "http" or upstream.hostname not in HERE:
            return 400, {"error_code": 103, "status_code": 400, "msg": "an endpoint leads to this computer only", "details": {}}
        if asked["name"] in self.endpoints:
            return 400, {"error_code": 102, "status_code": 400, "msg": "endpoint name is in use", "details": {}}
        proxy = Proxy(asked["upstream"]["url"])
        endpoint = self.endpoints[asked["name"]] = Endpoint(asked, proxy, await proxy.open())
        self.opened.set()
        return 201, endpoint.describe()
