"""Finds what Linux draws windows and menus with, GTK, also from a virtual environment, which does not see the system's Python.

GTK's bindings (`gi`) are no ordinary Python package: they come with the system, or they are compiled. The system's fit where they
were built for exactly this Python; then `gi` alone is taken from there.
"""

import importlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "gi"
GL = "GDK_GL"  # GDK's own variable
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
FOLDERS = (
    Path("/usr/lib/python3/dist-packages"),  # Debian and what descends from it
    Path(f"/usr/lib64/{VERSION}/site-packages"),  # Fedora, openSUSE
    Path(f"/usr/lib/{VERSION}/site-packages"),  # Arch, Alpine
    Path(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH') or ''}/{VERSION}/site-packages"),
)


def find_gi(folders: tuple[Path, ...] = FOLDERS) -> ModuleType | None:
    """Import GTK's bindings: those of this environment, else the system's. None where there are none that fit."""
    if sys.platform in {"win32", "darwin"}:
        return None
    try:
        bindings: ModuleType | None = importlib.import_module(NAME)
    except ImportError:
        bindings = next((take(folder) for folder in folders if fits(folder)), None)
    if bindings:
        introduce()
    return bindings


def introduce() -> None:
    """Set the application name for the desktop's windows and icons."""
    glib = importlib.import_module("gi.repository.GLib")
    glib.set_prgname("deskhand")
    if glib.get_application_name() != "Deskhand":  # GLib warns if it is set twice
        glib.set_application_name("Deskhand")


def fits(folder: Path) -> bool:
    """Return whether the bindings in a folder were built for exactly this Python."""
    return any((folder / NAME / f"_gi{suffix}").is_file() for suffix in EXTENSION_SUFFIXES if suffix != ".so")


def take(folder: Path) -> ModuleType | None:
    """Import the bindings from a folder, and nothing else of what lies there."""
    spec = PathFinder.find_spec(NAME, [str(folder)])
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    sys.modules[NAME] = module
    try:
        spec.loader.exec_module(module)
    except ImportError:
        del sys.modules[NAME]
        return None
    return module


def find_gtk() -> Any:
    """GTK 3 with a usable display, or None."""
    gi = find_gi()
    if gi is None:
        return None
    try:
        gi.require_version("Gdk", "3.0")
        gi.require_version("Gtk", "3.0")
        with without_gl():
            gtk = importlib.import_module("gi.repository.Gtk")
            return gtk if gtk.init_check()[0] else None
    except (ImportError, ValueError):
        return None


@contextmanager
def without_gl() -> Iterator[None]:
    """Let GDK begin without OpenGL, which a menu does not need: its drivers are up to 50 MB.

    The variable is put back, for the window and the programs that are started from here.
    """
    before = os.environ.get(GL)
    os.environ[GL] = "disable"
    try:
        yield
    finally:
        os.environ.pop(GL)
        if before is not None:
            os.environ[GL] = before
