import asyncio
import socket

import pytest

from server.core.errors import Conflict
from server.integrations.tools.sign_in.listener import forwarding, make_answer

CALLBACK = "http://127.0.0.1:9/tools/sign-in/callback"


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


async def test_browser_is_sent_on_to_the_callback():
    port = find_port()
    async with forwarding(port, CALLBACK):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /callback?code=c&state=s HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.close()
    assert head.startswith("HTTP/1.1 302")
    assert f"Location: {CALLBACK}?code=c&state=s\r\n" in head
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_port_that_is_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=str(port)):
            async with forwarding(port, CALLBACK):
                pytest.fail("it listened")


async def test_client_without_a_port_needs_no_listener():
    async with forwarding(0, CALLBACK):
        pass


@pytest.mark.parametrize(
    "line",
    [
        b"POST /callback?code=c HTTP/1.1\r\n",
        b"GET /other?code=c HTTP/1.1\r\n",
        b"GET /callback?code=\x01 HTTP/1.1\r\n",
        b"GET /callback?code=\xff HTTP/1.1\r\n",
        b"",
        b"nonsense\r\n",
    ],
)
def test_other_requests_are_answered_with_404(line):
    assert make_answer(line, CALLBACK).startswith(b"HTTP/1.1 404")
