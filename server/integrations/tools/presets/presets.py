"""The presets as the person uses them: added, installed one at a time, looked up for newer versions, and updated."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from server.core.errors import Conflict, DeskhandError, NotFound
from server.integrations.tools.models import Imported, UpstreamConfig
from server.integrations.tools.presets.catalogue import PRESETS, Preset, find_preset
from server.integrations.tools.presets.configuration import make_server, read_values
from server.integrations.tools.presets.environments import Environment, Environments, version_key
from server.integrations.tools.presets.installer import find_newest, install
from server.integrations.tools.stored import SECTION, ToolsSettings
from server.sdk.context import Context
from server.system.files import read_json_object, write_json

FOLDER = "presets"
NEWEST_FILE = "newest.json"
CHECK_INTERVAL = timedelta(days=1)
POLL_SECONDS = 3_600.0
DEMO = "In demo mode nothing is installed."

log = logging.getLogger(__name__)

Add = Callable[[Imported], Awaitable[list[str]]]
ListConfigs = Callable[[], list[UpstreamConfig]]


@dataclass(frozen=True)
class Progress:
    """`step`: what is being done, as a person reads it. `percent`: how much is done, if that is known."""

    step: str
    percent: int | None


class Presets:
    """`add` puts a server among the others; `list_configs` lists them; `publish` announces a change."""

    def __init__(
        self,
        context: Context,
        add: Add,
        list_configs: ListConfigs,
        publish: Callable[[], None],
        presets: tuple[Preset, ...] = PRESETS,
    ) -> None:
        self._context, self._add, self._list_configs, self._publish = context, add, list_configs, publish
        self.presets, self.environments = presets, Environments(context.folders.data / FOLDER)
        self.progress: dict[str, Progress] = {}
        self._tasks: dict[str, asyncio.Task[DeskhandError | None]] = {}
        self._installing, self._files = asyncio.Lock(), asyncio.Lock()
        self._adding = 0

    def find(self, name: str) -> Preset:
        """Find a preset. Raises NotFound."""
        return find_preset(name, self.presets)

    def list_added(self, preset: Preset) -> list[UpstreamConfig]:
        """List the servers that run in an environment of a preset."""
        folder = self.environments.folder / preset.id
        return [config for config in self._list_configs() if config.command and Path(config.command).is_relative_to(folder)]

    def find_installed(self, preset: Preset) -> Environment | None:
        """Find the newest environment of a preset. Blocks."""
        return next(reversed(self.environments.list_installed(preset)), None)

    def find_update(self, preset: Preset, version: str) -> str:
        """Return a version that is newer than the installed one, in the last answer or in this Deskhand. Blocks."""
        newest = max(preset.version, self._read_newest(preset), key=version_key)
        return newest if version_key(newest) > version_key(version) else ""

    async def add(self, preset: Preset, given: Mapping[str, str]) -> list[str]:
        """Install a preset if need be, and add a server of it; return its id.

        Raises InvalidInput for values that do not fit, Conflict in demo mode, and what `install` raises.
        """
        values = await asyncio.to_thread(read_values, preset, given)
        async with self._keep_environments():
            environment = await self._install(preset, await asyncio.to_thread(self.find_installed, preset))
            stored = await asyncio.to_thread(self.environments.make_stored_folder)
            server = make_server(environment, stored, values)
            return await self._add(make_server(environment, stored, values, self._choose_id(preset, server.upstreams[0])))

    async def update(self, preset: Preset) -> list[str]:
        """Install the newest version, and move the servers of the preset to it. They start untrusted."""
        current = await asyncio.to_thread(self.find_installed, preset)
        if current is None:
            raise NotFound(f"“{preset.title}” is not installed.")
        newest = await asyncio.to_thread(self.find_update, preset, current.version)
        if not newest:
            raise Conflict(f"“{preset.title}” is up to date.")
        async with self._keep_environments():
            environment = await self._install(preset, self.environments.get(preset, newest))
            return [server for config in self.list_added(preset) for server in await self._move(config, environment)]

    @asynccontextmanager
    async def _keep_environments(self) -> AsyncIterator[None]:
        """Remove no environment meanwhile: the server that is to use it is not there yet."""
        async with self._files:
            self._adding += 1
        try:
            yield
        finally:
            self._adding -= 1

    async def _move(self, config: UpstreamConfig, environment: Environment) -> list[str]:
        """Make a server use another environment of its preset."""
        former = next(
            (other for other in self.environments.list_installed(environment.preset) if config.command == other.command[0]), None
        )
        if former is None or former.folder == environment.folder:
            return []
        arguments = (*environment.command[1:], *config.arguments[len(former.command) - 1 :])
        moved = config.model_copy(update={"command": environment.command[0], "arguments": arguments})
        return await self._add(Imported(upstreams=(moved,), secrets={}))

    def _choose_id(self, preset: Preset, server: UpstreamConfig) -> str:
        """Choose the id of a server: that of the one with the same arguments, which is replaced, or a new one."""
        taken = {config.id for config in self._list_configs()}
        for config in self.list_added(preset):
            if config.arguments == server.arguments:
                return config.id
        number, result = 1, preset.id
        while result in taken:
            number += 1
            result = f"{preset.id}-{number}"
        return result

    def cancel(self, preset: Preset) -> None:
        """End the installation of a preset. Raises NotFound if it is not being installed."""
        task = self._tasks.get(preset.id)
        if task is None:
            raise NotFound(f"“{preset.title}” is not being installed.")
        task.cancel()

    async def _install(self, preset: Preset, environment: Environment | None) -> Environment:
        """Install an environment, the locked version unless one is given. Raises Conflict while the preset is being installed."""
        target = environment or self.environments.get(preset, preset.version)
        if await asyncio.to_thread(lambda: target.is_complete):
            return target
        if self._context.demo:
            raise Conflict(DEMO)
        if preset.id in self._tasks:
            raise Conflict(f"“{preset.title}” is being installed already.")
        task = self._tasks[preset.id] = self._context.tasks.start(self._run(target), name=f"install “{preset.title}”")
        try:
            await asyncio.wait([task])
            if task.cancelled():
                raise Conflict(f"The installation of “{preset.title}” was cancelled.")
            if error := task.result():
                raise error
            return target
        finally:
            self._tasks.pop(preset.id, None)
            self.progress.pop(preset.id, None)
            self._publish()

    async def _run(self, target: Environment) -> DeskhandError | None:
        """Install an environment; return the error if it fails, which is the caller's."""

        def report(step: str, percent: int | None) -> None:
            progress = Progress(step, percent)
            if self.progress.get(target.preset.id) != progress:
                self.progress[target.preset.id] = progress
                self._publish()

        report("Waiting for another installation", None)
        try:
            async with self._installing:
                await install(target, report)
        except DeskhandError as error:
            return error
        return None

    async def remove_unused(self) -> None:
        """Free the environments that no server uses; none while something is being installed."""
        async with self._files:
            if not self._adding:
                commands = [config.command for config in self._list_configs()]
                await asyncio.to_thread(self.environments.remove_unused, commands)

    async def check(self) -> None:
        """Look for newer versions of what is installed, each at most once a day; never in demo mode."""
        wanted = self._context.settings.read(SECTION, ToolsSettings).check_presets and not self._context.demo
        for preset in self.presets if wanted else ():
            environment = await asyncio.to_thread(self.find_installed, preset)
            if environment and self.list_added(preset) and self._is_due(preset):
                await self._check(environment)

    async def _check(self, environment: Environment) -> None:
        preset, newest = environment.preset, ""
        try:
            newest = await find_newest(environment)
        except DeskhandError as error:
            log.info("Whether there is a newer version of a preset could not be found out: %s", error.detail)
        document = {"at": self._context.clock.now().isoformat(), "version": newest or self._read_newest(preset)}
        await asyncio.to_thread(write_json, self._newest_file(preset), document)
        self._publish()

    def _is_due(self, preset: Preset) -> bool:
        try:
            at = datetime.fromisoformat(str((read_json_object(self._newest_file(preset)) or {}).get("at")))
            return not timedelta(0) <= self._context.clock.now() - at < CHECK_INTERVAL
        except (ValueError, TypeError):
            return True

    def _read_newest(self, preset: Preset) -> str:
        return str((read_json_object(self._newest_file(preset)) or {}).get("version", ""))

    def _newest_file(self, preset: Preset) -> Path:
        return self.environments.folder / preset.id / NEWEST_FILE
