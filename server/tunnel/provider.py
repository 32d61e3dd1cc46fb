"""What a provider of tunnels does. One file each; the service knows none of them."""

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
HERE = "127.0.0.1"
NO_ADDRESS = "The tunnel's program named an address that cannot be a public one, so the tunnel was closed again."
LOOK = "Look whether the program under Connect is the one that ngrok offers at https://ngrok.com/download."


class CannotOpen(UpstreamFailed):
    """The tunnel could not be opened.

    `advice`: what to do about it. `passing`: it may well go by itself, so trying again helps.
    """

    def __init__(self, problem: str = "", advice: str | None = None, *, passing: bool = False) -> None:
        super().__init__(problem)
        self.advice = advice
        self.passing = passing


class Said(StrEnum):
    """What a line tells of itself."""

    up = "up"  #: it has an address: for the first time, or again
    down = "down"  #: it has lost its connection and tries to get it back by itself
    gone = "gone"  #: it has ended


@dataclass(frozen=True)
class News:
    """`address` comes with `up`, `trouble` with `down` and `gone`."""

    said: Said
    address: str | None = None
    trouble: CannotOpen | None = None


@dataclass(frozen=True)
class Wish:
    """What is to be opened.

    `upstream`: where requests go to. `command`: what starts the agent. `domain`: the reserved address, without https://.
    """

    upstream: str
    command: tuple[str, ...]
    folder: Path
    authtoken: str | None = None
    domain: str | None = None
    open_seconds: float = 30.0
    ask_seconds: float = 4.0


class Line(Protocol):
    """A tunnel that is being opened, or open."""

    def look(self) -> CannotOpen | None:
        """Look whether it works, and say what is wrong if it does not. Blocks."""

    def close(self) -> None:
        """End it, whatever it does just now; when this returns its agent is gone. Blocks."""


class Provider(Protocol):
    """Somebody who gives public addresses."""

    @property
    def name(self) -> str:
        """What it is called, and its program."""

    @property
    def needs_authtoken(self) -> bool:
        """Whether a person needs an account there."""

    def start(self, wish: Wish, tell: Callable[[News], None]) -> Line:
        """Begin to open a tunnel. `tell` hears how that goes, on another thread."""

    def end_stale(self, folder: Path) -> None:
        """End agents that an earlier run of Deskhand has left, and remove what they were given. Blocks."""

    def requests_limit(self, address: str | None) -> int | None:
        """Say how many requests a month the plan behind an address allows, as far as it shows."""

    def download_address(self) -> str:
        """Say where the agent for this computer comes from. Raises Unavailable where there is none for it."""


def check_address(address: str, *, demo: bool) -> str:
    """Tidy the address that an agent says it has; in demo mode it is one on this computer. Raises CannotOpen."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise CannotOpen(NO_ADDRESS, LOOK) from None
    if demo:
        tidy, fits = f"http://{HERE}:{port}", host == HERE and bool(port)
    else:
        tidy, fits = f"https://{host}", bool(HOST.fullmatch(host)) and not NUMBERS.fullmatch(host)
    if not fits or address.lower() != tidy:
        raise CannotOpen(NO_ADDRESS, LOOK)
    return tidy
