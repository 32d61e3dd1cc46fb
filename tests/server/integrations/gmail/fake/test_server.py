"""The socket of the fake."""

import socket

import pytest

from server.integrations.gmail.fake.server import bind


def test_server_binds_loopback_only_and_disables_nagle() -> None:
    with bind() as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert bound.proto == socket.IPPROTO_TCP


def test_port_cannot_be_bound_twice() -> None:
    with bind() as bound:
        bound.listen()
        with pytest.raises(OSError, match="in use"):
            bind(bound.getsockname()[1])
