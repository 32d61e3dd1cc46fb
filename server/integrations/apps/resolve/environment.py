"""Places of the person's session that paths of the configuration may name."""

import os
from collections.abc import Mapping


def expand(path: str, environment: Mapping[str, str], home: str) -> str:
    """Write out the ~ or the %VARIABLE% that a path of the configuration begins with."""
    if path == "~" or path.startswith(("~/", "~\\")):
        return home + path[1:]
    if path.startswith("%"):
        name, _, rest = path[1:].partition("%")
        upper = {key.upper(): value for key, value in environment.items()}
        return upper.get(name.upper(), f"%{name}%") + rest
    return path


def home_of(environment: Mapping[str, str]) -> str:
    """The person's own folder."""
    return environment.get("HOME") or environment.get("USERPROFILE") or os.path.expanduser("~")  # noqa: PTH111, a string is wanted
