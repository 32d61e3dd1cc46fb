"""The agent's API (https://ngrok.com/docs/agent/api), as far as pyngrok uses it."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from server.tunnel.fake.proxy import DISCONNECTED, Proxy
from server.tunnel.fake.wire import MAX_HEAD, Head, read_head, write_response

PATH = "/api/endpoints"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}  # allowed upstreams of an endpoint
Answer = tuple[int, Any]


class Endpoint:
    """Endpoint with its request and its proxy."""

    def __init__(self, requested: dict[str, Any], proxy: Proxy, address: str) -> None:
        self.requested, self.proxy, self.address = requested, proxy, address

    def describe(self) -> dict[str, Any]:
        """Return its JSON. `asked` is the request, since the fake has no reserved addresses."""
        metrics = {"http": {"count": self.proxy.requests}}
        return {
            "name": self.requested["name"],
            "url": self.address,
            "upstream": self.requested["upstream"],
            "uri": f"{PATH}/{self.requested['name']}",
            "metrics": metrics,
            "asked": self.requested,
        }


class Api:
    """Lists, opens and closes endpoints."""

    def __init__(self) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.opened = asyncio.Event()

    async def open(self) -> str:
        """Start to answer; return the address."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0, limit=MAX_HEAD)
        self._host = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self._host

    def close(self) -> None:
        """Stop, and close all endpoints."""
        self._server.close()
        while self.endpoints:
            self.endpoints.popitem()[1].proxy.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(*DISCONNECTED):
            head = await read_head(reader)
            body = await reader.readexactly(min(int(head.get(b"content-length") or 0), MAX_HEAD))
            writer.write(write_response(*(self._refuse(head) or await self._answer(head, body))))
            await writer.drain()
        writer.close()

    def _refuse(self, head: Head) -> Answer | None:
        """Refuse requests that a page in a browser could send."""
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
        return 200, {"endpoints": [endpoint.describe() for endpoint in self.endpoints.values()], "uri": PATH}

    async def _add(self, requested: dict[str, Any]) -> Answer:
        upstream = urlsplit(requested["upstream"]["url"])
        if upstream.scheme != "http" or upstream.hostname not in LOOPBACK:
            return 400, {"error_code": 103, "status_code": 400, "msg": "an endpoint leads to this computer only", "details": {}}
        if requested["name"] in self.endpoints:
            return 400, {"error_code": 102, "status_code": 400, "msg": "endpoint name is in use", "details": {}}
        proxy = Proxy(requested["upstream"]["url"])
        endpoint = self.endpoints[requested["name"]] = Endpoint(requested, proxy, await proxy.open())
        self.opened.set()
        return 201, endpoint.describe()
