"""Connection of a configured server: its configuration with the values of its secrets and variables."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from server.core.errors import InvalidInput
from server.core.text import shorten
from server.integrations.tools.config.variables import expand, explain_lack, find_variables
from server.integrations.tools.models import Connection, Transport, UpstreamConfig, UpstreamSecrets
from server.system.environment import clean_environment

# Variables by which the same command runs other programs.
LOADING = re.compile(r"PATH$|LD_|DYLD_|NODE_|PYTHON|NPM_CONFIG_|UV_|PIP_|BASH_ENV$|ENV$|SHELL$|RUBY|PERL5|JAVA_|_JAVA_|JDK_")
BREAKS = re.compile(r"[\x00\r\n]")


def resolve(config: UpstreamConfig, secrets: UpstreamSecrets) -> Connection:
    """Fill in all values. Raises InvalidInput with a sentence if one is missing, or makes the result invalid. Blocks."""
    values = {name: value.get_secret_value() for name, value in secrets.variables.items()}
    try:
        if config.transport is Transport.stdio:
            return resolve_process(config, secrets, values)
        return resolve_address(config, secrets, values)
    except KeyError as error:
        raise InvalidInput(explain_lack(config.title, shorten(str(error.args[0])))) from None


def read_target(config: UpstreamConfig, secrets: UpstreamSecrets) -> tuple[tuple[str, str], ...]:
    """Return the values with which a configuration runs or reaches something else than with others."""
    loading = [(name, value) for name, value in sorted(secrets.environment.items()) if LOADING.match(name.upper())]
    texts = (config.command, *config.arguments, config.folder, config.url, *(value.get_secret_value() for _, value in loading))
    names = sorted({name for text in texts for name in find_variables(text)})
    values = [(name, secrets.variables[name]) for name in names if name in secrets.variables] + loading
    return tuple((name, value.get_secret_value()) for name, value in values)


def expand_all(names: tuple[str, ...], secrets: Mapping[str, SecretStr], values: Mapping[str, str]) -> dict[str, str]:
    """Fill in the values of variables or headers; those whose secret is lost raise KeyError."""
    return {name: expand(secrets[name].get_secret_value(), values) for name in names}


def resolve_process(config: UpstreamConfig, secrets: UpstreamSecrets, values: Mapping[str, str]) -> Connection:
    """Fill in the values of a server that Deskhand starts, and find its program."""
    environment = clean_environment() | expand_all(config.environment, secrets.environment, values)
    command = Path(expand(config.command, values)).expanduser()
    path = next((value for name, value in environment.items() if name.upper() == "PATH"), None)
    program = shutil.which(str(command), path=path)
    if program is None:
        raise InvalidInput(f"“{config.title}” could not be started: the program {shorten(str(command))} is not installed.")
    folder = str(Path(expand(config.folder, values)).expanduser()) if config.folder else ""
    if folder and not Path(folder).is_dir():
        raise InvalidInput(f"“{config.title}” could not be started: its folder does not exist.")
    words = (program, *(expand(argument, values) for argument in config.arguments))
    if any("\0" in word for word in words):
        raise InvalidInput(f"“{config.title}” could not be started: one of its arguments is not valid.")
    return Connection(
        **describe(config), command=words, folder=folder, environment=environment, error_prefixes=config.error_prefixes
    )


def resolve_address(config: UpstreamConfig, secrets: UpstreamSecrets, values: Mapping[str, str]) -> Connection:
    """Fill in the values of a server that is reached over HTTP."""
    url, query = expand(config.url, values), expand(secrets.query.get_secret_value(), values)
    headers = expand_all(config.headers, secrets.headers, values)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        valid = False
    if not valid or re.search(r"[\s\\]", url + query) or any(BREAKS.search(value) for value in headers.values()):
        raise InvalidInput(f"“{config.title}” cannot be reached: a value makes its url or a header invalid.")
    return Connection(
        **describe(config), url=f"{url}?{query}" if query else url, headers=headers, error_prefixes=config.error_prefixes
    )


def describe(config: UpstreamConfig) -> dict[str, str]:
    return {"id": config.id, "title": config.title, "transport": config.transport}
