"""The integrations: every folder here is one, and so is every folder in DESKHAND_INTEGRATIONS."""

import importlib
import os
import pkgutil
from pathlib import Path

from server.core.errors import Unavailable
from server.sdk.integration import Integration, IntegrationSpec, Revocation

__path__ += [folder for folder in os.environ.get("DESKHAND_INTEGRATIONS", "").split(os.pathsep) if folder]


def discover() -> list[Integration]:
    """List the descriptors. One that cannot be imported is listed under its folder's name and fails again when it is loaded."""
    integrations = []
    for name in list_names():
        try:
            integrations.append(import_descriptor(name))
        except Exception as error:  # noqa: BLE001, whatever is wrong with one must not reach the others
            integrations.append(broken_integration(name, error))
    return integrations


def list_names() -> list[str]:
    """List the folders' names, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def import_descriptor(name: str) -> Integration:
    """Import the descriptor of a folder."""
    integration: Integration = importlib.import_module(f"{__name__}.{name}").integration
    return integration


def broken_integration(name: str, error: Exception) -> Integration:
    """Create the descriptor of an integration whose own cannot be imported."""

    def load() -> IntegrationSpec:
        raise error

    return Integration(name, name.title(), (f"/{name}",), load)


def find_migrations() -> list[Path]:
    """List the integrations' folders with revisions."""
    return sorted(path for folder in __path__ for path in Path(folder).glob("*/migrations"))


def find_archive_migrations() -> list[Path]:
    """List the integrations' folders with revisions of the archive."""
    return sorted(path for folder in __path__ for path in Path(folder).glob("*/archive_migrations"))


def list_revocations() -> list[Revocation]:
    """List what a restore has to revoke. Raises Unavailable if an integration cannot be imported: its access would remain."""
    revocations: list[Revocation] = []
    for name in list_names():
        try:
            revocations += import_descriptor(name).revocations
        except Exception as error:
            raise Unavailable(
                f"The integration {name} is broken, so what it gives access to cannot be revoked. Install Deskhand again, "
                "or restore with --with-access. Nothing was changed."
            ) from error
    return revocations
