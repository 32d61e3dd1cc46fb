"""The allow-list in force: app_config.json in its last valid version."""

import errno
import hashlib
import json
import os
import re
import threading
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from server.core.errors import Conflict, InvalidInput, NotFound
from server.core.invisible import remove_hidden
from server.core.strict_json import parse_json
from server.integrations.apps.allow_list.entries import AppsFile, Entry
from server.system.files import Now, not_stored, open_plain_file, replace_file, stamp
from server.system.permissions import find_fault

FILE = "app_config.json"
LARGEST = 1024 * 1024
LONGEST_NAME = 56  # leaves room for a number
WORDS = {"extra_forbidden": "there is no such word here", "missing": "it is missing"}
TRUSTED = "Replace it by a plain file of your own that nobody else may write (chmod go-w)."
MOST_COPIES = 20  # of broken lists; then the oldest goes


class InvalidList(ValueError):
    """An invalid app_config.json; the message says why."""


@dataclass(frozen=True)
class AllowListPaths:
    """`own`: the person's list; `shipped`: what it is made from at first; `good`: a copy of the last one that made sense."""

    own: Path
    shipped: Path
    good: Path


Signature = tuple[int, int, int]


class AllowList:
    """Reads app_config.json when it changed, and keeps the last valid version while it is broken. Thread-safe; blocks."""

    def __init__(self, places: AllowListPaths, now: Now) -> None:
        self.places = places
        self.problem: str | None = None
        self.is_valid = True  # whether the list in force is what the file says
        self._now = now
        self._apps = AppsFile()
        self._seen: Signature | None = None
        self._lock = threading.RLock()  # what is changed is read under the same lock

    def open(self) -> None:
        """Make the person's list if there is none, and read it. A broken one leaves the last good one in force."""
        if not self.places.own.exists():
            parse(self.places.shipped.read_bytes())
            replace_file(self.places.own, self.places.shipped.read_bytes())
        try:
            self._apps = parse(read_trusted(self.places.good))
        except (OSError, InvalidList):
            self._apps = AppsFile()
        self.current()

    @property
    def latest(self) -> AppsFile:
        """The list as last read; does not block."""
        return self._apps

    def current(self) -> AppsFile:
        """The list in force."""
        with self._lock:
            try:
                status = self.places.own.lstat()
                if fault := find_fault(self.places.own, status):
                    return self._refuse(f"is not used, because {fault}. {TRUSTED}")
            except OSError as error:
                return self._refuse(f"cannot be read ({error.strerror}).")
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            if signature != self._seen:
                self._seen = signature
                self._read()
            return self._apps

    def _refuse(self, why: str) -> AppsFile:
        """Leave the last list in force."""
        self._seen, self.is_valid = None, False
        self.problem = f"{FILE} {why} The last working list stays active."
        return self._apps

    def save(self, apps: AppsFile) -> None:
        """Put another list in the place of the person's. Unavailable where the disk does not take it."""
        whole = {"version": 2, "apps": dump(apps.apps)}
        content = json.dumps(whole, indent=2, ensure_ascii=False).encode() + b"\n"
        parse(content)
        with self._lock:
            self._replace(content)

    def put(self, name: str, entry: Entry, mark: str | None = None) -> None:
        """Add an app to the list, or change it. Conflict: it is not as it was when it had this mark."""
        name = name.strip().lower()
        with self._lock:
            apps = self._require_valid().apps
            self._compare(apps.get(name), mark)
            self._write({**dump(apps), name: dump_minimal(entry)})

    def add(self, title: str, entry: Entry) -> str:
        """Add an app under a name like the one that is wished for; answer which."""
        with self._lock:
            apps = self._require_valid().apps
            taken = {*apps, *(alias for other in apps.values() for alias in other.aliases)}
            name = free_name(title, taken)
            self._write({**dump(apps), name: dump_minimal(entry)})
        return name

    def remove(self, name: str, mark: str | None = None) -> None:
        """Take an app off the list. NotFound: it is not on it. Conflict: it is not as it was when it had this mark."""
        with self._lock:
            apps = dict(self._require_valid().apps)
            entry = apps.pop(name.strip().lower(), None)
            if entry is None:
                raise NotFound("There is no such app on the list.")
            self._compare(entry, mark)
            self._write(dump(apps))

    def restore(self) -> None:
        """Put the last list that made sense back in its place. NotFound: there is none."""
        with self._lock:
            try:
                content = read_trusted(self.places.good)
                parse(content)
            except (OSError, InvalidList) as error:
                raise NotFound(
                    "There is no working list to restore. Correct the file, or remove it and restart Deskhand."
                ) from error
            self._replace(content)

    def _replace(self, content: bytes) -> None:
        """Put this in the place of the person's file, and read it. Unavailable where the disk does not take it."""
        try:
            replace_file(self.places.own, content)
        except OSError as error:
            raise not_stored(error, FILE) from error
        self._seen = None
        self.current()

    def _require_valid(self) -> AppsFile:
        """The list in force, if it is what the file says: a change must not undo what the person is writing there."""
        apps = self.current()
        if not self.is_valid:
            raise Conflict(f"{FILE} contains an error. Correct it or restore the last working list, then try again.")
        return apps

    def _compare(self, entry: Entry | None, mark: str | None) -> None:
        if mark is not None and (entry is None or etag_of(entry) != mark):
            raise Conflict("This app was changed elsewhere meanwhile. Look at it again, and then change it.")

    def _write(self, apps: dict[str, object]) -> None:
        try:
            changed = AppsFile.model_validate({"version": 2, "apps": apps})
        except ValidationError as error:
            raise InvalidInput(f"This app does not fit into the list. {explain(error)}") from error
        self.save(changed)

    def _read(self) -> None:
        self.is_valid = False
        try:
            content = read_trusted(self.places.own)
            self._apps = parse(content)
            self.is_valid, self.problem = True, None
            self._copy_good(content)
        except OSError as error:
            self._refuse(f"cannot be read ({error.strerror}).")
        except InvalidList as error:
            note = self._copy_broken(content)
            self.problem = f"{FILE} contains an error: {error} The last working list stays active{note}."

    def _copy_good(self, content: bytes) -> None:
        try:
            if not self.places.good.exists() or self.places.good.read_bytes() != content:
                replace_file(self.places.good, content)
        except OSError as error:
            self.problem = f"The list of apps is in force, but no copy of it could be kept ({error.strerror})."

    def _copy_broken(self, content: bytes) -> str:
        """Keep a broken list beside its place, once, as the person may save over it; say where."""
        own = self.places.own
        copies = sorted(own.parent.glob(f"{own.stem}.broken-*{own.suffix}"))
        try:
            if not any(digest(copy.read_bytes()) == digest(content) for copy in copies):
                for old in copies[: max(0, len(copies) + 1 - MOST_COPIES)]:
                    old.unlink(missing_ok=True)
                copy = own.with_name(f"{own.stem}.broken-{stamp(self._now())}{own.suffix}")
                replace_file(copy, content)
                copies.append(copy)
        except OSError:
            return ""
        return "; the damaged one is kept next to it"


