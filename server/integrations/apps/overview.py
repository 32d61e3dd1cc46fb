"""The list as the person at this computer sees it, paths and all."""

from pydantic import BaseModel, Field

from server.integrations.apps.entries import AppsFile
from server.integrations.apps.models import Action, App, Order, Outcome
from server.integrations.apps.report import show
from server.integrations.apps.service import Launcher


class AppView(App):
    """One app, and what would run."""

    enabled: bool = Field(description="Whether clients see it.")
    command: list[str] = Field(description="What would run; empty where it is not installed.")
    pids: list[int] = Field(description="The processes it runs as.")


class OwnList(BaseModel):
    """The list of apps and its state."""

    file: str = Field(description="Where the list lies.")
    problem: str | None = Field(None, description="What is wrong with it, in a sentence.")
    apps: list[AppView] = Field(description="The apps as they are here.")
    list: AppsFile = Field(description="The list in force, as it can be sent back changed.")


async def view_list(launcher: Launcher) -> OwnList:
    """Show the list."""
    apps = await launcher.apps()
    views = [
        AppView(
            **show(seen).model_dump(),
            enabled=seen.entry.enabled,
            command=list(seen.recipe.command()) if seen.recipe else [],
            pids=[process.pid for process in seen.running()],
        )
        for seen in await launcher.look(apps.apps)
    ]
    catalogue = launcher.catalogue
    return OwnList(file=str(catalogue.places.own), problem=catalogue.problem, apps=views, list=apps)


async def start_once(launcher: Launcher, name: str) -> Outcome:
    """Start an app."""
    return await launcher.control(Order(app_name=name, action=Action.start))
