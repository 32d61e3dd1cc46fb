"""Settings and files of a restored backup that wait for confirmation. A backup is untrusted input."""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from server.core.errors import InvalidInput
from server.storage.settings import ONLY, Tables, read_tables
from server.system.files import write_json

SECTION = "restored"  # of the settings; one in a backup is never read
LARGEST_FILE = 1 << 20  # bytes of a file other than the database
MOST_WAITING = 1_000  # settings, of which Deskhand has some dozens
UNREADABLE = "The settings in this backup are damaged. Nothing was changed."

Fields = dict[str, Any]


class Restored(BaseModel):
    """The latest restore, and what waits for the person's confirmation: nothing of it is in force.

    `at`: the time of the restore, as it stands in `revoked_at` of the clients that it revoked. `made_at` and `version`: the
    backup's. `replaced`: the folder with what was replaced. `settings`: values by section and field. `files`: texts by file
    name, for the integration whose file it is. `discarded`: the ids of clients that stay revoked.
    """

    at: str = ""
    made_at: str = ""
    version: str = ""
    replaced: str = ""
    settings: dict[str, Fields] = {}
    files: dict[str, str] = {}
    discarded: list[str] = []


def separate_settings(backup: Path, current: Path, harmless: Mapping[str, Collection[str]], restored: Restored) -> None:
    """Rewrite the settings of a backup: the current ones, with the harmless fields of the backup; the others wait in `restored`.

    `harmless`: the fields of each section that open and run nothing. Raises InvalidInput if the settings are damaged.
    """
    tables = read_sections(current, strict=False)
    for section, fields in read_sections(backup, strict=True).items():
        for name, value in fields.items():
            present = tables.get(section, {})
            if section == SECTION or (name in present and present[name] == value):
                continue
            place = tables if name in harmless.get(section, ()) else restored.settings
            place.setdefault(section, {})[name] = value
    count = sum(map(len, restored.settings.values()))
    if count > MOST_WAITING or len(json.dumps(restored.settings)) > LARGEST_FILE:
        raise InvalidInput("This backup has more settings than Deskhand stores. Nothing was changed.")
    try:
        tables[SECTION] = restored.model_dump(mode="json")
        written = {name: {str(ONLY): fields} for name, fields in tables.items()}
        write_json(backup, to_jsonable_python(written))  # which is less deep than what the next start could not read
    except ValueError as error:  # that, or a number or a character that JSON has no way to write
        raise InvalidInput(UNREADABLE) from error


def read_sections(path: Path, *, strict: bool) -> dict[str, Fields]:
    """Read the fields of each section; none if there is no file. Raises InvalidInput if it is damaged and `strict`."""
    try:
        tables: Tables = read_tables(path) or {}
    except ValueError as error:
        if strict:
            raise InvalidInput(UNREADABLE) from error
        return {}
    return {name: dict(documents.get(str(ONLY), {})) for name, documents in tables.items()}


def read_text_file(path: Path) -> str:
    """Read a file of a backup that waits for confirmation; empty if it is too large or no text."""
    if path.stat().st_size > LARGEST_FILE:
        return ""
    return path.read_bytes().decode("utf-8-sig", "replace")


def make_id(*parts: object) -> str:
    """Make the id of something that waits: of what it is and of its value, so that what is confirmed is what was shown."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]
