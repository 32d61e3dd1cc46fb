"""The integrations: every folder here is one."""

import importlib
import pkgutil
from pathlib import Path

from server.sdk.integration import Integration, Parts


def discover() -> list[Integration]:
    """List the descriptors. One whose `__init__` fails is listed under its folder's name and fails again when it is loaded."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        try:
            found.append(importlib.import_module(f"{__name__}.{module.name}").integration)
        except Exception as error:  # noqa: BLE001, whatever is wrong with one must not reach the others
            found.append(broken_integration(module.name, error))
    return found


def broken_integration(name: str, error: Exception) -> Integration:
    """Create the descriptor of an integration whose own cannot be imported."""

    def load() -> Parts:
        raise error

    return Integration(name, name.title(), (f"/{name}",), load)


def find_migrations() -> list[Path]:
    """List the integrations' folders with revisions."""
    return sorted(Path(__path__[0]).glob("*/migrations"))
