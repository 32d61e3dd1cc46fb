"""The two commands, in a checkout whose package is small enough to be installed in a second and without a network."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.conftest import need

pytestmark = pytest.mark.timeout(300)  # pip installs much here


@pytest.fixture(autouse=True, scope="module")
def interruptible() -> Iterator[None]:
    """Let child processes be interrupted: SIGINT is ignored where a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# Builds wheels by hand, so that pip has nothing to download. Waits for the end of the pipe `pause` if the checkout has one.
BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    if pathlib.Path("pause").exists():
        pathlib.Path("paused").touch()
        pathlib.Path("pause").read_text()
    pages = pathlib.Path("ui", "dist", "built-from.txt")
    pages.parent.mkdir(exist_ok=True)
    pages.write_text("these sources")
    return build_wheel(folder)
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "deskhand" if pathlib.Path("desktop").exists() else "as_source"
    with zipfile.ZipFile(pathlib.Path(folder, f"{name}-0-py3-none-any.whl"), "w") as wheel:
        wheel.writestr(f"{name}.pth", str(pathlib.Path.cwd()))
        for file, text in {
            "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: 0\\n",
            "RECORD": "",
        }.items():
            wheel.writestr(f"{name}-0.dist-info/{file}", text)
    return f"{name}-0-py3-none-any.whl"
"""
# What builds it is never looked up: it is in a lock.
PROJECT = """
[build-system]
requires = ["deskhand-is-not-there"]
build-backend = "backend"
backend-path = ["."]
[project]
name = "{name}"
version = "0"
"""
FILES = {
    "backend.py": BACKEND,
    "pyproject.toml": PROJECT.format(name="deskhand"),
    "requirements.lock": "",
    "tests/requirements.lock": "",
    "assets/icon.svg": "<svg/>",
    "ui/main.ts": "1",
    "ui/requirements.lock": "",
    "desktop/__main__.py": "import server, sys; print(server.NAME, *sys.argv[1:]); sys.exit(3)",
    "server/__init__.py": 'NAME = "ours"',
    "pytest/__main__.py": "import os, sys; print('pytest', *sys.argv[1:], os.getcwd())",
}
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes of this kind and no signals")
BROKEN = "deskhand-is-not-there==1 --hash=sha256:" + "0" * 64


class Checkout:
    """A checkout with a run.py, started by a Python that has pip and no network."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.python = folder, python
        self.venv, self.previous = folder / ".venv", folder / ".venv.previous"
        self.lock, self.pause = folder / "requirements.lock", folder / "pause"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DESKHAND_VENV"},
            "HOME": str(folder.parent),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder.parent / "links"),
        }

    def start(self, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, str(self.folder / "run.py"), *arguments],
            cwd=cwd or self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **options) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **options)
        stdout, stderr = process.communicate(timeout=240)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def start_and_pause(self) -> subprocess.Popen[str]:
        """Start an installation in the place of the present one, and wait until pip is in the middle of it."""
        self.lock.write_text("# changed")
        (self.folder / "paused").unlink(missing_ok=True)
        os.mkfifo(self.folder / "pause")
        process = self.start()
        deadline = time.monotonic() + 240
        while not (self.folder / "paused").exists():
            assert time.monotonic() < deadline, "pip did not get that far"
            time.sleep(0.01)
        assert self.previous.exists()
        self.lock.write_text("")
        return process

    def resume(self) -> None:
        with (self.folder / "pause").open("w") as pipe:
            (self.folder / "pause").unlink()
            pipe.write("go on")

    def assert_first_installation_works(self) -> None:
        assert not self.previous.exists()
        assert (self.venv / "first").exists()
        command = [self.venv / "bin" / "python", "-P", "-m", "desktop"]
        assert subprocess.run(command, cwd=self.folder.parent, capture_output=True, text=True, check=False).stdout == "ours\n"
        assert self.run().stderr == ""


def make_checkout(root: Path, folder: Path) -> Checkout:
    python = getattr(sys, "_base_executable", sys.executable)
    has_pip = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
    need(has_pip, "a Python with pip", "apt-get install python3-pip")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    shutil.copy(root / "run.py", folder)
    return Checkout(folder, python)


@pytest.fixture
def checkout(root, tmp_path) -> Checkout:
    """A fresh checkout."""
    return make_checkout(root, tmp_path / "a checkout")


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory) -> Checkout:
    """A checkout with an installation, which every test leaves as it is."""
    checkout = make_checkout(root, tmp_path_factory.mktemp("installed") / "a checkout")
    first = checkout.run("serve", "--json")
    assert (first.stdout, first.returncode) == ("ours serve --json\n", 3), first.stderr
    assert "Installing" in first.stderr
    (checkout.venv / "first").touch()
    return checkout


