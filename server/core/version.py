"""The installed version of Deskhand."""

import importlib.metadata


def read_version() -> str:
    """Deskhand's version, as it was installed."""
    try:
        return importlib.metadata.version("deskhand")
    except importlib.metadata.PackageNotFoundError:
        return "0.0.0"
