"""Watched configuration file: its servers are added, changed and removed as it changes.

Another program that writes the file must not have a command started, or a secret sent elsewhere. So a server whose change would
run or reach something else stops, and waits until the person confirms it; it is untrusted then. What only takes away is done at
once.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from pydantic import BaseModel, Field

from server.core.errors import Conflict, DeskhandError, InvalidInput
from server.integrations.tools.models import UpstreamConfig, UpstreamSecrets
from server.integrations.tools.servers import Servers
from server.integrations.tools.store import Store
from server.integrations.tools.stored import Credentials, WatchedFile, fingerprint
from server.integrations.tools.watched_file import Contents, Signature, explain, read_contents, read_signature

POLL_SECONDS = 1.0
SEEN_SECONDS = 10.0  # that a server must be as it is before it can be confirmed, unless it is clear what the person saw
MOST_NOTES = 20

log = logging.getLogger(__name__)


class WaitingView(BaseModel):
    """A server of the file that waits to be confirmed. `changes`: what is new about it."""

    server: str
    changes: list[str]


class WatchedView(BaseModel):
    """The watched file."""

    path: str
    error: str = Field(description="Why it is not followed now; empty if it is.")
    notes: list[str] = Field(description="What of it is not used.")
    servers: list[str] = Field(description="Servers that it has.")
    waiting: list[WaitingView]


class Watcher:
    """Follows the file, in a task of its own. `error`: why its last contents are not in force."""

    def __init__(self, servers: Servers, store: Store, publish: Callable[[], None]) -> None:
        self._servers, self._store, self._publish = servers, store, publish
        self._lock, self._changed = asyncio.Lock(), asyncio.Event()
        self._signature: Signature = None
        self._inputs: Mapping[str, str] = {}
        self._changes: dict[str, list[str]] = {}
        self._changed_at: dict[str, float] = {}
        self._read: dict[str, tuple[UpstreamConfig, UpstreamSecrets]] = {}  # what the file had last
        self._notes: list[str] = []
        self.error = ""

    @property
    def _watched(self) -> WatchedFile | None:
        return self._store.settings.watched

    def view(self) -> WatchedView | None:
        """View it; None if no file is watched."""
        watched = self._watched
        if watched is None:
            return None
        upstreams = self._servers.upstreams
        waiting = [
            WaitingView(server=server_id, changes=self._changes.get(server_id, []))
            for server_id in watched.servers.values()
            if server_id in upstreams and not upstreams[server_id].is_confirmed
        ]
        servers = [server_id for server_id in watched.servers.values() if server_id in upstreams]
        return WatchedView(path=watched.path, error=self.error, notes=self._notes[:MOST_NOTES], servers=servers, waiting=waiting)

    async def watch(self, path: str, inputs: Mapping[str, str]) -> None:
        """Watch a file, whose servers are added as they are now; with an empty path none. Raises InvalidInput."""
        if not path:
            async with self._lock:
                await self._store.write_watched(None)
                self._forget()
            self._publish()
            return
        if not Path(path).is_absolute():
            raise InvalidInput("Give the whole path of the file.")
        async with self._lock:
            signature = await asyncio.to_thread(read_signature, Path(path))
            contents = await asyncio.to_thread(read_contents, Path(path), inputs)
            former = self._watched
            servers = dict(former.servers) if former and former.path == path else {}
            await self._store.write_watched(WatchedFile(path=path, servers=servers))
            self._forget()
            self._inputs, self._signature = inputs, signature
            await self._apply(contents, confirmed=True)
            self._changed.set()

    def require_seen(self, server_id: str, revision: str) -> None:
        """Raises Conflict if a server may have been changed by the file since the person saw it.

        `revision`: of the server that they saw; without it, the last change must be some seconds ago.
        """
        upstream = self._servers.find(server_id)
        recent = monotonic() - self._changed_at.get(server_id, float("-inf")) < SEEN_SECONDS
        if (revision and revision != upstream.revision) or (not revision and recent):
            raise Conflict("The file has just changed this server. Look at it again before you confirm it.")

    def _forget(self) -> None:
        self._signature, self._inputs, self.error = None, {}, ""
        self._changes, self._changed_at, self._read, self._notes = {}, {}, {}, []

    async def follow(self) -> None:
        """Look for changes until cancelled."""
        while True:
            if self._watched is None:
                self._changed.clear()
                await self._changed.wait()
            try:
                await self.look()
            except Exception:
                log.exception("The watched configuration could not be followed.")
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """Put the file in force if it has changed and nobody writes it at this moment."""
        watched = self._watched
        if watched is None:
            return
        path = Path(watched.path)
        signature = await asyncio.to_thread(read_signature, path)
        if signature == self._signature and not (signature is None and not self.error):
            return
        async with self._lock:
            if self._watched != watched:
                return
            try:
                contents = await asyncio.to_thread(read_contents, path, self._list_inputs(watched))
                if await asyncio.to_thread(read_signature, path) != signature:
                    return  # it is being written
                self.error = ""
                await self._apply(contents, confirmed=False)
            except DeskhandError as error:
                self.error = explain(error)
                self._publish()
            self._signature = signature

    def _list_inputs(self, watched: WatchedFile) -> dict[str, str]:
        """List the inputs that were given, also those before the last start."""
        known = dict(self._inputs)
        for server_id in watched.servers.values():
            if upstream := self._servers.upstreams.get(server_id):
                for name, value in upstream.credentials.secrets.variables.items():
                    if name.startswith("input:") or name not in os.environ:
                        known.setdefault(name.removeprefix("input:"), value.get_secret_value())
        return known

    async def _apply(self, contents: Contents, *, confirmed: bool) -> None:
        """Put the servers of the file in force. `confirmed`: the person has just named the file."""
        imported, servers = contents.imported, dict(self._watched.servers if self._watched else {})
        self._notes = list(imported.notes)
        try:
            for config in imported.upstreams:
                secrets = imported.secrets[config.id]
                if self._read.get(config.id) != (config, secrets):
                    await self._put(config, secrets, servers, confirmed=confirmed)
                    self._read[config.id] = config, secrets
            for name in [name for name in servers if name not in contents.ids]:
                await self._remove(name, servers)
        finally:
            if self._watched:
                await self._store.write_watched(self._watched.model_copy(update={"servers": servers}))
        await self._servers.settle(servers.values() if confirmed else ())

    async def _put(self, config: UpstreamConfig, secrets: UpstreamSecrets, servers: dict[str, str], *, confirmed: bool) -> None:
        if confirmed:
            servers[config.id] = await self._servers.replace(config, secrets, None)
        elif servers.get(config.id) in self._servers.upstreams:
            await self._change(servers[config.id], config, secrets)
        elif config.id in self._servers.upstreams:
            self._notes.append(f"“{config.title}” was added otherwise, so the file does not change it.")
        else:
            servers[config.id] = await self._servers.replace(config, secrets, Credentials(secrets=secrets))
            self._note_change(servers[config.id], ["new"])

    async def _remove(self, name: str, servers: dict[str, str]) -> None:
        server_id = servers.pop(name)
        self._read.pop(name, None)
        self._changes.pop(server_id, None)
        if server_id in self._servers.upstreams:
            await self._servers.remove(server_id)

    def _note_change(self, server_id: str, changes: list[str]) -> None:
        self._changes[server_id], self._changed_at[server_id] = changes, monotonic()

    async def _change(self, server_id: str, config: UpstreamConfig, secrets: UpstreamSecrets) -> None:
        """Change a server: at once where something is only taken away, else it waits to be confirmed."""
        upstream = self._servers.upstreams[server_id]
        former, credentials = upstream.config, upstream.credentials
        choices = former.model_dump(include={"offered", "error_prefixes", "token_variable"})
        config = config.model_copy(update={"id": server_id, **choices})
        if config == former and secrets == credentials.secrets:
            return
        changes = list_changes(former, config, credentials.secrets, secrets)
        if changes or not upstream.is_confirmed:
            self._note_change(server_id, changes or self._changes.get(server_id, []))
            credentials = Credentials()
        await self._servers.replace(config, secrets, credentials.model_copy(update={"secrets": secrets}))


def list_changes(
    former: UpstreamConfig, config: UpstreamConfig, former_secrets: UpstreamSecrets, secrets: UpstreamSecrets
) -> list[str]:
    """List what of a server needs the person's word. Values of the environment can have another program run."""
    changes = [name for name in ("title", "transport", "command", "arguments", "folder", "url") if differs(name, former, config)]
    if config.enabled and not former.enabled:
        changes.append("enabled")
    if config.offered is None and set(former.disabled_tools) - set(config.disabled_tools):
        changes.append("disabledTools")
    for kind in ("environment", "headers", "variables"):
        before, after = getattr(former_secrets, kind), getattr(secrets, kind)
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        changes += [f"{kind}: {name}" for name in names]
    if former_secrets.query != secrets.query:
        changes.append("url")
    if fingerprint(former) != fingerprint(config) and not changes:
        changes.append("configuration")
    return list(dict.fromkeys(changes))


def differs(name: str, former: UpstreamConfig, config: UpstreamConfig) -> bool:
    return bool(getattr(former, name) != getattr(config, name))
