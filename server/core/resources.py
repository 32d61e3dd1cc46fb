"""Files that ship with the program: ui/dist, ui/extension, assets and app_config.json."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def shipped(name: str, package: Path = PACKAGE) -> Path:
    """Find a shipped file or folder by its name, such as `ui/dist`.

    A wheel and a frozen program carry them in server/shipped, where ui/build_hook.py and build_installer.spec put them;
    a checkout has them at its root.
    """
    carried = package / "shipped"
    return (carried if carried.is_dir() else package.parent) / name