def test_first_command_installs_once_and_becomes_the_program(installed):
    second = installed.run()
    assert (second.stdout, second.stderr, second.returncode) == ("ours\n", "", 3)


def test_second_command_in_another_environment_runs_the_tests_and_serves_the_first_too(installed, tmp_path):
    tests = installed.run("test", "-q", cwd=tmp_path, DESKHAND_VENV=".venvs/other")
    assert tests.stdout == f"pytest -q {installed.folder}\n", tests.stderr
    assert installed.run(DESKHAND_VENV=".venvs/other").stderr == ""
    assert (installed.folder / ".venvs" / "other" / "pyvenv.cfg").exists()
    installed.assert_first_installation_works()


def test_changed_window_is_built_in_the_same_environment(installed):
    (installed.folder / "ui" / "main.ts").write_text("2")
    assert "Installing" in installed.run().stderr
    shutil.rmtree(installed.folder / "ui" / "dist")
    assert "Installing" in installed.run().stderr
    installed.assert_first_installation_works()


def test_folder_of_the_same_name_in_the_working_directory_hides_nothing(installed, tmp_path):
    stranger = tmp_path / "elsewhere" / "server" / "__init__.py"
    stranger.parent.mkdir(parents=True)
    stranger.write_text('NAME = "a stranger"')
    assert installed.run(cwd=stranger.parents[1]).stdout == "ours\n"


def test_lookup_is_limited_to_locked_packages(checkout, tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    with zipfile.ZipFile(links / "as_wheel-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("as_wheel-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(
            "as_wheel-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: as_wheel\nVersion: 1\nRequires-Dist: deskhand-is-not-there>=2\n",
        )
        wheel.writestr("as_wheel-1.dist-info/RECORD", "")
    with tarfile.open(links / "as_source-0.tar.gz", "w:gz") as archive:
        for name, text in {"backend.py": BACKEND, "pyproject.toml": PROJECT.format(name="as_source")}.items():
            member = tarfile.TarInfo(f"as_source-0/{name}")
            member.size = len(text)
            archive.addfile(member, BytesIO(text.encode()))
    hashes = {file.name[:9]: hashlib.sha256(file.read_bytes()).hexdigest() for file in links.iterdir()}
    checkout.lock.write_text(
        f"as-wheel==1 --hash=sha256:{hashes['as_wheel-']}\nas-source==0 --hash=sha256:{hashes['as_source']}\n"
    )
    assert checkout.run().stdout == "ours\n"
    assert {folder.name for folder in checkout.venv.rglob("as_*.dist-info")} == {"as_wheel-1.dist-info", "as_source-0.dist-info"}


def test_first_installation_that_fails_says_so_and_is_tried_again(checkout):
    checkout.lock.write_text(BROKEN)
    failed = checkout.run()
    assert failed.returncode != 0
    assert "The installation failed, nothing was changed" in failed.stderr
    checkout.lock.write_text("")
    assert checkout.run().stdout == "ours\n"


def test_installation_that_fails_leaves_the_previous_one(installed):
    installed.lock.write_text(BROKEN)
    assert installed.run().returncode not in {0, 3}
    installed.lock.write_text("")
    installed.assert_first_installation_works()


def test_another_python_gets_a_new_environment(installed):
    stamp = installed.venv / "installed-packages.txt"
    stamp.write_text(stamp.read_text().replace(sys.base_prefix, "/another"))
    assert installed.run().stdout == "ours\n"
    assert not (installed.venv / "first").exists()
    (installed.venv / "first").touch()
    installed.assert_first_installation_works()


@POSIX
def test_interrupted_installation_leaves_the_previous_one(installed):
    with installed.start_and_pause() as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(240) == 130
    (installed.folder / "pause").unlink()
    installed.assert_first_installation_works()


@POSIX
def test_killed_installation_is_undone_by_the_next_start(installed):
    with installed.start_and_pause() as process:
        os.killpg(process.pid, signal.SIGKILL)
    (installed.folder / "pause").unlink()
    assert installed.run().stdout == "ours\n"
    installed.assert_first_installation_works()


def test_environment_that_was_only_moved_aside_is_moved_back(installed):
    installed.venv.rename(installed.previous)
    assert installed.run().stdout == "ours\n"
    installed.assert_first_installation_works()


def test_previous_environment_of_a_complete_installation_is_removed(installed):
    shutil.copytree(installed.venv, installed.previous, symlinks=True)
    (installed.previous / "installed-packages.txt").unlink()
    assert installed.run().stdout == "ours\n"
    installed.assert_first_installation_works()


@POSIX
def test_start_waits_for_pip_whose_start_was_killed(installed):
    import fcntl

    with installed.start_and_pause() as process:
        process.kill()
    with (installed.folder / ".venv.lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    following = installed.start()
    installed.resume()
    assert following.communicate(timeout=240)[0] == "ours\n"
    installed.assert_first_installation_works()
