import os
import socket

import psutil

from server.system.port_owners import Holder, who_listens


def test_whoever_listens_on_a_port_is_named_by_program_and_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        assert who_listens(held.getsockname()[1]) == Holder(os.getpid(), psutil.Process().name())


def test_a_connection_through_a_port_does_not_hold_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held, socket.create_connection(held.getsockname()) as caller:
        assert who_listens(caller.getsockname()[1]) is None


def test_a_port_that_is_free_is_held_by_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert who_listens(port) is None
