"""Restoring a backup while Deskhand runs, and the differences that the person confirms."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from server.core.errors import Conflict, DeskhandError, InvalidInput, NotFound
from server.core.text import make_visible
from server.integrations import find_migrations, list_revocations
from server.local.restored_clients import RestoredClients
from server.local.restored_settings import HARMLESS, RestoredSettings
from server.runtime.state import State
from server.sdk.integration import Difference, RestoredContent
from server.storage.backup import RestoreOptions, ignore, restore
from server.storage.restored import SECTION, Restored

TOPIC = "restore"
LONGEST_PATH = 1000
STEP = 0.01  # of the share, between two events


class RestoreState(StrEnum):
    """State of a restore."""

    idle = "idle"  #: nothing is being restored
    running = "running"  #: the backup is being checked and unpacked
    restarting = "restarting"  #: Deskhand restarts with the restored data
    failed = "failed"  #: nothing was changed; `problem` says why


class RestoreOrder(BaseModel):
    """A backup to restore."""

    path: str = Field(max_length=LONGEST_PATH, description="The whole path of the backup.")


class DifferenceView(BaseModel):
    """A difference between the restored backup and what is in force."""

    id: str
    title: str
    now: str = Field(description="What is in force.")
    restored: str = Field(description="What the backup has.")


class RestoreReport(BaseModel):
    """The latest restore."""

    at: str = Field(description="When, ISO 8601 in UTC.")
    made_at: str = Field(description="When the backup was made, ISO 8601 in UTC.")
    version: str = Field(description="The version of Deskhand that made it.")
    replaced: str = Field(description="The folder with what was replaced; empty if nothing was.")


class RestoreView(BaseModel):
    """The restore that runs, the latest one, and the differences to confirm."""

    state: RestoreState
    share: float = Field(ge=0, le=1, description="How much of the backup is unpacked.")
    problem: str | None = None
    latest: RestoreReport | None = None
    differences: list[DifferenceView] = Field(description="Each is not in force until it is accepted.")


class RestoreJob:
    """A restore in a running server. It prepares everything; the files are replaced by the restart."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.state, self.share, self.problem = RestoreState.idle, 0.0, ""

    def begin(self, path: Path) -> None:
        """Begin to restore. Raises Conflict if one runs already."""
        if not self._state.address.public_port:
            raise Conflict("Deskhand is not running. Restore with `deskhand restore FILE`.")
        if self.state in {RestoreState.running, RestoreState.restarting}:
            raise Conflict("A backup is being restored already.")
        self.state, self.share, self.problem = RestoreState.running, 0.0, ""
        self._state.context.tasks.start(self._run(path), name="restore a backup")

    async def _run(self, path: Path) -> None:
        loop, folders = asyncio.get_running_loop(), self._state.home.folders

        def report(share: float) -> None:
            if share - self.share >= STEP:
                loop.call_soon_threadsafe(self._set, RestoreState.running, share)

        try:
            options = make_options(running=True, on_progress=report)
            await asyncio.to_thread(partial(restore, path, folders.data, options, config=folders.config))
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


def make_options(
    *, with_access: bool = False, running: bool = False, on_progress: Callable[[float], None] = ignore
) -> RestoreOptions:
    """Make the options of a restore that keeps everything out that could open or run something."""
    return RestoreOptions(
        with_access=with_access,
        folders=find_migrations(),
        revocations=() if with_access else list_revocations(),
        harmless=HARMLESS,
        running=running,
        on_progress=on_progress,
    )


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/restore", dependencies=[Depends(state.runtime.wait)])
    job = RestoreJob(state)

    @routes.get("")
    async def read_restore() -> RestoreView:
        """Returns the progress of a restore, the latest one, and the differences to confirm."""
        return await view(state, job)

    @routes.post("", status_code=202)
    async def begin_restore(order: RestoreOrder) -> RestoreView:
        """Restores a backup. Deskhand restarts with its data; what could open or run something waits for confirmation."""
        if not Path(order.path).is_absolute() or "\0" in order.path:
            raise InvalidInput("Name the whole path of the backup.")
        job.begin(Path(order.path))
        return await view(state, job)

    @routes.post("/differences/{difference_id}/accept")
    async def accept_difference(difference_id: str) -> RestoreView:
        """Puts a value of the restored backup in force, after the checks of one that is typed."""
        await (await find(state, difference_id)).accept(difference_id)
        state.context.events.publish(TOPIC)
        return await view(state, job)

    @routes.post("/differences/{difference_id}/discard")
    async def discard_difference(difference_id: str) -> RestoreView:
        """Forgets a value of the restored backup."""
        await (await find(state, difference_id)).discard(difference_id)
        state.context.events.publish(TOPIC)
        return await view(state, job)

    return routes


def list_contents(state: State) -> list[RestoredContent]:
    """List the parts of the restored backup that wait for confirmation."""
    parts = [member.parts for member in state.runtime.members]
    theirs = [part.restored(state.context) for part in parts if part and part.restored]
    return [RestoredSettings(state), RestoredClients(state), *theirs]


async def list_differences(state: State) -> list[Difference]:
    """List all differences to confirm."""
    return [difference for content in list_contents(state) for difference in await content.list_differences()]


async def find(state: State, difference_id: str) -> RestoredContent:
    """Find the part that has a difference. Raises NotFound."""
    for content in list_contents(state):
        if any(difference.id == difference_id for difference in await content.list_differences()):
            return content
    raise NotFound("There is no such difference. It was accepted or discarded already, or it has changed.")


async def view(state: State, job: RestoreJob) -> RestoreView:
    """Show the restore that runs, and the latest one."""
    restored = state.context.settings.read(SECTION, Restored)
    there = bool(restored.replaced) and await asyncio.to_thread(Path(restored.replaced).is_dir)
    latest = RestoreReport.model_validate({**restored.model_dump(), "replaced": restored.replaced if there else ""})
    return RestoreView(
        state=job.state,
        share=job.share,
        problem=job.problem or None,
        latest=latest if restored.at else None,
        differences=[view_difference(difference) for difference in await list_differences(state)],
    )


def view_difference(difference: Difference) -> DifferenceView:
    """Show a difference, with characters that cannot be seen made visible."""
    return DifferenceView.model_validate({name: make_visible(value, lines=True) for name, value in asdict(difference).items()})
