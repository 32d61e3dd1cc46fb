"""Lost public addresses, and the clients whose keys were used through them."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.access.clients.client import Client
from server.access.clients.usage import Use
from server.access.oauth.oauth_clients import OAuthClient
from server.runtime.state import State


class LostAddressView(BaseModel):
    """A lost address that a stranger may get, and the clients that may still send it their keys."""

    address: str
    lost_at: str
    clients: list[str] = Field(description="Those used through it whose key, or OAuth secret or sign-in, is older than that.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/addresses")

    @routes.get("/lost")
    async def list_lost_addresses() -> list[LostAddressView]:
        """Lists the addresses that are lost while a client that used one still has the key it had then."""
        lost = [address for address in await state.tunnel.status.store.list_lost() if not address.reserved]
        if not lost:
            return []
        live = [client for client in await state.clients.list() if client.revoked_at is None]
        uses, since = await state.usage.read(), date_credentials(live, await state.programs.read())
        views = [
            LostAddressView(
                address=loss.address, lost_at=loss.lost_at, clients=name_exposed(live, uses, since, loss.address, loss.lost_at)
            )
            for loss in lost
        ]
        return [view for view in views if view.clients]

    return routes


def date_credentials(clients: list[Client], programs: dict[str, OAuthClient]) -> dict[str, list[str]]:
    """Date each client's credentials: its key, its OAuth secret, its sign-ins."""
    dates = {client.id: [client.key_created_at] if client.key_created_at else [] for client in clients}
    for client_id, program in programs.items():
        secret = [program.registration.created_at] if program.registration.secret_hash else []
        dates[client_id] = [*dates.get(client_id, []), *secret, *(grant.created_at for grant in program.grants)]
    return dates


def name_exposed(
    clients: list[Client], uses: dict[str, Use], since: dict[str, list[str]], address: str, lost_at: str
) -> list[str]:
    """Name the clients that were used through an address and come in with something that is as old as its loss."""
    return [
        client.name
        for client in clients
        if any(date <= lost_at for date in since[client.id]) and client.id in uses and address in uses[client.id].last_by_address
    ]
