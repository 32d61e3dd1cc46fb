"""The choice of ports: the requested, the usual or the next free one; and the program that holds a port that is not free."""

import errno
import os
import socket
from contextlib import suppress

from server.core.errors import DeskhandError
from server.core.text import shorten
from server.http.server import bind

USUAL_PORT = 8000
PORTS_TRIED = 20  # if no port is configured and the default one is taken
TAKEN = (errno.EADDRINUSE, errno.EACCES) if os.name == "nt" else (errno.EADDRINUSE,)


class CannotStart(DeskhandError):
    """Deskhand cannot start."""


def bind_public(host: str, port: int | None) -> tuple[socket.socket, str | None]:
    """Bind the public port: the configured one, or the default one, or the next free one.

    Returns it with a sentence for the person if it is not the default one.
    """
    if port is not None:
        return bind_or_say(host, port), None
    with suppress(OSError):
        return bind(host, USUAL_PORT), None
    for candidate in range(USUAL_PORT + 1, USUAL_PORT + PORTS_TRIED):
        with suppress(OSError):
            return tell_port(bind(host, candidate))
    return tell_port(bind_or_say(host, 0))


def tell_port(bound: socket.socket) -> tuple[socket.socket, str]:
    """Explain the other port and its consequences."""
    return bound, (
        f"Port {USUAL_PORT} is held by {name_holder(USUAL_PORT)}, so Deskhand is at {bound.getsockname()[1]} this time. "
        "ChatGPT through the tunnel is not affected; scripts on this computer are."
    )


def bind_or_say(host: str, port: int) -> socket.socket:
    """Bind a port. Raises DeskhandError with the reason."""
    try:
        return bind(host, port)
    except OSError as error:
        if error.errno in TAKEN:
            raise CannotStart(
                f"Port {port} is held by {name_holder(port)}. End that program, or choose another port with --port."
            ) from error
        raise CannotStart(
            f"Deskhand cannot listen on {host}, port {port}: {error.strerror or error}. "
            "Choose another address with --host or another port with --port."
        ) from error


def name_holder(port: int) -> str:
    """Name the program that holds a port, if its process is visible to this user."""
    from server.system.port_owners import find_port_owner

    holder = find_port_owner(port)
    if holder is None:
        return "another program"
    return f"{'another Deskhand' if holder.deskhand else shorten(holder.name)} (pid {holder.pid})"
