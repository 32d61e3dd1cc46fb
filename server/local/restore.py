"""Restoring a backup, and the differences that the person confirms."""

import asyncio
from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from server.core.errors import InvalidInput, NotFound
from server.core.invisible import make_visible
from server.local.restore_job import TOPIC, RestoreJob, RestoreState
from server.local.restored_clients import RestoredClients
from server.local.restored_settings import RestoredSettings
from server.runtime.state import State
from server.sdk.integration import Difference, RestoredContent
from server.storage.restored import SECTION, Restored

LONGEST_PATH = 1000


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
            raise InvalidInput("Enter the full path of the backup.")
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
    values = {name: make_visible(value, lines=name in {"now", "restored"}) for name, value in asdict(difference).items()}
    return DifferenceView.model_validate(values)
