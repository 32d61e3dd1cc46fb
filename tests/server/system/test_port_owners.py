import os
import socket

import psutil

from server.system.port_owners import PortOwner, find_port_owner


def test_listener_is_found_with_its_name_and_pid() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        assert find_port_owner(held.getsockname()[1]) == PortOwner(os.getpid(), psutil.Process().name())


def test_connected_port_has_no_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held, socket.create_connection(held.getsockname()) as caller:
        assert find_port_owner(caller.getsockname()[1]) is None


def test_free_port_has_no_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert find_port_owner(port) is None
