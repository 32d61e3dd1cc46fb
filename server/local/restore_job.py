"""Restoring a backup while Deskhand runs."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path

from server.core.command import format_command
from server.core.errors import Conflict, DeskhandError, Unavailable
from server.core.tasks import run_to_end
from server.integrations import find_archive_migrations, find_migrations, list_revocations
from server.local.restored_sections import HARMLESS
from server.runtime.state import State
from server.storage.backup import RestoreOptions, ignore, restore
from server.storage.revocation import Revocation

TOPIC = "restore"
STEP = 0.01  # of the share, between two events


class RestoreState(StrEnum):
    """State of a restore."""

    idle = "idle"  #: nothing is being restored
    running = "running"  #: the backup is being checked and unpacked
    restarting = "restarting"  #: Deskhand restarts with the restored data
    failed = "failed"  #: nothing was changed; `problem` says why


class RestoreJob:
    """A restore in a running server. It prepares everything; the files are replaced by the restart."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.state, self.share, self.problem = RestoreState.idle, 0.0, ""

    def begin(self, path: Path) -> None:
        """Begin to restore. Raises Conflict if one runs already."""
        if not self._state.address.public_port:
            raise Conflict(f"Deskhand is not running. Restore with `{format_command('restore')} FILE`.")
        if self.state in {RestoreState.running, RestoreState.restarting}:
            raise Conflict("A backup is being restored already.")
        self.state, self.share, self.problem = RestoreState.running, 0.0, ""
        self._state.context.tasks.start(self._run(path), name="restore a backup")

    async def _run(self, path: Path) -> None:
        loop, folders, stopped = asyncio.get_running_loop(), self._state.home.folders, threading.Event()

        def report(share: float) -> None:
            if stopped.is_set():
                raise Unavailable("Deskhand was stopped.")
            if share - self.share >= STEP:
                loop.call_soon_threadsafe(self._set, RestoreState.running, share)

        try:
            options = make_options(running=True, on_progress=report)
            await run_to_end(partial(restore, path, folders.data, options, config=folders.config), stopped.set)
        except DeskhandError as error:
            self.problem = error.detail
            self._set(RestoreState.failed, 0)
        except BaseException:
            self.problem = "The backup could not be restored. Nothing was changed."
            self._set(RestoreState.failed, 0)
            raise
        else:
            self._set(RestoreState.restarting, 1)
            self._state.restarting.set()

    def _set(self, state: RestoreState, share: float) -> None:
        self.state, self.share = state, share
        self._state.context.events.publish(TOPIC)


def find_revocations(*, with_access: bool) -> Sequence[Revocation]:
    """List what a restore has to revoke. With the access in a backup an integration may be broken, whose access remains."""
    try:
        return list_revocations()
    except Unavailable:
        if not with_access:
            raise
        return ()


def make_options(
    *, with_access: bool = False, running: bool = False, on_progress: Callable[[float], None] = ignore
) -> RestoreOptions:
    """Make the options of a restore that keeps everything out that could open or run something."""
    return RestoreOptions(
        with_access=with_access,
        folders=find_migrations(),
        archive_folders=find_archive_migrations(),
        revocations=find_revocations(with_access=with_access),
        harmless=HARMLESS,
        running=running,
        on_progress=on_progress,
    )
