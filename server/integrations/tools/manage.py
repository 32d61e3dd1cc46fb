"""Routes that change one server as the window does, and that show a configuration before its servers are added."""

import asyncio
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from server.core.invisible import show_line
from server.integrations.tools.config.parser import parse_config
from server.integrations.tools.config.values import replace_values
from server.integrations.tools.models import Input, Transport, UpstreamConfig, UpstreamSecrets
from server.integrations.tools.service import ToolsService
from server.integrations.tools.stored import fingerprint
from server.integrations.tools.views import AddOrder, ToolsView, view_all
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

manage = DeferredRouter(prefix="/api/tools", tags=["Tools"])
Tools = Annotated[ToolsService, provided(ToolsService)]
Name = Annotated[str, Field(max_length=256)]
Values = dict[Name, SecretStr]


class PreviewedServer(BaseModel):
    """A server that would be added. `replaces`: one of its name is there, and `changed`: which runs or reaches something else."""

    title: str
    transport: Transport
    target: str = Field(description="Its address or command, in full.")
    folder: str
    environment: list[str]
    headers: list[str]
    replaces: bool
    changed: bool


class PreviewView(BaseModel):
    """Servers of a configuration that would be added. `missing`: variables without a value."""

    servers: list[PreviewedServer]
    notes: list[str]
    inputs: list[Input]
    missing: list[str]


class EnabledOrder(BaseModel):
    """Order to run a server, or not."""

    enabled: bool


class OfferedOrder(BaseModel):
    """The tools that are offered to clients; null for all."""

    tools: list[Name] | None = Field(max_length=10_000)


class SecretsOrder(BaseModel):
    """New values, by name; the others stay."""

    environment: Values = {}
    headers: Values = {}
    variables: Values = {}


@manage.post("/preview")
async def preview_servers(tools: Tools, order: AddOrder) -> PreviewView:
    """Shows the servers of a configuration, and adds none."""
    imported = await asyncio.to_thread(parse_config, order.config, order.environment, order.inputs)
    missing = {name for names in imported.missing.values() for name in names}
    return PreviewView(
        servers=[preview(tools, config) for config in imported.upstreams],
        notes=list(imported.notes),
        inputs=list(imported.inputs),
        missing=sorted(missing - {f"input:{question.id}" for question in imported.inputs}),
    )


def preview(tools: ToolsService, config: UpstreamConfig) -> PreviewedServer:
    former = tools.servers.upstreams.get(config.id)
    return PreviewedServer(
        **config.model_dump(include={"title", "transport", "folder", "environment", "headers"}),
        target=show_line(config.url or " ".join((config.command, *config.arguments))),
        replaces=former is not None,
        changed=former is not None and fingerprint(former.config) != fingerprint(config),
    )


@manage.put("/{server_id}/enabled")
async def turn_server(tools: Tools, server_id: str, order: EnabledOrder) -> ToolsView:
    """Turns a server on or off."""
    await tools.servers.reconfigure(server_id, lambda config, values: (config.model_copy(update=order.model_dump()), values))
    return view_all(tools)


@manage.put("/{server_id}/offered")
async def choose_offered_tools(tools: Tools, server_id: str, order: OfferedOrder) -> ToolsView:
    """Chooses the tools of a server that are offered to clients."""
    chosen = None if order.tools is None else tuple(order.tools)
    change = {"offered": chosen, "disabled_tools": ()}
    await tools.servers.reconfigure(server_id, lambda config, values: (config.model_copy(update=change), values), reopen=False)
    return view_all(tools)


@manage.put("/{server_id}/secrets")
async def replace_secrets(tools: Tools, server_id: str, order: SecretsOrder) -> ToolsView:
    """Replaces secret values of a server, and starts it again with them."""
    new = UpstreamSecrets(**dict(order))

    def change(config: UpstreamConfig, secrets: UpstreamSecrets) -> tuple[UpstreamConfig, UpstreamSecrets]:
        return config, replace_values(config, secrets, new)

    await tools.servers.reconfigure(server_id, change)
    return view_all(tools)
