"""Context and response of one request to the authorization server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from server.access.clients.client import Client
from server.access.oauth.models import OAuthSettings, Registration
from server.http.addresses import DEFAULT_PORTS, LOOPBACK, Address, spell_hosts

FormParams = tuple[tuple[str, str], ...]  # the parameters of a request, in their order
TOOLS = "/mcp"


@dataclass(frozen=True)
class RequestContext:
    """Context of one request. `issuer`: the current public address. `bases`: every address of this server.

    `started`: the start of this server. `documents`: registrations whose metadata was fetched for this request.
    """

    issuer: str
    bases: tuple[str, ...]
    now: datetime
    settings: OAuthSettings
    scopes: frozenset[str]
    key: bytes = field(default=b"", repr=False)
    started: datetime | None = None
    documents: Mapping[str, Registration] = field(default_factory=dict)

    def after(self, seconds: float) -> str:
        """ISO 8601 time, some seconds from now."""
        return (self.now + timedelta(seconds=seconds)).isoformat()

    def find_resource(self, wanted: str) -> str | None:
        """Resource of an address (RFC 8707): "" for everything, "/mcp" for the tools; None if it is not ours."""
        try:
            parts = urlsplit(wanted)
            if parts.scheme not in DEFAULT_PORTS or parts.query or parts.fragment or "@" in parts.netloc:
                return None
            ours = any(parts.scheme == urlsplit(base).scheme and spell_hosts(wanted) & spell_hosts(base) for base in self.bases)
        except ValueError:
            return None
        path = parts.path.rstrip("/")
        return path if ours and path in {"", TOOLS} else None


@dataclass(frozen=True)
class AuthorizationRequest:
    """A valid authorization request. `client`: the Deskhand client, if the person has let it in before."""

    registration: Registration
    client: Client | None
    callback: str
    scopes: tuple[str, ...]
    resource: str


@dataclass(frozen=True)
class OAuthResponse:
    """A response. `changed`: the valid credentials have changed. `ended`: a sentence for the person about a revoked grant."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    changed: bool = False
    ended: str | None = None

    @classmethod
    def failed(cls, error: str, description: str, status: int = 400) -> "OAuthResponse":
        """Error response (RFC 6749)."""
        return cls(status, {"error": error, "error_description": description})


def list_bases(address: Address) -> tuple[str, ...]:
    """Every address of this server."""
    here = (f"http://{name}:{address.public_port}" for name in LOOPBACK)
    return (address.public, address.own, *here)
