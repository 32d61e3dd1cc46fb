"""Routes of the window and the command line: the presets."""

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field

from server.integrations.tools.presets.catalogue import Preset
from server.integrations.tools.presets.presets import Presets
from server.integrations.tools.service import ToolsService
from server.integrations.tools.views import AddedView, view_all
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/tools/presets", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]


class PresetInputView(BaseModel):
    """A value that a preset asks for."""

    id: str
    description: str
    secret: bool
    default: str
    required: bool
    folder: bool


class ProgressView(BaseModel):
    """Progress of an installation. `percent`: null if it is not known."""

    step: str
    percent: int | None


class ServerPresetView(BaseModel):
    """A preset. `newest`: a version that is newer than the installed one. `added`: ids of its servers."""

    id: str
    title: str
    description: str
    version: str
    newest: str
    installed: bool
    added: list[str]
    warnings: list[str]
    inputs: list[PresetInputView]
    progress: ProgressView | None


class ServerPresetsView(BaseModel):
    """All presets."""

    presets: list[ServerPresetView]


class PresetOrder(BaseModel):
    """Values of a preset's inputs."""

    inputs: dict[str, str] = Field({}, repr=False, max_length=20)


def view_preset(presets: Presets, preset: Preset) -> ServerPresetView:
    """View a preset. Blocks."""
    installed, progress = presets.find_installed(preset), presets.progress.get(preset.id)
    version = installed.version if installed else preset.version
    return ServerPresetView(
        id=preset.id,
        title=preset.title,
        description=preset.description,
        version=version,
        newest=presets.find_update(preset, version) if installed else "",
        installed=installed is not None,
        added=[config.id for config in presets.list_added(preset)],
        warnings=list(preset.warnings),
        inputs=[PresetInputView.model_validate(each, from_attributes=True) for each in preset.inputs],
        progress=ProgressView(step=progress.step, percent=progress.percent) if progress else None,
    )


@local.get("")
async def show_presets(tools: Tools) -> ServerPresetsView:
    """Shows the presets."""
    presets = tools.presets
    return ServerPresetsView(presets=[await asyncio.to_thread(view_preset, presets, preset) for preset in presets.presets])


@local.post("/{preset_id}", status_code=201)
async def add_preset(tools: Tools, preset_id: str, order: PresetOrder) -> AddedView:
    """Installs a preset if it is not installed, and adds a server of it."""
    presets = tools.presets
    added = await presets.add(presets.find(preset_id), order.inputs)
    return AddedView(added=added, notes=[], missing={}, inputs=[], tools=view_all(tools))


@local.post("/{preset_id}/update")
async def update_preset(tools: Tools, preset_id: str) -> AddedView:
    """Installs the newest version of a preset; its servers run it, and start untrusted."""
    presets = tools.presets
    added = await presets.update(presets.find(preset_id))
    await presets.remove_unused()
    return AddedView(added=added, notes=[], missing={}, inputs=[], tools=view_all(tools))


@local.delete("/{preset_id}/installation")
async def cancel_installation(tools: Tools, preset_id: str) -> ServerPresetsView:
    """Cancels the installation of a preset."""
    tools.presets.cancel(tools.presets.find(preset_id))
    return await show_presets(tools)
