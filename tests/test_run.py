"""The two commands, in a checkout whose package is small enough to be installed in a second and without a network."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import need

# Builds an editable wheel by hand, so that pip has nothing to download.
BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(pathlib.Path(folder, "deskhand-0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("deskhand.pth", str(pathlib.Path.cwd()))
        for name, text in {
            "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "METADATA": "Metadata-Version: 2.1\\nName: deskhand\\nVersion: 0\\n",
            "RECORD": "",
        }.items():
            wheel.writestr(f"deskhand-0.dist-info/{name}", text)
    return "deskhand-0-py3-none-any.whl"
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "deskhand"
version = "0"
"""
FILES = {
    "backend.py": BACKEND,
    "pyproject.toml": PROJECT,
    "requirements.lock": "",
    "tests/requirements.lock": "",
    "assets/icon.svg": "<svg/>",
    "ui/main.ts": "1",
    "desktop/__main__.py": "import server, sys; print(server.NAME, *sys.argv[1:]); sys.exit(3)",
    "server/__init__.py": 'NAME = "ours"',
    "pytest/__main__.py": "import os, sys; print('pytest', *sys.argv[1:], os.getcwd())",
}


@pytest.fixture
def checkout(root, tmp_path):
    python = getattr(sys, "_base_executable", sys.executable)
    has_pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    need(has_pip, "a Python with pip", "apt-get install python3-pip")
    folder = tmp_path / "a checkout"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(root / "run.py", folder)
    environment = {**os.environ, "PIP_NO_INDEX": "1", "HOME": str(tmp_path)}

    def run(*arguments, cwd=folder):
        command = [python, str(folder / "run.py"), *arguments]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return folder, run


def test_the_first_command_installs_once_and_becomes_the_program(checkout):
    folder, run = checkout
    first, second = run("serve", "--json"), run()
    assert (first.stdout, first.returncode) == ("ours serve --json\n", 3), first.stderr
    assert "Installing" in first.stderr
    assert (second.stdout, second.stderr) == ("ours\n", "")
    (folder / "ui" / "main.ts").write_text("2")
    assert "Installing" in run().stderr


def test_the_second_command_runs_the_tests_and_serves_the_first_too(checkout, tmp_path):
    folder, run = checkout
    tests = run("test", "-q", cwd=tmp_path)
    assert tests.stdout == f"pytest -q {folder}\n", tests.stderr
    assert "Installing" not in run().stderr


def test_a_folder_of_the_same_name_where_it_is_started_hides_nothing(checkout, tmp_path):
    _, run = checkout
    stranger = tmp_path / "elsewhere" / "server" / "__init__.py"
    stranger.parent.mkdir(parents=True)
    stranger.write_text('NAME = "a stranger"')
    assert run(cwd=stranger.parents[1]).stdout == "ours\n"


def test_a_failed_installation_says_so_and_is_tried_again(checkout):
    folder, run = checkout
    lock = folder / "requirements.lock"
    lock.write_text("deskhand-is-not-there==1 --hash=sha256:" + "0" * 64)
    failed = run()
    assert failed.returncode != 0
    assert "The installation failed" in failed.stderr
    lock.write_text("")
    assert run().stdout == "ours\n"


def test_another_pythons_environment_is_made_anew(checkout):
    folder, run = checkout
    run()
    config = folder / ".venv" / "pyvenv.cfg"
    config.write_text(config.read_text().replace("version = 3", "version = 2"))
    (folder / ".venv" / "left-over").touch()
    (folder / "ui" / "main.ts").write_text("2")
    assert run().stdout == "ours\n"
    assert not (folder / ".venv" / "left-over").exists()
