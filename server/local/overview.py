"""Is it on, what is wrong, where is it reached; pausing, backing up, looking after it."""

import asyncio
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends

from server.core.command import format_command
from server.core.errors import InvalidInput, Unavailable
from server.local import theme
from server.local.health import list_problems, refresh
from server.local.models import (
    Addresses,
    BackupOrder,
    IntegrationView,
    NoticeOrder,
    Overview,
    PathView,
    PauseOrder,
    PauseView,
)
from server.projections.documents import Documents
from server.runtime.catalogue import State as IntegrationState
from server.runtime.state import State
from server.storage.backup import back_up

LONGEST_PATH = 1000
STATES = {IntegrationState.running: "Ready", IntegrationState.loading: "Loading"}


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.post("/pause")
    async def begin_pause(order: PauseOrder) -> PauseView:
        """Has nothing that changes something run, for some minutes or until it is resumed."""
        await state.pause.begin(order.minutes)
        state.context.events.publish("overview")
        return PauseView(paused_until=state.pause.until)

    @routes.delete("/pause")
    async def end_pause() -> PauseView:
        """Goes on."""
        await state.pause.end()
        state.context.events.publish("overview")
        return PauseView(paused_until=None)

    @routes.post("/backup")
    async def make_backup(order: BackupOrder) -> PathView:
        """Puts a copy of what is kept, without a secret, into one file."""
        if not Path(order.path).is_absolute() or "\0" in order.path or len(order.path) > LONGEST_PATH:
            raise InvalidInput("Enter the full path of the backup file.")
        data, config = state.home.folders.data, state.home.folders.config
        make = partial(back_up, data, Path(order.path), config=config)
        made = await asyncio.to_thread(make, overwrite=order.overwrite, with_archive=order.with_archive)
        return PathView(path=str(made))

    routes.include_router(create_details(state))
    return routes


def create_details(state: State) -> APIRouter:
    """Make the routes about integrations, which wait until these are loaded."""
    routes = APIRouter(dependencies=[Depends(state.runtime.wait)])
    documents = Documents(state)

    @routes.get("/overview")
    async def read_overview() -> Overview:
        """Returns the state, the connections and the problems."""
        return await describe(state, documents)

    @routes.post("/notices/put-away")
    async def put_notice_away(order: NoticeOrder) -> Overview:
        """Dismisses a notice."""
        state.put_away.add(order.notice)
        state.context.events.publish("overview")
        return await describe(state, documents)

    @routes.get("/addresses")
    async def read_addresses() -> Addresses:
        """Lists everything one pastes elsewhere."""
        return await list_addresses(state)

    @routes.get("/schema")
    async def make_schema(client: str | None = None, scope: str = "") -> dict[str, Any]:
        """Makes the document of all operations, or of a client's; with a scope, of those within it."""
        if client:
            return await asyncio.to_thread(documents.make_for, await state.clients.show(client), scope)
        return await asyncio.to_thread(documents.make_part, scope)

    return routes


async def describe(state: State, documents: Documents) -> Overview:
    """Describe the state, the connections and the problems."""
    await refresh(state)
    return Overview(
        version=documents.version,
        command=format_command(),
        demo=state.context.demo,
        theme=state.context.settings.read(theme.SECTION, theme.Look).theme,
        here_only=state.address.is_here_only(),
        addresses=await list_addresses(state),
        paused_until=state.pause.until,
        integrations=list_integrations(state),
        clients=len([client for client in await state.clients.list() if not client.revoked_at]),
        secrets=state.context.secrets.place,
        waiting=len(await state.context.approval_requests.list()),
        problems=list_problems(state),
        notices=state.list_notices(),
    )


async def list_addresses(state: State) -> Addresses:
    """Everything one pastes elsewhere, at the public address of the moment, without what has a secret that is out of reach."""
    base, more = state.address.public, dict[str, Any]()
    for service in state.runtime.running():
        with suppress(Unavailable):
            more |= {name: base + path for name, path in (await service.list_addresses()).items()}
    clients = [client for client in await state.clients.list() if not client.revoked_at]
    return Addresses(
        public=base,
        here=state.address.own,
        openapi=f"{base}/openapi.json",
        openapi_yaml=f"{base}/openapi.yaml",
        docs=f"{base}/docs",
        privacy=f"{base}/privacy",
        mcp=f"{base}/mcp",
        oauth_authorize=f"{base}/chatgpt/oauth/authorize",
        oauth_token=f"{base}/chatgpt/oauth/token",
        oauth_scope=" ".join(state.runtime.scopes()),
        gpts={client.name: f"{base}/gpts/{client.document_id}/openapi.json" for client in clients},
        **more,
    )


def list_integrations(state: State) -> list[IntegrationView]:
    """List the integrations with the health of their services, as it was refreshed."""
    return [
        IntegrationView(
            name=member.integration.name,
            title=member.integration.title,
            state=member.state,
            problem=member.problem or member.health.problem,
            setup_hint=member.health.setup_hint,
            is_set_up=member.health.is_set_up,
            summary=member.health.summary or STATES.get(member.state, "Off"),
        )
        for member in state.runtime.members
    ]
