"""File that starts the agent and makes it end when Deskhand ends, in whatever way.

pyngrok runs one file with its own arguments. On Windows that is the agent itself; elsewhere a script that ties the process to
Deskhand, removes the environment variables that another program may not have, and then becomes the agent.
"""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from server.system.environment import clean_environment
from server.system.files import make_private_folder, replace_file

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # others no shell can unset
# What ngrok reads of the environment, what LIBRARIES needs, and what a shell sets itself or cannot unset.
LEFT = """
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR NGROK_AUTHTOKEN LD_LIBRARY_PATH LD_LIBRARY_PATH_ORIG
    UID EUID PPID PWD OLDPWD SHLVL IFS OPTIND BASHOPTS SHELLOPTS BASH_VERSINFO _
"""
OURS = ("API_KEY", "DESKHAND_API_KEY", "DESKHAND_DATA_DIR", "NGROK_API_KEY", "OPENAI_CLIENT_ID", "OPENAI_CLIENT_SECRET")
WATCH_SECONDS = 2  # interval at which the script checks that Deskhand runs, if the system cannot tie processes
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
    """Write the file that starts an agent (0700). `keep_token`: the agent uses the authtoken of the environment."""
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
    """Build the script for Linux and macOS. `setpriv`: program by which Linux ends a child with its parent."""
    frozen = getattr(sys, "frozen", False) if frozen is None else frozen
    quoted = shlex.join(command)
    if setpriv:
        start = TIED.format(setpriv=shlex.quote(setpriv), command=quoted)
    else:
        start = WATCHED.format(seconds=WATCH_SECONDS, command=quoted)
    foreign = {name for name in os.environ.keys() - clean_environment().keys() if NAME.fullmatch(name)}
    names = sorted({*OURS, *(name for name in foreign if name.upper() not in LEFT.split())})
    names += [] if keep_token else ["NGROK_AUTHTOKEN"]
    return SCRIPT.format(names=" ".join(names), libraries=LIBRARIES if frozen else "", start=start)


def write_batch(command: tuple[str, ...]) -> str:
    """Build the script for Windows, for an agent with more than one word in its command."""
    words = " ".join('"' + word.replace("%", "%%") + '"' for word in command)
    return f"@{words} %*\r\n"


@functools.cache
def find_setpriv() -> str | None:
    """Find a setpriv that can tie a child to its parent; macOS and small Linux systems have none."""
    path = shutil.which("setpriv", path=os.defpath)
    if not path:
        return None
    done = subprocess.run([path, "--pdeathsig", "KILL", "--", "true"], env=clean_environment(), capture_output=True, check=False)  # noqa: S603, the system's own
    return path if done.returncode == 0 else None
