"""Values of a configuration, which are secrets: their names, those that are missing, and new ones."""

import re
from collections.abc import Collection, Mapping

from pydantic import SecretStr

from server.core.errors import InvalidInput
from server.core.text import shorten
from server.integrations.tools.config.entry import CONTROLS, LONGEST_VALUE
from server.integrations.tools.config.variables import find_variables
from server.integrations.tools.models import UpstreamConfig, UpstreamSecrets

BUILT_IN = {"userHome", "/", "pathSeparator"}
NUL = re.compile("\0")


def list_variables(config: UpstreamConfig, secrets: UpstreamSecrets) -> dict[str, str | None]:
    """List the variables of a server with their defaults, also those in its secret values."""
    values = [*secrets.environment.values(), *secrets.headers.values(), secrets.query]
    texts = [config.command, *config.arguments, config.folder, config.url, *(value.get_secret_value() for value in values)]
    texts += list_texts(config)
    variables = {name: default for text in texts for name, default in find_variables(text).items()}
    return {name: default for name, default in variables.items() if name not in BUILT_IN}


def list_texts(config: UpstreamConfig) -> list[str]:
    """List the texts of a server's OAuth client, which may refer to variables."""
    return [config.oauth.client_id, config.oauth.client_secret] if config.oauth else []


def list_missing(config: UpstreamConfig, secrets: UpstreamSecrets) -> list[str]:
    """List the names without a value: of variables, of the environment and of headers, such as after a backup was restored."""
    missing = [name for name in config.environment if name not in secrets.environment]
    missing += [name for name in config.headers if name not in secrets.headers]
    variables = list_variables(config, secrets).items()
    return missing + [name for name, default in variables if default is None and name not in secrets.variables]


def replace_values(config: UpstreamConfig, secrets: UpstreamSecrets, new: UpstreamSecrets) -> UpstreamSecrets:
    """Replace values by new ones. Raises InvalidInput for an unknown name, or a value that cannot be used."""
    check("variable", new.environment, config.environment, NUL)
    check("header", new.headers, config.headers, CONTROLS)
    check("variable", new.variables, list_variables(config, secrets), CONTROLS)
    changed = {name: {**getattr(secrets, name), **getattr(new, name)} for name in ("environment", "headers", "variables")}
    return secrets.model_copy(update=changed)


def check(kind: str, values: Mapping[str, SecretStr], known: Collection[str], wrong: re.Pattern[str]) -> None:
    for name, value in values.items():
        if name not in known:
            raise InvalidInput(f"This server has no {kind} called {shorten(name)}.")
        text = value.get_secret_value()
        if len(text) > LONGEST_VALUE or wrong.search(text):
            raise InvalidInput(f"The value of {shorten(name)} cannot be used: it is too long, or has more than one line.")
