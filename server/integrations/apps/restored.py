"""Programs of a restored backup: each waits until the person accepts it."""

import asyncio
import json

from server.core.errors import InvalidInput, NotFound
from server.core.resources import shipped
from server.integrations.apps.allow_list.entries import Entry
from server.integrations.apps.allow_list.file import (
    FILE,
    AllowList,
    InvalidList,
    default_paths,
    dump,
    dump_minimal,
    parse,
    read_in_force,
    title_of,
)
from server.integrations.apps.discovery.add_app import check_installed
from server.integrations.apps.resolve.launch_spec import Machine
from server.sdk.context import Context
from server.sdk.integration import Difference
from server.storage.restored import SECTION, Restored, make_id
from server.system.environment import clean_environment, system_of


class RestoredApps:
    """The programs in the app_config.json of the latest restore that differ from the list in force."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._machine = Machine(system_of(), clean_environment())
        self._places = default_paths(context.folders.config, context.folders.data, shipped(FILE))

    async def list_differences(self) -> list[Difference]:
        """List the programs that the list in force does not have, or has otherwise."""
        return await asyncio.to_thread(self._list)

    async def accept(self, difference_id: str) -> None:
        """Put a program on the list. Raises NotFound, and InvalidInput if it is none that could be typed."""
        await asyncio.to_thread(self._accept, difference_id)
        await self.discard(difference_id)
        self._context.events.publish("apps")

    async def discard(self, difference_id: str) -> None:
        """Forget a program. Raises NotFound."""

        def remove(restored: Restored) -> Restored:
            try:
                name, _ = find(restored, difference_id)
                rest = {known: entry for known, entry in read_apps(restored).items() if known != name}
            except InvalidList:
                rest = {}
            restored.files.pop(FILE, None)
            if rest:
                restored.files[FILE] = json.dumps({"version": 2, "apps": dump(rest)})
            return restored

        await self._context.settings.change(SECTION, Restored, remove)

    def _list(self) -> list[Difference]:
        restored = self._context.settings.read(SECTION, Restored)
        if FILE not in restored.files:
            return []
        try:
            present, apps = read_in_force(self._places).apps, read_apps(restored)
        except InvalidList as error:
            return [describe_broken(restored, error)]
        return [describe(name, entry, present.get(name)) for name, entry in apps.items() if not is_same(entry, present.get(name))]

    def _accept(self, difference_id: str) -> None:
        restored = self._context.settings.read(SECTION, Restored)
        try:
            name, entry = find(restored, difference_id)
        except InvalidList as error:
            raise InvalidInput(f"The list of programs in this backup cannot be read: {error}") from error
        check_installed(entry, self._machine)
        allow_list = AllowList(self._places, self._context.clock.now)
        allow_list.open()
        allow_list.put(name, entry)


def find(restored: Restored, difference_id: str) -> tuple[str, Entry]:
    """Find a program that waits. Raises NotFound."""
    for name, entry in read_apps(restored).items():
        if describe(name, entry, None).id == difference_id:
            return name, entry
    raise NotFound("There is no such program in the restored backup.")


def read_apps(restored: Restored) -> dict[str, Entry]:
    """Read the programs that wait. Raises InvalidList if the backup's list makes no sense."""
    return parse(restored.files.get(FILE, "{}").encode()).apps


def describe_broken(restored: Restored, error: InvalidList) -> Difference:
    """Describe a list that makes no sense, which can only be discarded."""
    return Difference(make_id("apps", restored.files[FILE]), "List of programs", "as it is", f"It cannot be read: {error}")


def is_same(entry: Entry, present: Entry | None) -> bool:
    """Return whether an entry means what the list in force has."""
    return present is not None and dump_minimal(entry) == dump_minimal(present)


def describe(name: str, entry: Entry, present: Entry | None) -> Difference:
    """Describe a program with all that its entry says."""
    value = dump_minimal(entry)
    return Difference(
        make_id("app", name, value),
        f"Program: {title_of(name, entry)}" + (f" ({name})" if entry.name else ""),
        "not on the list" if present is None else write(present),
        write(entry),
    )


def write(entry: Entry) -> str:
    """Write an entry as in app_config.json."""
    return json.dumps(dump_minimal(entry), ensure_ascii=False, indent=2)
