"""The built wheel has all that the program reads beside its modules, and works outside of the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.timeout(300)
SHIPPED = ("ui/dist", "ui/extension", "assets")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def list_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", SHIPPED)
def test_wheel_has_what_ships(site, name):
    assert list_files(site / "server" / "shipped" / name) == list_files(ROOT / name)


def test_wheel_writes_the_extension_outside_of_the_checkout(site, tmp_path):
    program = f"import server, desktop.__main__ as program; assert {str(site)!r} in server.__file__; program.main()"
    command = [sys.executable, "-c", program, "extension", "--output", ".", "--data-dir", "data"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(site)}, check=True, capture_output=True)
    with zipfile.ZipFile(tmp_path / "deskhand-extension.zip") as archive:
        names = {name.removeprefix("deskhand-extension/") for name in archive.namelist()}
    assert names == list_files(ROOT / "ui" / "extension")
    assert list_files(tmp_path / "deskhand-extension") == names
