"""Store of the servers: configurations in the settings, everything else among the secrets."""

import logging

from pydantic import ValidationError

from server.core.errors import Unavailable
from server.integrations.tools.models import UpstreamConfig
from server.integrations.tools.stored import SECTION, Credentials, ToolsSettings, WatchedFile, fingerprint
from server.storage.secrets import Secrets
from server.storage.settings import Settings

log = logging.getLogger(__name__)


class Store:
    """Servers by id, in the order in which they were added."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings, self._secrets = settings, secrets

    @property
    def settings(self) -> ToolsSettings:
        return self._settings.read(SECTION, ToolsSettings)

    async def read_credentials(self, server_id: str) -> Credentials:
        """Read what is stored of a server; nothing if it is out of reach, and the server then has to be confirmed."""
        try:
            text = await self._secrets.get(secret_name(server_id))
            return Credentials.model_validate_json(text) if text else Credentials()
        except (Unavailable, ValidationError):
            log.warning("The secrets of an MCP server could not be read.")
            return Credentials()

    async def write_credentials(self, server_id: str, credentials: Credentials) -> None:
        await self._secrets.set(secret_name(server_id), credentials.to_json())

    async def put(self, config: UpstreamConfig, credentials: Credentials) -> None:
        """Add a server, or replace the one of its id."""
        await self.write_credentials(config.id, credentials)

        def change(settings: ToolsSettings) -> ToolsSettings:
            upstreams = [config if other.id == config.id else other for other in settings.upstreams]
            if config not in upstreams:
                upstreams.append(config)
            retired = {name: value for name, value in settings.retired.items() if name != config.id}
            return settings.model_copy(update={"upstreams": upstreams, "retired": retired})

        await self._settings.change(SECTION, ToolsSettings, change)

    async def write_watched(self, watched: WatchedFile | None) -> None:
        """Change which file is watched; None: none is."""
        await self._settings.change(SECTION, ToolsSettings, lambda settings: settings.model_copy(update={"watched": watched}))

    async def remove(self, config: UpstreamConfig) -> None:
        """Remove a server. Its id stays taken: clients may have permissions for its tools."""

        def change(settings: ToolsSettings) -> ToolsSettings:
            upstreams = [other for other in settings.upstreams if other.id != config.id]
            retired = settings.retired | {config.id: fingerprint(config)}
            return settings.model_copy(update={"upstreams": upstreams, "retired": retired})

        await self._settings.change(SECTION, ToolsSettings, change)
        await self._secrets.delete(secret_name(config.id))

    def choose_id(self, config: UpstreamConfig) -> str:
        """Choose the id of a server that is added: its own, unless a removed server with another configuration had it."""
        retired, taken = self.settings.retired, {other.id for other in self.settings.upstreams}
        number, result = 1, config.id
        while retired.get(result, fingerprint_as(config, result)) != fingerprint_as(config, result) or (
            number > 1 and result in taken
        ):
            number += 1
            result = f"{config.id}-{number}"
        return result


def fingerprint_as(config: UpstreamConfig, server_id: str) -> str:
    return fingerprint(config.model_copy(update={"id": server_id}))


def secret_name(server_id: str) -> str:
    return f"{SECTION}:{server_id}"
