"""Operations of clients, and routes of the window and the command line."""

import asyncio
from typing import Annotated

from fastapi import Path, Query

from server.integrations.apps import wording
from server.integrations.apps.allow_list.entries import AppsFile, Entry
from server.integrations.apps.discovery.add_app import NewApp, warn_of
from server.integrations.apps.discovery.suggestions import Suggestions
from server.integrations.apps.models import Action, AppList, AppStatus, Order, Outcome
from server.integrations.apps.overview import AppAdded, OwnList, ProgramWarning, view_list
from server.integrations.apps.service import Launcher
from server.sdk.operation import Operations
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

public = Operations(prefix="/apps", title="Apps", scopes=("read:apps", "control:apps"))
local = DeferredRouter(prefix="/api/apps", tags=["Apps"])
Apps = Annotated[Launcher, provided(Launcher)]
Name = Annotated[str, Path(max_length=200, description="The app's name, or one of its aliases, as list_apps tells them.")]

Mark = Annotated[str | None, Query(max_length=64, description="The entry's mark as it was seen; refused where it has changed.")]


@public.operation("GET", "/list", wording=wording.LIST)
async def list_apps(apps: Apps) -> AppList:
    """List the programs that may be started, stopped or told to open something here, and whether they run."""
    return await apps.list_all()


@public.operation("POST", "/control", wording=wording.CONTROL, preview="preview", open_world=True)
async def control_app(apps: Apps, order: Order) -> Outcome:
    """Start, stop or restart a program on the person's list, or have it open a file or an address that is allowed."""
    return await apps.control(order)


@public.operation("GET", "/{app_name}", wording=wording.READ)
async def read_app(apps: Apps, app_name: Name) -> AppStatus:
    """Read one program: whether it runs, since when, and how it ended last."""
    return await apps.read(app_name)


@local.get("")
async def show_apps(apps: Apps) -> OwnList:
    """Shows the list, what is wrong with it, and what each app comes to here."""
    return await view_list(apps)


@local.put("")
async def save_apps(apps: Apps, order: AppsFile) -> OwnList:
    """Puts another list in the place of this one."""
    await apps.save(order)
    return await view_list(apps)


@local.post("", status_code=201)
async def add_app(apps: Apps, order: NewApp) -> AppAdded:
    """Adds a program of this computer to the list."""
    name = await apps.add(order)
    return AppAdded(name=name, list=await view_list(apps))


@local.post("/warning")
async def warn_of_app(apps: Apps, order: NewApp) -> ProgramWarning:
    """Tells what to know before a program is added, and refuses one that is not there."""
    return ProgramWarning(warning=await asyncio.to_thread(warn_of, order, apps.machine))


@local.get("/suggestions")
async def suggest_apps(apps: Apps, query: Annotated[str, Query(max_length=200)] = "") -> Suggestions:
    """Tells which programs of this computer fit what the person has written so far."""
    return await apps.programs.suggest(query)


@local.post("/restore")
async def restore_apps(apps: Apps) -> OwnList:
    """Puts the last list that made sense in the place of a broken one."""
    await apps.restore()
    return await view_list(apps)


@local.put("/{name}")
async def save_app(apps: Apps, name: str, order: Entry, mark: Mark = None) -> OwnList:
    """Adds an app to the list, or changes it."""
    await apps.put(name, order, mark)
    return await view_list(apps)


@local.delete("/{name}")
async def remove_app(apps: Apps, name: str, mark: Mark = None) -> OwnList:
    """Takes an app off the list. What runs of it runs on."""
    await apps.remove(name, mark)
    return await view_list(apps)


@local.post("/{name}/test-start")
async def test_start(apps: Apps, name: str) -> Outcome:
    """Starts an app as a client would, to see whether its entry is right."""
    return await apps.control(Order(app_name=name, action=Action.start))


@local.post("/{name}/test-stop")
async def test_stop(apps: Apps, name: str) -> Outcome:
    """Stops an app as a client would."""
    return await apps.control(Order(app_name=name, action=Action.stop))
