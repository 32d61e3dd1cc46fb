"""Run Deskhand, or its tests, from this checkout. Needs Python 3.11 with pip, nothing else.

    python3 run.py [ARGUMENT]...         the program; its arguments are deskhand's
    python3 run.py test [ARGUMENT]...    its tests; its arguments are pytest's

The first time it makes .venv (or the folder that DESKHAND_VENV names) with exactly the versions of the locks and builds the
window (about half a minute). After that it starts at once, offline too, and installs again only when something changed.
An installation that fails or is interrupted leaves the previous one in its place.
`pip install .` works as well, with the newest versions.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / os.environ.get("DESKHAND_VENV", ".venv")
PREVIOUS = VENV.with_name(VENV.name + ".previous")
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
UI = HERE / "ui"
PAGES = UI / "dist" / "built-from.txt"
BUILD_LOCK = UI / "requirements.lock"
LOCKS = {"run": HERE / "requirements.lock", "test": HERE / "tests" / "requirements.lock"}
NOT_SOURCES = {"node_modules", "dist", "generated", "__pycache__"}
# Written last, these say what an environment holds; one without the first is incomplete.
ENVIRONMENT_STAMP = VENV / "installed-packages.txt"
DESKHAND_STAMP = VENV / "installed-deskhand.txt"


def describe_packages(lock: Path) -> str:
    """Describe what an environment depends on: this Python, this place and the locks."""
    return "\n".join([EXTENSION_SUFFIXES[0], sys.base_prefix, str(HERE), *map(describe_file, (BUILD_LOCK, lock)), ""])


def describe_deskhand() -> str:
    """Describe what Deskhand in its environment depends on: its project file and what the window is made of."""
    files = [HERE / "pyproject.toml", HERE / "assets" / "icon.svg"]
    for folder, folders, names in os.walk(UI):
        shipped_as_is = {name for name in folders if Path(folder, name, "manifest.json").exists()}
        folders[:] = sorted(set(folders) - NOT_SOURCES - shipped_as_is)
        files += [Path(folder, name) for name in sorted(names)]
    files += [*sorted(HERE.glob("docs/*.md")), *sorted(HERE.glob("docs/integrations/*.md"))]
    return "\n".join([*map(describe_file, files), ""])


def describe_file(file: Path) -> str:
    return f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(HERE).as_posix()}"


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def has_packages(what: str) -> bool:
    return describe_packages(LOCKS[what]) in read(ENVIRONMENT_STAMP)


def has_deskhand() -> bool:
    return read(DESKHAND_STAMP) == describe_deskhand() + read(PAGES)


@contextmanager
def lock_installation() -> Iterator[None]:
    """Wait until no other installation runs. pip inherits the lock, so it outlives a run.py that is killed alone."""
    VENV.parent.mkdir(parents=True, exist_ok=True)
    with VENV.with_name(VENV.name + ".lock").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # gives up after 10 seconds
                    break
                except OSError:
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_pip(*arguments: str) -> None:
    """Run this Python's pip on .venv. Raises CalledProcessError if it fails.

    From outside, for Debian's Python cannot put a pip there. Everything is in the locks: no dependency is looked up.
    """
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "--disable-pip-version-check", "install", "--quiet"]
    command = [*pip, "--no-deps", *arguments]
    process = subprocess.Popen(command, close_fds=False)
    try:
        process.wait()
    finally:
        code = process.wait()  # also after Ctrl-C: nothing may write into .venv any more
    if code:
        raise subprocess.CalledProcessError(code, command)


def install_packages(what: str) -> None:
    """Install the locked versions of what builds Deskhand, then of what it needs; one of those comes as source."""
    run_pip("--require-hashes", "--requirement", str(BUILD_LOCK))
    run_pip("--require-hashes", "--no-build-isolation", "--use-pep517", "--requirement", str(LOCKS[what]))


def install_deskhand() -> None:
    """Build the window and install Deskhand from this checkout; apart, for pip has no hash to check a folder by."""
    DESKHAND_STAMP.unlink(missing_ok=True)
    sources = describe_deskhand()
    run_pip("--no-build-isolation", "--editable", str(HERE))
    DESKHAND_STAMP.write_text(sources + read(PAGES), encoding="utf-8")


def restore_previous() -> None:
    """Put the previous environment back, or remove it if the one that replaces it is complete."""
    if not ENVIRONMENT_STAMP.exists() and PREVIOUS.exists():
        if VENV.exists():
            shutil.rmtree(VENV)
        PREVIOUS.rename(VENV)
    shutil.rmtree(PREVIOUS, ignore_errors=True)


def make_environment(what: str) -> None:
    """Make a new environment in the place of the previous one, which is moved aside, for a moved one's scripts do not run."""
    stamp = "".join(describe_packages(LOCKS[name]) for name in {"run", what})
    if VENV.exists():
        VENV.rename(PREVIOUS)
    try:
        venv.create(VENV, symlinks=not WINDOWS, with_pip=False)
        install_packages(what)
        install_deskhand()
        ENVIRONMENT_STAMP.write_text(stamp, encoding="utf-8")
    except BaseException:
        ENVIRONMENT_STAMP.unlink(missing_ok=True)
        raise
    finally:
        restore_previous()


def install_what_changed(what: str) -> None:
    """Install for the program ("run") or for its tests ("test"), which need the program too."""
    if has_packages(what) and has_deskhand() and not PREVIOUS.exists():
        return
    print(f"Installing into {VENV} …", file=sys.stderr, flush=True)
    with lock_installation():
        restore_previous()
        if not has_packages(what):
            make_environment(what)
        elif not has_deskhand():
            install_deskhand()


def become(command: list[str]) -> int:
    """Run a command in this one's place."""
    if not WINDOWS:
        os.execv(command[0], command)
    try:  # there, exec would go back to the prompt while the program runs on
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def describe_command() -> str:
    """Describe how this was started, for the commands that Deskhand prints."""
    return " ".join(["py" if WINDOWS else "python3", shlex.quote(sys.argv[0])])


def main(arguments: list[str]) -> int:
    """Install what is missing, then become the program or its tests."""
    if sys.version_info < (3, 11):  # noqa: UP036, whoever starts this by hand may well have an older one
        print("Deskhand needs Python 3.11 or newer; this is", sys.version.split()[0], file=sys.stderr)
        return 1
    what = "test" if arguments[:1] == ["test"] else "run"
    try:
        install_what_changed(what)
    except subprocess.CalledProcessError as error:
        print("The installation failed, nothing was changed; pip's message is above. Is this computer online?", file=sys.stderr)
        return error.returncode
    except OSError as error:  # on Windows, a folder whose programs run cannot be moved
        print(f"The installation failed: {error}. If Deskhand is running, quit it and try again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped, nothing was changed.", file=sys.stderr)
        return 130
    if what == "test":
        os.chdir(HERE)
        return become([str(PYTHON), "-m", "pytest", *arguments[1:]])
    os.environ["DESKHAND_COMMAND"] = describe_command()
    # -P: a folder named `server` where this is started must not hide ours.
    return become([str(PYTHON), "-P", "-m", "desktop", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
