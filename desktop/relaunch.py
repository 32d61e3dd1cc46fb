"""How Deskhand starts itself again: its window, its demo."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARIES = "LD_LIBRARY_PATH"
SECRETS = frozenset(["API_KEY", "DESKHAND_API_KEY", "NGROK_API_KEY", "NGROK_AUTHTOKEN"])
SECRETS_OF_OTHERS = re.compile(r"OPENAI_\w*(KEY|SECRET)\w*")


def own_command(*arguments: str, frozen: bool | None = None) -> list[str]:
    """The command that runs this very program."""
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "desktop", *arguments]  # -P: a folder named `desktop` where this runs hides nothing


def own_environment(environment: Mapping[str, str], root: Path = ROOT) -> dict[str, str]:
    """The variables with which it finds itself, without secrets: a checkout need not be installed."""
    kept = without_secrets(environment)
    if (root / "pyproject.toml").is_file():
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), environment.get("PYTHONPATH")]))
    return kept


def outside_environment(environment: Mapping[str, str], *, frozen: bool | None = None) -> dict[str, str]:
    """The variables for other programs, without secrets. A frozen program puts its own libraries first, which breaks them:
    https://pyinstaller.org/en/stable/common-issues-and-pitfalls.html#launching-external-programs-from-the-frozen-application
    """
    kept = without_secrets(environment)
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        original = kept.pop(f"{LIBRARIES}_ORIG", None)
        kept.pop(LIBRARIES, None)
        if original:
            kept[LIBRARIES] = original
    return kept


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables, without those that only the server needs."""
    return {name: value for name, value in environment.items() if not is_secret(name)}


def is_secret(name: str) -> bool:
    """Whether a variable holds a secret of the server."""
    return name.upper() in SECRETS or bool(SECRETS_OF_OTHERS.fullmatch(name.upper()))


@contextmanager
def hidden_secrets() -> Iterator[None]:
    """Keep secrets from a program that can only be started with our own variables; it takes a moment."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if is_secret(name)}
    try:
        yield
    finally:
        os.environ.update(kept)
