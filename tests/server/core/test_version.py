import importlib.metadata

from server.core.version import read_version


def test_version_is_the_installed_one() -> None:
    assert read_version() == importlib.metadata.version("deskhand")
