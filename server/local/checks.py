"""Health checks: everything that a person would otherwise have to look at, for `deskhand doctor`."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from fastapi import APIRouter, Depends

from server.access.clients.presets import MOST_OPERATIONS
from server.core.command import format_command
from server.core.text import tell_moment
from server.local.health import refresh
from server.local.models import Check
from server.local.overview import list_integrations
from server.projections.documents import offered
from server.runtime.catalogue import State as IntegrationState
from server.runtime.state import State
from server.tunnel.models import TunnelState

A_YEAR = timedelta(days=365)  # longer than any pause with an end
CALL_SECONDS = 10.0


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(dependencies=[Depends(state.runtime.wait)])

    @routes.get("/checks")
    async def run_checks() -> list[Check]:
        """Runs the health checks."""
        await refresh(state)
        checks = [*check_integrations(state), *check_core(state)]
        checks += [check async for check in check_clients(state)]
        return checks + [check async for check in check_reach(state)]

    return routes


def check_integrations(state: State) -> list[Check]:
    """Check each integration: broken, to be set up, or ready."""
    return [
        Check(
            what=view.title,
            well=view.problem is None,
            to_do=view.problem is None and not (view.is_set_up and view.state is IntegrationState.running),
            detail=view.problem or view.setup_hint or view.summary,
        )
        for view in list_integrations(state)
    ]


def check_core(state: State) -> list[Check]:
    """Check the pause, the settings and the secrets, and list problems and notices."""
    checks = []
    if until := state.pause.until:
        checks.append(Check(what="Pause", well=True, to_do=True, detail=tell_pause(until, state.context.clock.now())))
    problem = state.context.settings.problem
    checks.append(Check(what="Settings", well=problem is None, detail=problem or "They are readable."))
    secrets = state.context.secrets
    checks.append(Check(what="Secrets", well=secrets.problem is None, detail=secrets.problem or secrets.place))
    checks += [Check(what="Deskhand", well=False, detail=problem) for problem in state.list_problems()]
    return checks + [Check(what="Deskhand", well=True, to_do=True, detail=notice) for notice in state.list_notices()]


def tell_pause(until: datetime, now: datetime) -> str:
    """Format the end of a pause in local time."""
    when = "you resume them" if until - now > A_YEAR else tell_moment(until.isoformat())
    return f"Changes are blocked until {when}."


async def check_clients(state: State) -> AsyncIterator[Check]:
    """Find the clients with more operations than ChatGPT takes."""
    operations = state.runtime.operations()
    live = [client for client in await state.clients.list() if not client.revoked_at]
    if not live:
        yield Check(
            what="Clients",
            well=True,
            to_do=True,
            detail=f"None yet. Add one: {format_command('clients create my-gpt --preset ask')}",
        )
    for client in live:
        count = len(offered(client, operations))
        if count > MOST_OPERATIONS:
            detail = f"It has {count} operations; ChatGPT allows {MOST_OPERATIONS}. For a GPT, choose a preset under Access."
            yield Check(what=f"Client {client.name}", well=True, to_do=True, detail=detail)


async def check_reach(state: State) -> AsyncIterator[Check]:
    """Check how others reach Deskhand: whether it runs, whether the tunnel is on, and whether a call comes through."""
    address, tunnel = state.address, await state.tunnel.describe()
    if not address.public_port:
        yield Check(
            what="Deskhand", well=False, detail=f"It is not running. Start it: {format_command('serve')}, or from its icon."
        )
        return
    turn_on = f"Turn it on: {format_command('tunnel on')}"
    if problem := state.tunnel.problem:
        yield Check(what="Tunnel", well=False, detail=problem)
    elif tunnel.state is TunnelState.off and tunnel.open_at_start:
        yield Check(
            what="Tunnel",
            well=False,
            detail=f"It is off, but set to be on while Deskhand runs. {turn_on}",
        )
    elif tunnel.state is TunnelState.off:
        yield Check(
            what="Tunnel",
            well=True,
            to_do=True,
            detail=f"Off, so ChatGPT cannot reach this computer. {turn_on}",
        )
    if tunnel.state is TunnelState.open and not tunnel.reserved:
        advice = f"Reserve one: {format_command('tunnel set --domain DOMAIN')}"
        yield Check(what="Domain", well=True, to_do=True, detail=f"The address may change at the next start. {advice}")
    if address.public_url:
        failure = await call_public_address(state)
        yield Check(what="Address", well=failure is None, detail=failure or f"{address.public} reaches Deskhand.")
    else:
        yield Check(what="Address", well=True, detail=f"{address.public} (this computer only)")


async def call_public_address(state: State) -> str | None:
    """Call this Deskhand through its public address. Returns what is wrong, in a sentence."""
    import httpx2

    address, client = state.address.public, await state.context.http.get()
    try:
        response = await client.get(f"{address}/", timeout=CALL_SECONDS, headers={"Accept": "application/json"})
    except httpx2.HTTPError as error:
        return f"A call to {address} did not come back ({type(error).__name__})."
    if not response.is_success or b'"service":"Deskhand"' not in response.content.replace(b" ", b""):
        return f"A call to {address} reached something else than Deskhand (status {response.status_code})."
    return None
