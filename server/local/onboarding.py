"""Onboarding: its progress, and the start of the demo."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import Conflict
from server.runtime.state import State
from server.sdk.integration import OnboardingStep

SECTION = "onboarding"
ANSWERED = ConfigDict(json_schema_serialization_defaults_required=True)  # the response is complete
CORE_STEPS = ("use", "tunnel", "connect")  # choose what ChatGPT may use, let it reach this computer, connect a GPT
MOST_STEPS = 100
VERSION = 1  # increased when onboarding has to be shown again to everybody


class Step(StrEnum):
    """State of a step."""

    open = "open"  #: it is still to be done
    done = "done"  #: it was done
    skipped = "skipped"  #: postponed by the person


class StepView(BaseModel):
    """A step of an integration, as the welcome shows it."""

    name: str = Field(description="The integration's name.")
    label: str = Field(description="One word for the progress bar.")
    title: str = Field(description="What the person does in it.")
    text: str = Field(description="More about it.")


Steps = Annotated[dict[str, Step], Field(max_length=MOST_STEPS, description="Each step by its name.")]


class Onboarding(BaseModel):
    """Progress of the onboarding. `version`: that of the shown onboarding, 0 if it never began."""

    model_config = ANSWERED

    version: int = 0
    finished: bool = False
    steps: Steps = {}
    client: str | None = Field(None, description="The client that was made in the first step.")


class Progress(BaseModel):
    """Progress to save."""

    finished: bool = Field(description="Whether they are through, or want no more of it. False begins or goes on.")
    steps: Steps = {}
    client: str | None = Field(None, max_length=40, description="The client that was made in the first step.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(dependencies=[Depends(state.runtime.wait)])  # which knows their steps
    settings = state.context.settings

    @routes.get("/onboarding")
    async def read_onboarding() -> Onboarding:
        """Returns the progress of the onboarding."""
        return await look(state)

    @routes.put("/onboarding")
    async def save_onboarding(now: Progress) -> Onboarding:
        """Stores the progress of the onboarding."""
        steps = settings.read(SECTION, Onboarding).steps | fill(state, now.steps)
        progress = Onboarding(version=VERSION, finished=now.finished, steps=steps, client=now.client)
        await settings.write(SECTION, progress)
        state.context.events.publish("onboarding")
        return await look(state)

    @routes.get("/onboarding/steps")
    async def list_integration_steps() -> list[StepView]:
        """Lists the steps of the integrations, after those that every first run has."""
        return [StepView(name=name, label=step.label, title=step.title, text=step.text) for name, step in list_steps(state)]

    @routes.post("/demo", status_code=204)
    async def start_demo() -> None:
        """Starts the demo beside this program, with data of its own."""
        if state.context.demo:
            raise Conflict("This is the demo already.")
        await asyncio.to_thread(state.context.screen.start_demo)

    return routes


async def look(state: State) -> Onboarding:
    """Read the progress. Onboarding is skipped in the demo, and if there was a client before it."""
    progress = state.context.settings.read(SECTION, Onboarding)
    if progress.version:
        finished = progress.finished and progress.version >= VERSION
    else:
        finished = state.context.demo or bool(await state.clients.list())
    return progress.model_copy(update={"finished": finished, "steps": fill(state, progress.steps)})


def fill(state: State, steps: Mapping[str, Step]) -> dict[str, Step]:
    """Complete the steps that there are now; those of an integration that was removed are left out."""
    return {name: steps.get(name, Step.open) for name in (*CORE_STEPS, *(name for name, _ in list_steps(state)))}


def list_steps(state: State) -> list[tuple[str, OnboardingStep]]:
    """List the integrations that have a step, with it."""
    integrations = [member.integration for member in state.runtime.members]
    return [(integration.name, integration.onboarding) for integration in integrations if integration.onboarding]
