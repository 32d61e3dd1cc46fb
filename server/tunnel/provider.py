"""Interface of a tunnel provider."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from server.core.errors import UpstreamFailed

HOST = re.compile(r"(?=.{4,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
NUMBERS = re.compile(r"[0-9.]+")
LOOPBACK = "127.0.0.1"
NO_ADDRESS = "The tunnel's program named an address that cannot be a public one, so the tunnel was closed again."
CHECK_AGENT = "Look whether the program under Connect is the one that ngrok offers at https://ngrok.com/download."


class TunnelError(UpstreamFailed):
    """The tunnel could not be opened.

    `advice`: what the person can do. `transient`: it may pass by itself, so trying again helps.
    """

    def __init__(self, problem: str = "", advice: str | None = None, *, transient: bool = False) -> None:
        super().__init__(problem)
        self.advice = advice
        self.transient = transient


class EventKind(StrEnum):
    """Kinds of events in a session."""

    up = "up"  #: it has an address, for the first time or again
    down = "down"  #: it has lost its connection and reconnects by itself
    ended = "ended"  #: its agent has ended


@dataclass(frozen=True)
class TunnelEvent:
    """Change in a session. `address` comes with `up`, `error` with `down` and `ended`."""

    kind: EventKind
    address: str | None = None
    error: TunnelError | None = None


@dataclass(frozen=True)
class TunnelRequest:
    """Tunnel to open.

    `upstream`: URL that requests are passed to. `command`: starts the agent. `domain`: the reserved address, without https://.
    """

    upstream: str
    command: tuple[str, ...]
    folder: Path
    authtoken: str | None = None
    domain: str | None = None
    open_seconds: float = 30.0
    api_seconds: float = 4.0


class TunnelSession(Protocol):
    """Tunnel that is open or being opened."""

    def check(self) -> TunnelError | None:
        """Return what is wrong with it, if anything. Blocks."""

    def close(self) -> None:
        """End it in any state, and wait until its agent is gone. Blocks."""


class Provider(Protocol):
    """Service that gives public addresses."""

    @property
    def name(self) -> str:
        """Name of the service and of its program."""

    @property
    def needs_authtoken(self) -> bool:
        """Return whether the person needs an account there."""

    def start(self, request: TunnelRequest, on_event: Callable[[TunnelEvent], None]) -> TunnelSession:
        """Begin to open a tunnel. `on_event` is called on another thread."""

    def end_stale(self, folder: Path) -> None:
        """End agents that an earlier run of Deskhand has left, and remove their configuration. Blocks."""

    def requests_limit(self, address: str | None) -> int | None:
        """Return the requests a month that the plan behind an address allows, if the address shows it."""

    def download_address(self) -> str:
        """Return the URL of the agent for this computer. Raises Unavailable if there is none."""


def check_address(address: str, *, demo: bool) -> str:
    """Normalize the address that an agent reports; in demo mode it is one on this computer. Raises TunnelError."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise TunnelError(NO_ADDRESS, CHECK_AGENT) from None
    if demo:
        normal, valid = f"http://{LOOPBACK}:{port}", bool(port)
    else:
        normal, valid = f"https://{host}", bool(HOST.fullmatch(host)) and not NUMBERS.fullmatch(host)
    if not valid or address.lower() != normal:
        raise TunnelError(NO_ADDRESS, CHECK_AGENT)
    return normal
