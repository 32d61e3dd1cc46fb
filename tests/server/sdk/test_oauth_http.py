import httpcore2
import httpx2
import pytest

from server.core.errors import InvalidInput, TooLarge, UpstreamFailed
from server.sdk.oauth_http import LARGEST, SignInHttp
from tests.server.integrations.tools.upstreams import answer, listen_http

PUBLIC, LAN = "93.184.215.14", "192.168.1.20"


class Dialer(httpcore2.AsyncNetworkBackend):
    """Notes where connections would go, and opens none."""

    def __init__(self) -> None:
        self.addresses: list[tuple[str, int]] = []

    async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
        self.addresses.append((host, port))
        raise httpcore2.ConnectError


async def dial(server: str, url: str, **names: str) -> list[tuple[str, int]]:
    """Send a request for a server; return where the connection would go."""
    dialer = Dialer()

    async def resolve(host: str, _: int) -> list[str]:
        return names[host.replace(".", "_")].split(" ")

    with pytest.raises(UpstreamFailed):
        await SignInHttp(server, resolve, dialer).send(httpx2.Request("GET", url))
    return dialer.addresses


async def test_public_server_may_name_a_public_one():
    names = {"mcp_example": PUBLIC, "auth_example": "93.184.215.15"}
    assert await dial("https://mcp.example/mcp", "https://auth.example/token", **names) == [("93.184.215.15", 443)]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", LAN, "169.254.169.254", "::1", "fd00::1", "fe80::1%eth0", "0.0.0.0", f"{PUBLIC} 10.0.0.1"],
)
async def test_public_server_may_not_name_one_here(address):
    with pytest.raises(InvalidInput):
        await dial("https://mcp.example/mcp", "https://auth.example/token", mcp_example=PUBLIC, auth_example=address)


@pytest.mark.parametrize(
    ("server", "address", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", LAN, True),
        ("127.0.0.1", PUBLIC, True),
        ("127.0.0.1", "169.254.169.254", False),
        (LAN, "192.168.1.30", True),
        (LAN, PUBLIC, True),
        (LAN, "127.0.0.1", False),
        (LAN, "169.254.169.254", False),
        (f"{PUBLIC} {LAN}", LAN, False),
    ],
)
async def test_private_server_may_name_one_as_private(server, address, allowed):
    names = {"mcp_lan": server, "auth_lan": address}
    if allowed:
        assert await dial("https://mcp.lan/mcp", "https://auth.lan/token", **names) == [(address, 443)]
    else:
        with pytest.raises(InvalidInput):
            await dial("https://mcp.lan/mcp", "https://auth.lan/token", **names)


async def test_server_itself_is_the_person_s_choice():
    assert await dial("https://mcp.lan/mcp", "https://mcp.lan/token", mcp_lan=LAN) == [(LAN, 443)]
    assert await dial("http://mcp.lan:8000/mcp", "http://mcp.lan:8000/token", mcp_lan=LAN) == [(LAN, 8000)]


@pytest.mark.parametrize("url", ["http://auth.example/token", "https://user:password@auth.example/token"])
async def test_secrets_are_sent_encrypted(url):
    with pytest.raises(InvalidInput):
        await dial("https://mcp.example/mcp", url, auth_example=PUBLIC)


async def test_answer_is_bounded_and_redirects_are_not_followed():
    paths = list[str]()

    async def respond(head, _, writer):
        paths.append(head.split(" ")[1])
        if paths[-1] == "/large":
            answer(writer, b"x" * (LARGEST + 1))
        elif paths[-1] == "/packed":
            answer(writer, b"x", "200 OK", "Content-Encoding: gzip")
        else:
            answer(writer, b"", "302 Found", "Location: /elsewhere")

    async with listen_http(respond) as url:
        http = SignInHttp(url)
        assert (await http.send(httpx2.Request("GET", f"{url}/moved"))).status_code == 302
        with pytest.raises(TooLarge):
            await http.send(httpx2.Request("GET", f"{url}/large"))
        with pytest.raises(UpstreamFailed):
            await http.send(httpx2.Request("GET", f"{url}/packed"))
    assert paths == ["/moved", "/large", "/packed"]
