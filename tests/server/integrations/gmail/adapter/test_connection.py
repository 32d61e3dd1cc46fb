"""A request to Google is sent once, and never waits for ever."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from server.core.errors import UpstreamTimedOut
from server.integrations.gmail.adapter.connection import Connection, as_http, as_https
from server.integrations.gmail.adapter.errors import NotReached


class Listener:
    """Accepts connections, counts the requests, and answers each with the same bytes; None hangs up, ... says nothing."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.requests = 0
        self.open: list[socket.socket] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.open.append(connection)
            if connection.recv(65536):
                self.requests += 1
            if self.answer is None:
                connection.close()
            else:
                connection.sendall(self.answer)


@contextmanager
def listening(answer: bytes | None) -> Iterator[Listener]:
    listener = Listener(answer)
    yield listener
    listener.listening.close()
    for connection in listener.open:
        connection.close()


def send(address: str, method: str = "GET", body: bytes = b"", seconds: float = 60):
    with closing(Connection(address, seconds)) as connection:
        return connection.request(address, method, body)


def test_request_is_not_repeated_when_google_disconnects():
    with listening(None) as google, pytest.raises(OSError, match="hung up"):
        send(google.address, "POST", b"send this mail")
    assert google.requests == 1


def test_silence_is_a_timeout():
    with listening(b"") as google, pytest.raises(UpstreamTimedOut):
        send(google.address, seconds=0.2)
    assert google.requests == 1


def test_stalled_response_is_a_timeout():
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as google, pytest.raises(UpstreamTimedOut):
        send(google.address, seconds=0.2)


def test_redirect_is_not_followed():
    with listening(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n") as google:
        status = send(google.address)[0].status
    assert status == 302


def test_connect_timeout_sent_nothing():
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = full.getsockname()
    waiting = [socket.socket() for _ in range(8)]
    for connection in waiting:
        connection.setblocking(False)
        connection.connect_ex(address)
    with pytest.raises(NotReached):
        send(f"http://127.0.0.1:{address[1]}", seconds=0.2)
    for connection in (full, *waiting):
        connection.close()


def test_loopback_is_called_without_a_proxy(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") as google:
        assert send(google.address)[1] == b"ok"


def test_http_is_limited_to_loopback():
    assert as_https("http://127.0.0.1:9/token") == "https://127.0.0.1:9/token"
    assert as_http("https://127.0.0.1:9/token") == "http://127.0.0.1:9/token"
    with pytest.raises(ValueError, match="this computer"):
        as_http("https://oauth2.googleapis.com/token")
