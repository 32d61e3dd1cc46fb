"""Self-test of a frozen or installed program: all files and integrations are there."""

from server.core.resources import shipped
from server.integrations import discover, find_archive_migrations, find_migrations
from server.storage.schema_versions import CORE_FOLDER

FILES = ("ui/dist/index.html", "ui/extension/manifest.json", "assets/icon.svg", "assets/icon-256.png", "app_config.json")


def find_missing() -> list[str]:
    """Name what should be there and is not."""
    missing = [name for name in FILES if not shipped(name).is_file()]
    integrations = discover()
    if not integrations:
        missing.append("every integration")
    for integration in integrations:
        try:
            integration.load()
        except Exception as error:  # noqa: BLE001, whatever is wrong with one is what is asked
            missing.append(f"{integration.name} ({error})")
    folders = [CORE_FOLDER, *find_migrations(), *find_archive_migrations()]
    return missing + [f"migrations in {folder.parent.name}" for folder in folders if not list(folder.glob("*_*.py"))]
