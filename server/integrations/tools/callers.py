"""Callers who bring a token of their own for a server: where it goes, and who may bring one."""

import re
from collections.abc import Mapping

from pydantic import SecretStr

from server.core.errors import InvalidInput
from server.integrations.tools.config.variables import NAME
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.stored import Credentials
from server.sdk.caller_tokens import CallerTokens

# By their names, these may open the person's own account, which callers must not use: their token is the only credential.
CREDENTIAL = re.compile(r"auth|key|token|secret|password|passwd|credential|cookie|session", re.IGNORECASE)
AUTHORIZATION = "Authorization"
NAME_NEEDED = "Name the variable in which “{}” expects the token of its caller."


def for_caller(config: UpstreamConfig, secrets: UpstreamSecrets, token: str) -> tuple[UpstreamConfig, UpstreamSecrets]:
    """Make the configuration of a caller's session: with their token, and without the person's credentials."""
    environment, headers = without_credentials(secrets.environment), without_credentials(secrets.headers)
    if config.transport is Transport.stdio:
        environment[config.token_variable] = SecretStr(token)
    else:
        headers[AUTHORIZATION] = SecretStr(f"Bearer {token}")
    own = secrets.model_copy(
        update={
            "environment": environment,
            "headers": headers,
            "variables": without_credentials(secrets.variables),
            "query": SecretStr("") if CREDENTIAL.search(secrets.query.get_secret_value()) else secrets.query,
        }
    )
    return config.model_copy(update={"environment": tuple(environment), "headers": tuple(headers)}), own


def without_credentials(values: Mapping[str, SecretStr]) -> dict[str, SecretStr]:
    return {name: value for name, value in values.items() if not CREDENTIAL.search(name)}


class Callers:
    """Puts in force for which servers callers may bring a token."""

    def __init__(self, tokens: CallerTokens) -> None:
        self._tokens = tokens

    def is_enabled(self, server_id: str) -> bool:
        return self._tokens.is_enabled(scope_of(server_id))

    async def restore(self, server_id: str, credentials: Credentials) -> None:
        """Let them in again, at the start of Deskhand."""
        if credentials.caller_client:
            await self._tokens.restore(scope_of(server_id), credentials.caller_client)

    async def enable(self, config: UpstreamConfig, credentials: Credentials, variable: str) -> tuple[UpstreamConfig, Credentials]:
        """Let them in. Raises InvalidInput if a server that is started here has no variable for the token."""
        variable = variable or config.token_variable
        if config.transport is Transport.stdio and not NAME.fullmatch(variable):
            raise InvalidInput(NAME_NEEDED.format(config.title))
        await self.disable(config.id)
        client = await self._tokens.enable(scope_of(config.id), f"{config.id[:31].strip('-')}-callers")
        config = config.model_copy(update={"token_variable": variable if config.transport is Transport.stdio else ""})
        return config, credentials.model_copy(update={"caller_client": client})

    async def disable(self, server_id: str) -> None:
        """Let them in no more."""
        await self._tokens.disable(scope_of(server_id))


def scope_of(server_id: str) -> str:
    """Name the scope of a server's tools."""
    return f"use:{server_id}"
