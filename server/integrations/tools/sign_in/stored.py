"""Grants: what an authorization server granted for one upstream server, stored as a secret and so in no backup."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from server.core.errors import Unavailable
from server.integrations.tools.config.connection import read_target
from server.integrations.tools.models import Frozen, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.stored import SECTION, digest, fingerprint
from server.storage.secrets import Secrets

log = logging.getLogger(__name__)


class Grant(Frozen):
    """Tokens, and everything that it takes to refresh them at the server that issued them.

    `binding`: of the configuration that it was granted for; no other one may use it. `ends`: seconds since the epoch.
    `authorization_server`: its metadata; `issuer`: as the upstream server advertises it.
    """

    binding: str
    redirect_uri: str = ""
    issuer: str = ""
    ends: float | None = None
    tokens: Mapping[str, Any] = Field(default={}, repr=False)
    client: Mapping[str, Any] = Field(default={}, repr=False)
    authorization_server: Mapping[str, Any] | None = None
    resource: Mapping[str, Any] | None = None


class GrantStore:
    """Grants by id of the server, among the secrets."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def read(self, server_id: str, binding: str) -> Grant | None:
        """Read a grant; None if there is none for this very configuration."""
        try:
            text = await self._secrets.get(name_grant(server_id))
            grant = Grant.model_validate_json(text) if text else None
        except (Unavailable, ValidationError):
            log.warning("The sign-in at an MCP server could not be read.")
            return None
        return grant if grant and grant.binding == binding else None

    async def write(self, server_id: str, grant: Grant) -> None:
        await self._secrets.set(name_grant(server_id), grant.model_dump_json())

    async def delete(self, server_id: str) -> None:
        await self._secrets.delete(name_grant(server_id))


def name_grant(server_id: str) -> str:
    return f"{SECTION}:{server_id}:sign-in"


def bind(config: UpstreamConfig, secrets: UpstreamSecrets) -> str:
    """Fingerprint of what a configuration reaches, also by the values of its variables."""
    return digest([fingerprint(config), read_target(config, secrets)])


def takes_sign_in(config: UpstreamConfig) -> bool:
    """Return whether the person can sign in: the server is reached over HTTP, and no header authenticates already."""
    return config.transport is not Transport.stdio and "authorization" not in map(str.lower, config.headers)
