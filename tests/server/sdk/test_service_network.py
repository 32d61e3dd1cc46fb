"""Connections to services by name: the address that was checked is the one that is connected to."""

import pytest

from server.core.errors import InvalidInput
from server.http.addresses import Address
from server.outbound import public_network
from server.outbound.http_client import HttpClient
from server.sdk.service_network import ServiceNetwork
from tests.server.listening import listening

pytestmark = pytest.mark.anyio


async def answer(scope, receive, send):
    host = dict(scope["headers"])[b"host"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-host", host), (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def names(monkeypatch):
    """The addresses that names have, in turn; the last one stays."""
    turns: list[list[str]] = []

    async def resolve(*_):
        return turns.pop(0) if len(turns) > 1 else turns[0]

    monkeypatch.setattr(public_network, "resolve_name", resolve)
    return turns


@pytest.fixture
async def opened():
    address, http = Address(), HttpClient()
    yield address, await http.get(ServiceNetwork(address))
    await http.close()


async def test_name_that_leads_elsewhere_later_is_refused(names, opened):
    address, client = opened
    async with listening(answer) as listener:
        names += [["127.0.0.1"], ["169.254.169.254"]]
        url = f"http://models.lan:{listener.port}/v1"
        assert (await client.get(url)).headers["x-host"] == f"models.lan:{listener.port}"
        with pytest.raises(InvalidInput, match="link-local"):
            await client.get(url)
        names[:] = [["127.0.0.1"]]
        address.public_port = listener.port
        with pytest.raises(InvalidInput, match="Deskhand's own"):
            await client.get(url)


async def test_second_address_is_tried_and_a_name_without_one_is_out_of_reach(names, opened):
    import httpx2

    _, client = opened
    async with listening(answer) as listener:
        names += [["::1", "127.0.0.1"]]
        assert (await client.get(f"http://models.lan:{listener.port}")).text == "ok"
    names[:] = [[]]
    with pytest.raises(httpx2.ConnectError):
        await client.get("http://models.lan")
