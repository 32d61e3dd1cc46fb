"""The socket of the fake."""

import socket

import pytest

from server.integrations.gmail.fake.server import bind


def test_it_binds_loopback_alone_and_sends_without_delay() -> None:
    with bind() as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.proto == socket.IPPROTO_TCP


def test_a_port_is_taken_once() -> None:
    with bind() as bound:
        bound.listen()
        with pytest.raises(OSError, match="in use"):
            bind(bound.getsockname()[1])
