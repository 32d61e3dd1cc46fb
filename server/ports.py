"""Which ports are taken: the one asked for, or the usual one, or the next that is free."""

import socket
from contextlib import suppress

from server.errors import DeskhandError
from server.sockets import bind

USUAL_PORT = 8000
PORTS_TRIED = 20  # where no port was asked for and the usual one is taken


class CannotStart(DeskhandError):
    """Deskhand cannot start."""


def bind_public(host: str, port: int | None) -> socket.socket:
    """Take the public port: the one asked for, or the usual one, or the next that is free."""
    if port is not None:
        return bind_or_say(host, port)
    for candidate in range(USUAL_PORT, USUAL_PORT + PORTS_TRIED):
        with suppress(OSError):
            return bind(host, candidate)
    return bind_or_say(host, 0)


def bind_or_say(host: str, port: int) -> socket.socket:
    """Take a port, or say in words why not."""
    try:
        return bind(host, port)
    except OSError as error:
        raise CannotStart(
            f"Deskhand cannot listen on {host}, port {port}: {error.strerror or error}. "
            "Another program may hold it; choose another port with --port."
        ) from error
