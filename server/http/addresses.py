"""The addresses at which Deskhand can be reached. They change while the program runs: ports are taken, tunnels open and close."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from server.core.errors import InvalidInput

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass
class Address:
    """The addresses of both surfaces. `public_url`: what a tunnel or a proxy gave us, without a trailing slash."""

    public_port: int = 0
    local_port: int = 0
    host: str = "127.0.0.1"
    public_url: str | None = None
    listeners: list[Callable[[], None]] = field(default_factory=list)

    @property
    def public(self) -> str:
        """The address that others use."""
        return self.public_url or self.own

    @property
    def own(self) -> str:
        """Local address of the public API, the target of a tunnel."""
        return f"http://{self._own_host}:{self.public_port}"

    @property
    def local(self) -> str:
        """The local surface's address, on this computer only."""
        return f"http://127.0.0.1:{self.local_port}"

    @property
    def _own_host(self) -> str:
        if self.host in {"0.0.0.0", "::"}:  # noqa: S104, it is compared, not bound
            return "127.0.0.1"
        return f"[{self.host}]" if ":" in self.host else self.host

    def set_public_url(self, url: str | None) -> None:
        """Set the address of a tunnel or proxy, or remove it."""
        self.public_url = check_public_url(url) if url else None
        for tell in self.listeners:
            tell()

    def is_here_only(self) -> bool:
        """Return whether only programs on this computer can use the public address, as in the demo, whose tunnel leads here."""
        if self.public_url is None:
            return self._own_host in LOOPBACK
        return urlsplit(self.public_url).hostname in {name.strip("[]") for name in LOOPBACK}

    def public_hosts(self) -> set[str]:
        """The Host headers that the public surface answers to."""
        own = {f"{name}:{self.public_port}" for name in (*LOOPBACK, self._own_host)}
        return own | (spell_hosts(self.public_url) if self.public_url else set())

    def local_hosts(self) -> set[str]:
        """The Host headers that the local surface answers to."""
        return {f"{name}:{self.local_port}" for name in LOOPBACK}

    def local_origins(self) -> set[str]:
        """The origins of the window's own pages."""
        return {f"http://{host}" for host in self.local_hosts()}


def spell_hosts(url: str) -> set[str]:
    """The Host headers of an address, with and without its default port."""
    parts = urlsplit(url)
    name = (parts.hostname or "").lower()
    name = f"[{name}]" if ":" in name else name
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    return {f"{name}:{port}"} | ({name} if port == DEFAULT_PORTS[parts.scheme] else set())


def check_public_url(url: str) -> str:
    """Normalize an address that replaces a tunnel. Raises InvalidInput if it is malformed."""
    wrong = InvalidInput(f"{url!r} cannot be a public URL. Give one such as https://desk.example.org, without a path.")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise wrong from None
    extra = parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or extra or port == 0:
        raise wrong
    return f"{parts.scheme}://{parts.netloc.lower()}"
