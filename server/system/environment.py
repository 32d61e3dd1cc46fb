"""The variables that a child process gets: those of the person's session, by name, and nothing of ours."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# What Deskhand or its toolkits set for themselves is on neither list; the window alone sets a dozen.
WORDS = """
    PATH HOME USER LOGNAME SHELL TMPDIR TZ LANG LANGUAGE DISPLAY XAUTHORITY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    DESKTOP_SESSION SESSION_MANAGER SSH_AUTH_SOCK XMODIFIERS GTK_IM_MODULE QT_IM_MODULE QT_QPA_PLATFORMTHEME XCURSOR_THEME
    XCURSOR_SIZE GTK_THEME PULSE_SERVER GNOME_DESKTOP_SESSION_ID KDE_FULL_SESSION KDE_SESSION_VERSION
    __CF_USER_TEXT_ENCODING SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT APPDATA LOCALAPPDATA PROGRAMDATA PROGRAMFILES
    PROGRAMFILES(X86) PROGRAMW6432 COMMONPROGRAMFILES COMMONPROGRAMFILES(X86) COMMONPROGRAMW6432 USERPROFILE USERNAME
    USERDOMAIN HOMEDRIVE HOMEPATH PUBLIC ALLUSERSPROFILE TEMP TMP OS COMPUTERNAME NUMBER_OF_PROCESSORS
    PROCESSOR_ARCHITECTURE ONEDRIVE SESSIONNAME
"""
NAMES = frozenset(WORDS.split())
PREFIXES = ("LC_", "XDG_")
LIBRARIES = "LD_LIBRARY_PATH"
SECRETS = frozenset(["API_KEY", "DESKHAND_API_KEY", "NGROK_API_KEY", "NGROK_AUTHTOKEN"])
SECRETS_OF_OTHERS = re.compile(r"OPENAI_\w*(KEY|SECRET)\w*")


def clean(environment: Mapping[str, str], system: str, *, frozen: bool | None = None) -> dict[str, str]:
    """Pick the person's variables out of ours. Windows writes their names in any case."""
    frozen = getattr(sys, "frozen", False) if frozen is None else frozen
    spelled = str.upper if system == "windows" else str
    variables = {
        name: value for name, value in environment.items() if spelled(name) in NAMES or spelled(name).startswith(PREFIXES)
    }
    # PyInstaller puts its own libraries first, which breaks other programs, and keeps the person's value beside it:
    # https://pyinstaller.org/en/stable/common-issues-and-pitfalls.html#launching-external-programs-from-the-frozen-application
    libraries = environment.get(f"{LIBRARIES}_ORIG") if frozen else environment.get(LIBRARIES)
    if libraries:
        variables[LIBRARIES] = libraries
    path = next((name for name in variables if name.upper() == "PATH"), None)
    if path:
        separator = ";" if system == "windows" else ":"
        variables[path] = separator.join(folder for folder in variables[path].split(separator) if folder and not is_ours(folder))
    return variables


def is_ours(folder: str) -> bool:
    """Return whether a folder in PATH belongs to Deskhand's virtual environment or frozen program."""
    homes = [getattr(sys, "_MEIPASS", None), sys.prefix if sys.prefix != sys.base_prefix else None]
    return any(home and Path(folder).is_relative_to(home) for home in homes)


def system_of(platform: str = sys.platform) -> str:
    """Name of this platform in app_config.json."""
    return {"win32": "windows", "darwin": "macos"}.get(platform, "linux")


def clean_environment() -> dict[str, str]:
    """Return the variables of this process that another program may have."""
    return clean(os.environ, system_of())


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Remove the variables that hold secrets."""
    return {name: value for name, value in environment.items() if not is_secret(name)}


def is_secret(name: str) -> bool:
    """Return whether a variable holds a secret of the server."""
    return name.upper() in SECRETS or bool(SECRETS_OF_OTHERS.fullmatch(name.upper()))


@contextmanager
def hidden_secrets() -> Iterator[None]:
    """Hide secrets from a program that can only be started with our own environment."""
    variables = {name: os.environ.pop(name) for name in list(os.environ) if is_secret(name)}
    try:
        yield
    finally:
        os.environ.update(variables)
