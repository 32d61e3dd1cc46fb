"""HTTP clients whose connections a network opens."""

import httpcore2
import pytest

from server.outbound.http_client import HttpClient
from server.outbound.network_client import NetworkClient
from tests.server.listening import listening

pytestmark = pytest.mark.anyio


class Noting(httpcore2.AnyIOBackend):
    """Connects to this computer, whatever the name, and notes the names."""

    def __init__(self) -> None:
        super().__init__()
        self.names = []

    async def connect_tcp(self, host, port, *arguments, **options):
        self.names.append(host)
        return await super().connect_tcp("127.0.0.1", port, *arguments, **options)


async def answer(_, __, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def http():
    http = HttpClient()
    yield http
    await http.close()


async def test_every_connection_is_the_networks(http):
    network = Noting()
    client = await http.get(network)
    assert isinstance(client, NetworkClient)
    assert await http.get(network) is client is not await http.get()
    async with listening(answer) as listener:
        for host in ("models.lan", "127.0.0.1", "localhost"):
            assert (await client.get(f"http://{host}:{listener.port}")).text == "ok"
    assert network.names == ["models.lan", "127.0.0.1", "localhost"]
    await http.close()
    assert client.is_closed


async def test_proxy_of_the_environment_is_used(http, monkeypatch):
    async with listening(answer) as proxy:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        network = Noting()
        assert (await (await http.get(network)).get("http://models.example")).status_code == 400  # the listener is no proxy
    assert network.names == []
