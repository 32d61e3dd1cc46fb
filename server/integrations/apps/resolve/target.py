"""Checks the one thing that a caller may hand to a program: a file or an address that the app's entry allows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

from server.core.errors import Forbidden, InvalidInput, NotFound
from server.integrations.apps.allow_list.entries import Opening

# A file manager, or the system asked to open one, runs these instead of showing them.
SUFFIXES = """
    .exe .com .bat .cmd .msi .msix .appx .scr .pif .cpl .lnk .url .hta .reg .vbs .vbe .wsf .wsh .jse .gadget .application
    .app .command .workflow .webloc .terminal .pkg .desktop .appimage .flatpakref .jar
"""
RUNS_BY_ITSELF = tuple(SUFFIXES.split())
ADDRESS = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?([/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?")
DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Target:
    """A target to open. `value` is the single argument of the program: an absolute path or a URL."""

    value: str
    file: Path | None = None


def check_target(requested: str, opening: Opening, expand: Callable[[str], str]) -> Target:
    """Find what is meant, if it is allowed. `expand` writes out the ~ of a path in the entry.

    Forbidden: it is not allowed. NotFound: it is not there. InvalidInput: it is neither a file nor an address.
    """
    if any(ord(character) < 32 or ord(character) == 127 for character in requested):
        raise InvalidInput("The target holds control characters. Give the name of a file or an https address.")
    if requested.startswith(("//", "\\\\")) or ".." in re.split(r"[/\\]", requested):
        raise InvalidInput("Name a file on this computer by its whole path, or by its name in a folder that the app may open.")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", requested):
        return Target(check_address(requested, opening.addresses))
    return check_file(requested, [expand(pattern) for pattern in opening.files], expand)


def check_address(requested: str, allowed: Sequence[str]) -> str:
    """Compare an address with the allowed ones. It is passed on as it was checked."""
    scheme, _, rest = requested.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    address = f"{scheme.lower()}://{host.lower()}{rest[len(host) :]}"
    if not ADDRESS.fullmatch(address):
        raise InvalidInput("Only plain https addresses can be opened, without a user name and with special characters encoded.")
    if DOTS.search(urlsplit(address).path):
        raise InvalidInput("The address goes up and down its folders. Give it without dots.")
    if not any(is_allowed(address, pattern) for pattern in allowed):
        raise Forbidden("This app may not open that address. The person at this computer can allow it in app_config.json.")
    return address


def is_allowed(address: str, pattern: str) -> bool:
    """Return whether an allowed URL covers this one: same host and port, and a path below."""
    here, there = urlsplit(address), urlsplit(pattern)
    if here.netloc.removesuffix(":443") != there.netloc.removesuffix(":443"):
        return False
    if not there.path:
        return True
    rest, wanted = address[len("https://") + len(here.netloc) :], pattern[len("https://") + len(there.netloc) :]
    return rest.startswith(wanted[:-1]) if wanted.endswith("*") else rest == wanted


def check_file(requested: str, allowed: Sequence[str], expand: Callable[[str], str]) -> Target:
    """Find a file by its whole path, or by its path below one of the allowed folders."""
    wanted = Path(expand(requested))
    patterns = [Pattern.read(pattern) for pattern in allowed]
    places = [wanted] if wanted.is_absolute() else [pattern.folder / wanted for pattern in patterns]
    matches = [path for place in places if (path := find_real(place)) and any(pattern.holds(path) for pattern in patterns)]
    for path in matches:
        if any(pattern.covers(path) for pattern in patterns):
            if path.name.lower().rstrip(". ").endswith(RUNS_BY_ITSELF):  # Windows leaves dots and blanks at the end out
                raise Forbidden("This file is a program, or starts one, so it cannot be opened.")
            return Target(str(path), path)
    # Whether something is there is told of the folders that are open, and of no others.
    if matches or (wanted.is_absolute() and not any(wanted.is_relative_to(pattern.folder) for pattern in patterns)):
        raise Forbidden("This app may not open that file. The person at this computer can allow it in app_config.json.")
    raise NotFound("There is no such file in the folders that this app may open.")


def find_real(path: Path) -> Path | None:
    """Find where a path really leads; None where there is no file or folder."""
    try:
        real = path.resolve(strict=True)
        return real if real.is_file() or real.is_dir() else None
    except (OSError, RuntimeError, ValueError):  # missing, a loop of links, too long
        return None


@dataclass(frozen=True)
class Pattern:
    """An allowed folder, and which of the files and folders in it: all, some by their names, or folders only."""

    folder: Path
    parts: tuple[str, ...]
    folders_only: bool

    @classmethod
    def read(cls, text: str) -> "Pattern":
        """Take a pattern apart at its first part with a wildcard."""
        parts = Path(text).parts
        wild = next((place for place, part in enumerate(parts) if any(sign in part for sign in "*?[")), len(parts))
        return cls(Path(*parts[:wild]), parts[wild:], text.endswith(("/", "\\")))

    def holds(self, path: Path) -> bool:
        """Return whether a resolved path is in the folder."""
        folder = find_real(self.folder)
        return folder is not None and path.is_relative_to(folder)

    def covers(self, path: Path) -> bool:
        """Return whether a resolved path is allowed."""
        folder = find_real(self.folder)
        if folder is None or not path.is_relative_to(folder) or (self.folders_only and not path.is_dir()):
            return False
        return not self.parts or fits(path.relative_to(folder).parts, self.parts)


def fits(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Compare part by part; ** stands for any number of folders."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(fits(parts[place:], pattern[1:]) for place in range(len(parts) + 1))
    return bool(parts) and fnmatch(parts[0], pattern[0]) and fits(parts[1:], pattern[1:])
