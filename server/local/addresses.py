"""Addresses that are gone for good, and whose keys were used through them."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.state import State


class LostAddressView(BaseModel):
    """An address that somebody else may get now, and the clients that may still send it their keys."""

    address: str
    lost_at: str
    clients: list[str] = Field(description="Those used through it whose key was not replaced since.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/addresses")

    @routes.get("/lost")
    async def list_lost_addresses() -> list[LostAddressView]:
        """Lists the addresses that are lost while a client that used one still has the key it had then."""
        found = [
            LostAddressView(
                address=lost.address, lost_at=lost.lost_at, clients=await list_exposed(state, lost.address, lost.lost_at)
            )
            for lost in await state.tunnel.list_lost_addresses()
            if not lost.reserved
        ]
        return [lost for lost in found if lost.clients]

    return routes


async def list_exposed(state: State, address: str, lost_at: str) -> list[str]:
    """Name the clients that were used through an address and whose key is as old as its loss."""
    uses = await state.usage.read()
    return [
        client.name
        for client in await state.clients.list()
        if client.revoked_at is None and client.key_created_at <= lost_at
        if client.id in uses and address in uses[client.id].last_by_address
    ]
