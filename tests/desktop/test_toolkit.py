import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from desktop import toolkit
from tests.conftest import need
from tests.desktop.display import PACKAGES

OTHER = "_gi.cpython-36m-x86_64-linux-gnu.so"


def test_gi_fits_only_the_python_it_was_built_for(tmp_path: Path):
    (tmp_path / "gi").mkdir()
    (tmp_path / "gi" / OTHER).touch()
    assert not toolkit.fits(tmp_path)
    (tmp_path / "gi" / f"_gi{EXTENSION_SUFFIXES[0]}").touch()
    assert toolkit.fits(tmp_path)


def test_missing_gi_is_none(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gi", None)
    assert toolkit.find_gi((tmp_path,)) is None


def test_only_gi_is_imported_from_the_system(root):
    """In a process of its own, for what is imported stays."""
    need(any(toolkit.fits(folder) for folder in toolkit.FOLDERS), "GTK for exactly this Python", PACKAGES)
    code = (
        "import sys\nbefore = list(sys.path)\nfrom desktop.toolkit import find_gi\nassert find_gi() is find_gi()\n"
        "from gi.repository import GLib\nprint(GLib.get_application_name())\nassert sys.path == before"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("Deskhand", "", 0)


def test_child_processes_do_not_inherit_the_opengl_variable(monkeypatch):
    for own in (None, "always"):
        monkeypatch.setenv("GDK_GL", own) if own else monkeypatch.delenv("GDK_GL", raising=False)
        with toolkit.without_gl():
            assert os.environ["GDK_GL"] == "disable"
        assert os.environ.get("GDK_GL") == own
