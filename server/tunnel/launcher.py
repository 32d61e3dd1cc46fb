"""The one file that starts the tunnel's agent, so that the agent ends when Deskhand does, however Deskhand ends.

pyngrok runs one file with arguments of its own. On Windows that is the agent itself; elsewhere it is a script that becomes the
agent: first it has the system end it together with Deskhand, and takes Deskhand's own variables away.
"""

import functools
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from server.system.files import make_private_folder, replace_file

OURS = ("API_KEY", "DESKHAND_API_KEY", "DESKHAND_DATA_DIR", "NGROK_API_KEY", "OPENAI_CLIENT_ID", "OPENAI_CLIENT_SECRET")
LOOK_SECONDS = 2  # how often the script's watcher looks whether Deskhand lives; only where the system does not do that
SCRIPT = """#!/bin/sh
# Starts the tunnel's agent, which ends when Deskhand does. Deskhand writes this file again whenever the tunnel opens.
unset {names}
{libraries}cd /
{start}
"""
TIED = 'exec {setpriv} --pdeathsig KILL -- {command} "$@"'
WATCHED = """deskhand=$PPID
(while kill -0 $$; do kill -0 $deskhand || kill -9 $$; sleep {seconds}; done) </dev/null >/dev/null 2>&1 &
exec {command} "$@\""""
# PyInstaller puts its own libraries first, and keeps the person's value beside it.
LIBRARIES = 'LD_LIBRARY_PATH=$LD_LIBRARY_PATH_ORIG\n[ -n "$LD_LIBRARY_PATH" ] || unset LD_LIBRARY_PATH\n'


def write_launcher(folder: Path, command: tuple[str, ...], *, keep_token: bool, system: str = sys.platform) -> Path:
    """Write the file that starts an agent, for this person alone. `keep_token`: one from the environment is to be used."""
    if system == "win32" and len(command) == 1:
        return Path(command[0])
    make_private_folder(folder)
    path = folder / ("agent.cmd" if system == "win32" else "agent")
    text = write_batch(command) if system == "win32" else write_script(command, find_setpriv(), keep_token=keep_token)
    content = text.encode()
    if not path.exists() or path.read_bytes() != content:
        replace_file(path, content)
    path.chmod(0o700)
    return path


def write_script(command: tuple[str, ...], setpriv: str | None, *, keep_token: bool, frozen: bool | None = None) -> str:
    """The script for Linux and macOS. `setpriv`: the program by which Linux ends a child with its parent."""
    frozen = getattr(sys, "frozen", False) if frozen is None else frozen
    quoted = shlex.join(command)
    if setpriv:
        start = TIED.format(setpriv=shlex.quote(setpriv), command=quoted)
    else:
        start = WATCHED.format(seconds=LOOK_SECONDS, command=quoted)
    names = OURS if keep_token else (*OURS, "NGROK_AUTHTOKEN")
    return SCRIPT.format(names=" ".join(names), libraries=LIBRARIES if frozen else "", start=start)


def write_batch(command: tuple[str, ...]) -> str:
    """The script for Windows, where the agent is more than one file."""
    words = " ".join('"' + word.replace("%", "%%") + '"' for word in command)
    return f"@{words} %*\r\n"


@functools.cache
def find_setpriv() -> str | None:
    """Find a setpriv that can tie a child to its parent; other systems, and small Linux ones, have none."""
    found = shutil.which("setpriv", path=os.defpath)
    if not found:
        return None
    done = subprocess.run([found, "--pdeathsig", "KILL", "--", "true"], capture_output=True, check=False)  # noqa: S603, the system's own
    return found if done.returncode == 0 else None
