import asyncio

import pytest

from server.projections.mcp.event_stream import streaming

JSON = [(b"content-type", b"application/json"), (b"content-length", b"2"), (b"mcp-session-id", b"s")]


class Client:
    """Collects what is sent, and says when a ping has come."""

    def __init__(self):
        self.status, self.headers, self.body, self.complete, self.pinged = 0, {}, b"", False, asyncio.Event()

    async def send(self, message):
        if message["type"] == "http.response.start":
            assert not self.status
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            assert not self.complete
            self.body += message["body"]
            self.complete = not message.get("more_body")
            if b": ping" in self.body:
                self.pinged.set()


async def answer(send, status=200, headers=JSON):
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    await send({"type": "http.response.body", "body": b"}"})


async def test_answer_is_one_event_and_keeps_its_other_headers():
    client = Client()
    async with streaming(client.send) as send:
        await answer(send)
    assert (client.status, client.body, client.complete) == (200, b"event: message\r\ndata: {}\r\n\r\n", True)
    assert client.headers[b"content-type"] == b"text/event-stream"
    assert client.headers[b"mcp-session-id"] == b"s"
    assert b"content-length" not in client.headers


@pytest.mark.parametrize("status", [202, 400, 404])
async def test_response_other_than_200_stays_as_it_is(status):
    client = Client()
    async with streaming(client.send) as send:
        await answer(send, status)
    assert (client.status, client.headers, client.body, client.complete) == (status, dict(JSON), b"{}", True)


@pytest.mark.parametrize("status", [200, 500])
async def test_client_is_pinged_until_its_answer_comes(status):
    client = Client()
    async with streaming(client.send, 0.001) as send, asyncio.timeout(60):
        await client.pinged.wait()
        await answer(send, status)
    assert (client.status, client.complete) == (200, True)
    assert client.body.endswith(b": ping\r\n\r\nevent: message\r\ndata: {}\r\n\r\n")
