"""The socket of the fake ChatGPT."""

import httpx2
import pytest
from starlette.applications import Starlette

from server.integrations.queue.fake.server import bind, serving


def test_server_binds_loopback_only_and_each_port_once():
    with bind() as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        bound.listen()
        with pytest.raises(OSError, match="in use"):
            bind(bound.getsockname()[1])


async def test_server_ends_with_its_block():
    async with serving(Starlette()) as origin, httpx2.AsyncClient() as http:
        assert (await http.get(origin)).status_code == 404
    with pytest.raises(httpx2.ConnectError):
        async with httpx2.AsyncClient() as http:
            await http.get(origin)
