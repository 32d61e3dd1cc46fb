"""Callers who bring a token of their own for a server: where it goes, and who may bring one."""

import re

from pydantic import SecretStr

from server.core.errors import InvalidInput
from server.integrations.tools.config.connection import LOADING
from server.integrations.tools.config.variables import NAME
from server.integrations.tools.models import Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.stored import Credentials
from server.sdk.caller_tokens import CallerTokens

# A caller's token is the only credential of their session. So of what the person has configured it gets only what, by its name
# and value, opens no account: settings such as an address or a timeout.
SETTING = re.compile(
    r"(?:\w*_)?(?:URL|URI|HOST|HOSTNAME|PORT|REGION|TIMEOUT|RETRIES|LIMIT|LEVEL|LOG|DEBUG|VERBOSE|MODE|ENV|FORMAT|VERSION|PATH|DIR"
    r"|FOLDER|LOCALE|LANG|LANGUAGE|TZ|TIMEZONE|TRANSPORT|ENCODING|UTF8|UNBUFFERED|OPTIONS)",
    re.IGNORECASE,
)
CREDENTIAL = re.compile(r"auth|key|token|secret|passw|credential|cookie|session|bearer|\bpat\b|_pat\b", re.IGNORECASE)
OPENING = re.compile(r"//[^/]*@|\?[^=]+=")  # credentials in an address
VALUE = re.compile(r"-|[^=:]+(?:=|:\s)")  # arguments that are options, or name what they say
PLACES = {"userHome", "pathSeparator", "/", "HOME", "USERPROFILE"}
HARMLESS_HEADERS = {"user-agent", "accept", "accept-language"}
AUTHORIZATION = "Authorization"
NAME_NEEDED = "Name the variable in which “{}” expects the token of its caller."
OWN_CREDENTIAL = (
    "“{}” is started with what looks like a credential of yours, which its callers would use. "
    "Put it into a variable (env) instead, which they do not get."
)


def for_caller(config: UpstreamConfig, secrets: UpstreamSecrets, token: str) -> tuple[UpstreamConfig, UpstreamSecrets]:
    """Make the configuration of a caller's session: with their token, and without the person's credentials."""
    environment = {name: value for name, value in secrets.environment.items() if is_setting(name, value.get_secret_value())}
    headers = {name: value for name, value in secrets.headers.items() if name.lower() in HARMLESS_HEADERS}
    if config.transport is Transport.stdio:
        environment[config.token_variable] = SecretStr(token)
    else:
        headers[AUTHORIZATION] = SecretStr(f"Bearer {token}")
    own = UpstreamSecrets(
        environment=environment,
        headers=headers,
        variables={name: value for name, value in secrets.variables.items() if is_setting(name, value.get_secret_value())},
    )
    return config.model_copy(update={"environment": tuple(environment), "headers": tuple(headers)}), own


def is_setting(name: str, value: str) -> bool:
    """Return whether a variable only sets something, and cannot open an account of the person's."""
    sets = name in PLACES or SETTING.fullmatch(name) or LOADING.match(name.upper())  # the last say what it runs
    return bool(sets) and not CREDENTIAL.search(name) and not OPENING.search(value)


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
        if config.transport is not Transport.stdio:
            variable = ""
        elif not NAME.fullmatch(variable) or LOADING.match(variable.upper()):
            raise InvalidInput(NAME_NEEDED.format(config.title))
        if any(VALUE.match(argument) and CREDENTIAL.search(argument) for argument in config.arguments):
            raise InvalidInput(OWN_CREDENTIAL.format(config.title))
        config = config.model_copy(update={"token_variable": variable})
        if self.is_enabled(config.id):
            return config, credentials
        client = await self._tokens.enable(scope_of(config.id), f"{config.id[:31].strip('-')}-callers")
        return config, credentials.model_copy(update={"caller_client": client})

    async def disable(self, server_id: str) -> None:
        """Let them in no more."""
        await self._tokens.disable(scope_of(server_id))


def scope_of(server_id: str) -> str:
    """Name the scope of a server's tools."""
    return f"use:{server_id}"
