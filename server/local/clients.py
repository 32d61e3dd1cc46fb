"""Clients, as the person makes and ends them."""

from fastapi import APIRouter

from server.access.clients import Client, Policy
from server.errors import InvalidInput
from server.local.models import ClientView, MadeClient, NewClient, view_client
from server.projections.documents import Documents, offered
from server.state import State


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/clients")
    documents = Documents(state)

    @routes.get("")
    async def list_clients() -> list[ClientView]:
        """Lists the clients, revoked ones too."""
        return [show(state, client) for client in await state.clients.list()]

    @routes.post("", status_code=201)
    async def create_client(order: NewClient) -> MadeClient:
        """Makes a client. Its key is told in this answer and never again."""
        scopes = check_scopes(state, order.scopes)
        policies = check_policies(state, order)
        client, key = await state.clients.create(order.name, scopes, policies, order.rate)
        state.context.events.publish("clients")
        return MadeClient(client=show(state, client), key=key, warnings=documents.check(client))

    @routes.get("/{name}")
    async def read_client(name: str) -> ClientView:
        """Shows what a client may do."""
        return show(state, await state.clients.show(name))

    @routes.delete("/{name}")
    async def revoke_client(name: str) -> ClientView:
        """Ends a client: its key opens nothing from this moment on."""
        client = await state.clients.revoke(name)
        state.context.events.publish("clients")
        return show(state, client)

    return routes


def show(state: State, client: Client) -> ClientView:
    """Show a client with the policy of each operation that it can see."""
    operations = state.runtime.operations()
    seen = {operation.name: client.policy_for(operation) for operation in offered(client, operations)}
    denied = {name: policy for name, policy in client.policies.items() if policy is Policy.deny and name in operations}
    return view_client(client, seen | denied)


def check_scopes(state: State, wanted: list[str] | None) -> frozenset[str]:
    """The scopes that were named, or all there are. Raises InvalidInput for one that there is not."""
    known = state.runtime.scopes()
    if wanted is None:
        return frozenset(known)
    if unknown := sorted(set(wanted) - set(known)):
        raise InvalidInput(f"There is no scope {', '.join(unknown)}. There are: {', '.join(known)}.")
    return frozenset(wanted)


def check_policies(state: State, order: NewClient) -> dict[str, Policy]:
    """The policies that were named. Raises InvalidInput for an operation that there is not, or one named twice."""
    known = state.runtime.operations()
    if unknown := sorted({*order.allow, *order.deny} - known.keys()):
        raise InvalidInput(f"There is no operation {', '.join(unknown)}. There are: {', '.join(sorted(known))}.")
    if both := sorted(set(order.allow) & set(order.deny)):
        raise InvalidInput(f"{', '.join(both)} cannot be allowed and denied at once.")
    return dict.fromkeys(order.allow, Policy.allow) | dict.fromkeys(order.deny, Policy.deny)
