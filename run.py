"""Run Deskhand, or its tests, from this checkout. Needs Python 3.11 with pip, nothing else.

    python3 run.py [ARGUMENT]...         the program; its arguments are deskhand's
    python3 run.py test [ARGUMENT]...    its tests; its arguments are pytest's

The first time it makes .venv with exactly the versions of the lock and builds the window (about half a minute).
After that it starts at once, offline too, and installs again only when something changed.
`pip install .` works as well, with the newest versions.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
LOCKS = {"run": HERE / "requirements.lock", "test": HERE / "tests" / "requirements.lock"}
NOT_SOURCES = {"node_modules", "dist", "generated", "__pycache__"}


def describe_state(lock: Path) -> str:
    """Tell what an installation depends on: this Python, this place, the lock, the build and the window's sources."""
    files = [lock, HERE / "pyproject.toml", HERE / "assets" / "icon.svg"]
    for folder, folders, names in os.walk(HERE / "ui"):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        files += [Path(folder, name) for name in sorted(names)]
    digests = [f"{hash_file(file)}  {file.relative_to(HERE).as_posix()}" for file in files]
    return "\n".join([sys.version, str(HERE), *digests, ""])


def hash_file(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def make_environment() -> None:
    """Make .venv, anew when it belongs to another Python.

    Without pip: Debian's Python cannot put one there, and the pip that we have works on it from outside.
    """
    config = VENV / "pyvenv.cfg"
    version = "version = {}.{}.{}".format(*sys.version_info)
    if not (PYTHON.exists() and config.exists() and version in config.read_text(encoding="utf-8").splitlines()):
        venv.create(VENV, clear=True, symlinks=not WINDOWS, with_pip=False)


def install(lock: Path) -> None:
    """Bring .venv to what the lock says, with Deskhand in it: two steps, for pip has no hash to check a folder by."""
    print(f"Installing into {VENV} …", file=sys.stderr, flush=True)
    make_environment()
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "--requirement", str(lock)], check=True)
    subprocess.run([*pip, "--no-deps", "--editable", str(HERE)], check=True)


def install_what_changed(what: str) -> None:
    """Install for the program ("run") or for its tests ("test"), which need the program too."""
    states = {name: describe_state(LOCKS[name]) for name in ("run", what)}
    stamps = {name: VENV / f"installed-{name}.txt" for name in states}
    if stamps[what].exists() and stamps[what].read_text(encoding="utf-8") == states[what]:
        return
    stamps[what].unlink(missing_ok=True)
    install(LOCKS[what])
    for name, stamp in stamps.items():
        stamp.write_text(states[name], encoding="utf-8")


def become(command: list[str]) -> int:
    """Run a command in this one's place."""
    if not WINDOWS:
        os.execv(command[0], command)
    try:  # there, exec would go back to the prompt while the program runs on
        return subprocess.call(command)
    except KeyboardInterrupt:
        return 130


def main(arguments: list[str]) -> int:
    """Install what is missing, then become the program or its tests."""
    if sys.version_info < (3, 11):  # noqa: UP036, whoever starts this by hand may well have an older one
        print("Deskhand needs Python 3.11 or newer; this is", sys.version.split()[0], file=sys.stderr)
        return 1
    what = "test" if arguments[:1] == ["test"] else "run"
    try:
        install_what_changed(what)
    except subprocess.CalledProcessError as error:
        print("The installation failed; pip's message is above. Is this computer online?", file=sys.stderr)
        return error.returncode
    except KeyboardInterrupt:
        print("Stopped. The next run goes on from here.", file=sys.stderr)
        return 130
    if what == "test":
        os.chdir(HERE)
        return become([str(PYTHON), "-m", "pytest", *arguments[1:]])
    # -P: a folder named `server` where this is started must not hide ours.
    return become([str(PYTHON), "-P", "-m", "desktop", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
