"""The list as the person at this computer sees it, paths and all."""

from typing import Literal

from pydantic import BaseModel, Field

from server.integrations.apps.allow_list.entries import AppsFile
from server.integrations.apps.allow_list.file import etag_of
from server.integrations.apps.models import Action, App
from server.integrations.apps.plan import AppState
from server.integrations.apps.report import show
from server.integrations.apps.resolve.interpreters import warn_of_interpreter
from server.integrations.apps.service import Launcher


class AppView(App):
    """One app, and what would run."""

    enabled: bool = Field(description="Whether clients see it.")
    command: list[str] = Field(description="What would run; empty where it is not installed.")
    pids: list[int] = Field(description="The processes it runs as.")
    stoppable: bool = Field(description="Whether something runs that may be stopped: what the person started may be left alone.")
    warning: str | None = Field(description="Set if it runs whatever it is given, such as a shell.")
    mark: str = Field(description="Send it along with a change, so that what was changed elsewhere meanwhile is not undone.")


class OwnList(BaseModel):
    """The list of apps and its state."""

    file: str = Field(description="Where the list lies.")
    problem: str | None = Field(None, description="What is wrong with it, in a sentence.")
    sound: bool = Field(description="Whether the list in force is what the file says; only then it can be changed.")
    system: Literal["windows", "macos", "linux"] = Field(description="Which of an entry's platforms this computer is.")
    apps: list[AppView] = Field(description="The apps as they are here.")
    list: AppsFile = Field(description="The list in force, as it can be sent back changed.")


class ProgramWarning(BaseModel):
    """A warning before a program is added."""

    warning: str | None = Field(description="None: nothing in particular.")


class AppAdded(BaseModel):
    """An app that was added."""

    name: str = Field(description="Its name on the list.")
    list: OwnList = Field(description="The list with it.")


async def view_list(launcher: Launcher) -> OwnList:
    """Show the list."""
    apps = await launcher.apps()
    allow_list = launcher.allow_list
    return OwnList(
        file=str(allow_list.places.own),
        problem=allow_list.problem,
        sound=allow_list.is_valid,
        system=launcher.machine.system,
        apps=[view_app(seen) for seen in await launcher.inspect_apps(apps.apps)],
        list=apps,
    )


def view_app(seen: AppState) -> AppView:
    """Show one app."""
    return AppView(
        **show(seen).model_dump(),
        enabled=seen.entry.enabled,
        command=list(seen.launch_spec.command()) if seen.launch_spec else [],
        pids=[process.pid for process in seen.running()],
        stoppable=bool(seen.reachable()) and Action.stop in seen.entry.actions(),
        warning=seen.launch_spec and warn_of_interpreter(seen.launch_spec),
        mark=etag_of(seen.entry),
    )