def read_trusted(path: Path) -> bytes:
    """Read a list that nobody but this person may change. Raises OSError."""
    with open_plain_file(path, follow=False) as file:
        if fault := find_fault(path, os.fstat(file.fileno())):
            raise OSError(errno.EPERM, fault, str(path))
        return file.read(LARGEST + 1)


def read_in_force(places: AllowListPaths) -> AppsFile:
    """Read the list in force without writing anything: the person's, else the last good one; the shipped one if there is none."""
    for path in (places.own, places.good) if places.own.exists() else (places.shipped,):
        with suppress(OSError, InvalidList):
            return parse(path.read_bytes() if path == places.shipped else read_trusted(path))
    return AppsFile()


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def parse(content: bytes) -> AppsFile:
    """Read a list in either form. BrokenList: it is none, and says where."""
    if len(content) > LARGEST:
        raise InvalidList("it is larger than 1 MiB.")
    try:
        value = parse_json(content.removeprefix(b"\xef\xbb\xbf"))  # Notepad may put that mark before it
    except (ValueError, RecursionError) as error:
        raise InvalidList(f"it is no JSON ({error}).") from error
    if not isinstance(value, dict):
        raise InvalidList("it is no JSON object.")
    try:
        return AppsFile.model_validate(value)
    except ValidationError as error:
        raise InvalidList(explain(error)) from error


def explain(error: ValidationError) -> str:
    """Name the first thing that does not fit, and how many more there are."""
    every = error.errors(include_url=False, include_input=False)
    first = every[0]
    place = ".".join(str(part) for part in first["loc"])
    words = WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    more = f" ({len(every) - 1} more)" if len(every) > 1 else ""
    return f"{place}: {words}{more}." if place else f"{words[0].upper()}{words[1:]}{more}."


def dump(apps: dict[str, Entry]) -> dict[str, object]:
    """Entries as the file holds them."""
    return {name: entry.model_dump(mode="json", exclude_unset=True, exclude_none=True) for name, entry in apps.items()}


def dump_minimal(entry: Entry) -> dict[str, object]:
    """An entry as a person would have written it: without what goes without saying."""
    return entry.model_dump(mode="json", exclude_unset=True, exclude_none=True, exclude_defaults=True)


def etag_of(entry: Entry) -> str:
    """Entity tag of an entry."""
    return digest(json.dumps(dump_minimal(entry), sort_keys=True).encode()).hex()[:16]


def free_name(title: str, taken: Collection[str]) -> str:
    """Make a unique name that clients can write."""
    plain = re.sub(r"[^\w.+-]+", "-", title.lower()).strip("-.")[:LONGEST_NAME] or "app"
    count = 2
    name = plain
    while name in taken:
        name = f"{plain}-{count}"
        count += 1
    return name


def find_entry(apps: AppsFile, requested: str) -> tuple[str, Entry]:
    """Find the app that a name or alias means. NotFound names those that are nearly called so."""
    wanted = requested.strip().lower()  # a client was told a name without what is hidden in it
    known = {name: entry for name, entry in apps.apps.items() if entry.enabled}
    for name, entry in known.items():
        if wanted in {name, *entry.aliases} or wanted in map(remove_hidden, (name, *entry.aliases)):
            return name, entry
    titled = [(name, entry) for name, entry in known.items() if entry.name and remove_hidden(entry.name).lower() == wanted]
    if len(titled) == 1:
        return titled[0]
    words = {word: name for name, entry in known.items() for word in (name, *entry.aliases, (entry.name or name).lower())}
    close = list(dict.fromkeys(words[word] for word in get_close_matches(wanted[:100], words, n=3)))
    hint = f"Did you mean {' or '.join(close)}?" if close else "list_apps tells what there is."
    raise NotFound(f"There is no app called {requested[:100]!r} on the list. {hint}")


def title_of(name: str, entry: Entry) -> str:
    """Display name of an app."""
    return entry.name or name


def default_paths(config: Path, data: Path, shipped: Path) -> AllowListPaths:
    """Default paths of the allow-list."""
    return AllowListPaths(config / FILE, shipped, data / f"{Path(FILE).stem}.last-good.json")
