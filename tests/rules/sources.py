"""Which files the rules are about."""

import importlib
from pathlib import Path

from server.integrations import list_names
from server.sdk.integration import Integration
from tests.conftest import ROOT

FOLDERS = ("desktop", "server")
SOURCES = sorted([ROOT / "run.py", *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))])
INTEGRATIONS = sorted(ROOT / "server" / "integrations" / name for name in list_names())


def name_of(path: Path) -> str:
    """A path as it is written in a review."""
    return path.relative_to(ROOT).as_posix()


def describe(folder: Path) -> Integration:
    """The descriptor of an integration."""
    return importlib.import_module(f"server.integrations.{folder.name}").integration
