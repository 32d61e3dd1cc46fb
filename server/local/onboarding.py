"""The first run: how far the person has come with setting Deskhand up, and the way into the demo."""

import asyncio
from enum import StrEnum

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import Conflict
from server.runtime.state import State

SECTION = "onboarding"
ANSWERED = ConfigDict(json_schema_serialization_defaults_required=True)  # what is answered is all there
VERSION = 1  # one more whenever there is so much new that everybody should be led through it


class Step(StrEnum):
    """How a step is."""

    open = "open"  #: it is still to be done
    done = "done"  #: it was done
    skipped = "skipped"  #: the person put it off


class Steps(BaseModel):
    """The five steps."""

    model_config = ANSWERED

    use: Step = Field(Step.open, description="Choose what ChatGPT may use; makes the first client.")
    tunnel: Step = Field(Step.open, description="Let ChatGPT reach this computer.")
    connect: Step = Field(Step.open, description="Connect a GPT.")
    gmail: Step = Field(Step.open, description="Sign in to Gmail.")
    apps: Step = Field(Step.open, description="Choose the programs that may be started.")


class Onboarding(BaseModel):
    """How far the person has come. `version` is that of what they were led through, 0 where that never began."""

    model_config = ANSWERED

    version: int = 0
    finished: bool = False
    steps: Steps = Steps()
    client: str | None = Field(None, description="The client that was made in the first step.")


class Progress(BaseModel):
    """How far the person has come now."""

    finished: bool = Field(description="Whether they are through, or want no more of it. False begins or goes on.")
    steps: Steps = Field(default_factory=Steps)
    client: str | None = Field(None, max_length=40, description="The client that was made in the first step.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()
    settings = state.context.settings

    @routes.get("/onboarding")
    async def read_onboarding() -> Onboarding:
        """Says how far the person has come with setting Deskhand up."""
        return await look(state)

    @routes.put("/onboarding")
    async def save_onboarding(now: Progress) -> Onboarding:
        """Keeps how far the person has come, so that they can go on another time."""
        kept = Onboarding(version=VERSION, **now.model_dump())
        await settings.write(SECTION, kept)
        state.context.events.publish("onboarding")
        return kept

    @routes.post("/demo", status_code=204)
    async def start_demo() -> None:
        """Starts the demo beside this program, with data of its own."""
        if state.context.demo:
            raise Conflict("This is the demo already.")
        await asyncio.to_thread(state.context.screen.start_demo)

    return routes


async def look(state: State) -> Onboarding:
    """Read how far the person has come. Nobody is led who plays, or who has made a client before they were ever led."""
    kept = state.context.settings.read(SECTION, Onboarding)
    if kept.version:
        return kept.model_copy(update={"finished": kept.finished and kept.version >= VERSION})
    begun = state.context.demo or bool(await state.clients.list())
    return kept.model_copy(update={"finished": begun})
