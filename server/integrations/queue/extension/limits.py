"""Limits of extensions: time, size, rate and number. The largest message is that of the socket (`server.http.limits`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SocketLimits:
    """Limits in seconds and numbers.

    `hello_seconds`: for the first message of a connection that no header authenticates. `seed_seconds`: for a `hello` on
    one that is authenticated; afterwards it speaks seed's dialect. `heartbeat_seconds`: between two signs of life of the
    extension. `write_interval`: between two stored signs of life. `expiry_seconds`: between two looks for expired leases.
    `send_seconds`: for the peer to take a message. `connections`: in all; `unknown`: without a key yet, from this computer
    and from elsewhere. `outgoing`: messages that wait to be sent to one extension. `messages`, `burst`: messages a second
    from one extension, and at once.
    """

    hello_seconds: float = 10
    seed_seconds: float = 0.5
    heartbeat_seconds: float = 20
    write_interval: float = 5
    expiry_seconds: float = 1
    send_seconds: float = 30
    connections: int = 256
    unknown: int = 32
    outgoing: int = 64
    messages: float = 50
    burst: float = 500
