"""Variables in a configuration: `${X}`, `${X:-default}`, `${env:X}`, `${input:id}`, `${userHome}`."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from server.system.environment import is_secret

LONGEST_NAME = 128
VARIABLE = re.compile(r"\$\{(?P<name>[^{}$\r\n]{1,300}?)(?::-(?P<default>[^{}\r\n]{0,2000}))?\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def find_variables(text: str) -> dict[str, str | None]:
    """List the variables in a text with their defaults. `env:X` is listed as `X`."""
    return {normalize(match["name"]): match["default"] for match in VARIABLE.finditer(text)}


def normalize(name: str) -> str:
    return name.removeprefix("env:").strip()


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace the variables in a text by their values or defaults, once: what a value contains is not replaced again.

    Raises KeyError with the name of a variable that has neither.
    """

    def replace(match: re.Match[str]) -> str:
        name = normalize(match["name"])
        value = values.get(name) or match["default"]
        if value is None:
            raise KeyError(name)
        return value

    return VARIABLE.sub(replace, text)


def read_value(name: str, environment: Mapping[str, str], inputs: Mapping[str, str]) -> str | None:
    """Return the value of a variable; None if it has none here, or if it is a secret of Deskhand's own."""
    if name.startswith("input:"):
        return inputs.get(name.removeprefix("input:"))
    if name == "userHome":
        return str(Path.home())
    if name in {"/", "pathSeparator"}:
        return os.sep
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME or is_secret(name):
        return None
    return environment.get(name)


def explain_lack(title: str, name: str) -> str:
    """Explain that a server lacks a value."""
    return f"“{title}” needs {explain_missing(name)}. Enter its value under Tools."


def explain_missing(name: str) -> str:
    """Name an input or a variable within a sentence."""
    if name.startswith("input:"):
        return f"the input “{name.removeprefix('input:')}”"
    return f"the variable {name}"
