"""Commands and environments of child processes."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECRETS = frozenset(["API_KEY", "DESKHAND_API_KEY", "NGROK_API_KEY", "NGROK_AUTHTOKEN"])
SECRETS_OF_OTHERS = re.compile(r"OPENAI_\w*(KEY|SECRET)\w*")


def relaunch_command(*arguments: str, frozen: bool | None = None) -> list[str]:
    """Command that runs this program again."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "desktop", *arguments]  # -P: a folder named `desktop` where this runs hides nothing


def relaunch_environment(environment: Mapping[str, str], root: Path = ROOT) -> dict[str, str]:
    """Environment for our own child processes, without secrets. Adds a checkout to PYTHONPATH."""
    variables = without_secrets(environment)
    if (root / "pyproject.toml").is_file():
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH")]))
    return variables


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Remove the variables that hold secrets."""
    return {name: value for name, value in environment.items() if not is_secret(name)}


def is_secret(name: str) -> bool:
    """Return whether a variable holds a secret of the server."""
    return name.upper() in SECRETS or bool(SECRETS_OF_OTHERS.fullmatch(name.upper()))


@contextmanager
def hidden_secrets() -> Iterator[None]:
    """Hide secrets from a program that can only be started with our own environment."""
    variables = {name: os.environ.pop(name) for name in list(os.environ) if is_secret(name)}
    try:
        yield
    finally:
        os.environ.update(variables)
