"""Configuration of a preset's server, made of the values that the person gave."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from server.core.errors import InvalidInput
from server.core.text import shorten
from server.integrations.tools.models import Imported, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.presets.catalogue import Preset, PresetInput
from server.integrations.tools.presets.environments import Environment

LONGEST = 4_096  # characters of a value


def read_values(preset: Preset, given: Mapping[str, str]) -> dict[str, str]:
    """Check the values of a preset's inputs, and fill in the defaults. Raises InvalidInput. Blocks."""
    unknown = sorted(given.keys() - {each.id for each in preset.inputs})
    if unknown:
        raise InvalidInput(f"“{preset.title}” has no input called {shorten(unknown[0])}.")
    return {each.id: read_value(preset, each, given.get(each.id, "").strip() or each.default) for each in preset.inputs}


def read_value(preset: Preset, wanted: PresetInput, value: str) -> str:
    """Check one value. A value is no place for a reference to a variable, which a configuration would replace."""
    if not value:
        if wanted.required:
            raise InvalidInput(f"“{preset.title}” needs its input “{wanted.id}”: {wanted.description}")
        return ""
    if len(value) > LONGEST or "${" in value or not value.isprintable():
        raise InvalidInput(
            f"The input “{wanted.id}” of “{preset.title}” is too long or contains characters that it may not have."
        )
    if wanted.folder:
        folder = Path(value).expanduser()
        if not folder.is_absolute() or not folder.is_dir():
            raise InvalidInput(f"There is no folder {shorten(value)}. Give the full path of one.")
        return str(folder)
    return value


def make_server(environment: Environment, stored: Path, values: Mapping[str, str], identity: str = "") -> Imported:
    """Make the configuration of a server. `stored`: the folder for what it stores. `identity`: its id, if it has one."""
    preset, command = environment.preset, environment.command
    variables = {name: text.format(data=stored) for name, text in preset.environment}
    for each in preset.inputs:
        variables |= {name: values[each.id] for name in each.variables if values[each.id]}
    config = UpstreamConfig(
        id=identity or preset.id,
        title=preset.title,
        transport=Transport.stdio,
        command=command[0],
        arguments=(*command[1:], *make_arguments(preset, values)),
        environment=tuple(variables),
        disabled_tools=preset.hidden,
        error_prefixes=preset.error_prefixes,
        token_variable=preset.token_variable,
    )
    secrets = UpstreamSecrets(environment={name: SecretStr(value) for name, value in variables.items()})
    return Imported(upstreams=(config,), secrets={config.id: secrets})


def make_arguments(preset: Preset, values: Mapping[str, str]) -> list[str]:
    """Fill in the arguments; those with an input that is empty are left out."""
    result = list[str]()
    for group in preset.arguments:
        filled = [values[word[1:-1]] if word.startswith("{") else word for word in group]
        result += filled if all(filled) else []
    return result
