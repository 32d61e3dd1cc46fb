"""The integrations: every folder here is one, and so is every folder in DESKHAND_INTEGRATIONS."""

import importlib
import logging
import os
import pkgutil
from pathlib import Path

from server.core.errors import Unavailable
from server.sdk.integration import Integration, IntegrationSpec, Revocation

log = logging.getLogger(__name__)
FURTHER = [folder for folder in os.environ.get("DESKHAND_INTEGRATIONS", "").split(os.pathsep) if folder]
__path__ += FURTHER


def discover() -> list[Integration]:
    """List the descriptors. One that cannot be imported is listed under its folder's name and fails again when it is loaded."""
    for folder in map(Path, FURTHER):
        if not folder.is_dir() or (folder / "__init__.py").exists():
            log.warning("DESKHAND_INTEGRATIONS names %s, which is no folder of integrations: each is a folder in it.", folder)
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
    return find_in_integrations("migrations")


def find_archive_migrations() -> list[Path]:
    """List the integrations' folders with revisions of the archive."""
    return find_in_integrations("archive_migrations")


def find_in_integrations(name: str) -> list[Path]:
    """List the integrations' folders of this name. A removed one may have left Python's caches, and is none any more."""
    names = list_names()
    return sorted(path for folder in __path__ for path in Path(folder).glob(f"*/{name}") if path.parent.name in names)


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
