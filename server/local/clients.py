"""Clients, as the person makes, changes and ends them."""

from fastapi import APIRouter

from server.access.client import AS_IT_WAS, Change, Client, Policy
from server.access.usage import Use
from server.errors import InvalidInput
from server.local.models import ClientChange, ClientsEnded, ClientView, MadeClient, NewClient, view_client
from server.operation import Operation
from server.projections.documents import Documents, offered
from server.state import State


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/clients")
    documents = Documents(state)

    @routes.get("")
    async def list_clients() -> list[ClientView]:
        """Lists the clients, revoked ones too, newest first."""
        uses, operations = await state.usage.read(), state.runtime.operations()
        return [show(operations, client, uses.get(client.id, Use())) for client in await state.clients.list()]

    @routes.post("", status_code=201)
    async def create_client(order: NewClient) -> MadeClient:
        """Makes a client. Its key is told in this answer and never again."""
        scopes = check_scopes(state, order.scopes)
        policies = check_policies(state, order)
        client, key = await state.clients.create(order.name, scopes, policies, order.rate)
        state.context.events.publish("clients")
        return MadeClient(client=await look(state, client), key=key, warnings=documents.check(client))

    @routes.get("/{name}")
    async def read_client(name: str) -> ClientView:
        """Shows what a client may do, and when it was used."""
        return await look(state, await state.clients.show(name))

    routes.include_router(create_changes(state, documents))
    return routes


def create_changes(state: State, documents: Documents) -> APIRouter:
    """Make the routes that change or end a client."""
    routes = APIRouter()

    @routes.patch("/{name}")
    async def change_client(name: str, order: ClientChange) -> ClientView:
        """Changes what a client may do, from its next call on."""
        client = await state.clients.change(name, await to_change(state, name, order))
        state.context.events.publish("clients")
        return await look(state, client)

    @routes.post("/{name}/key")
    async def renew_key(name: str) -> MadeClient:
        """Gives a client another key, told in this answer and never again. The old one ends in the same moment."""
        client, key = await state.clients.renew_key(name)
        state.context.events.publish("clients")
        return MadeClient(client=await look(state, client), key=key, warnings=documents.check(client))

    @routes.post("/revoke-all")
    async def revoke_all() -> ClientsEnded:
        """Ends every client at once: no key opens anything from this moment on. What runs already runs to its end."""
        ended = await state.clients.revoke_all()
        state.context.events.publish("clients")
        return ClientsEnded(ended=ended)

    @routes.delete("/{name}")
    async def revoke_client(name: str) -> ClientView:
        """Ends a client: its key opens nothing from this moment on."""
        client = await state.clients.revoke(name)
        state.context.events.publish("clients")
        return await look(state, client)

    return routes


async def look(state: State, client: Client) -> ClientView:
    """Show a client with its use."""
    return show(state.runtime.operations(), client, (await state.usage.read()).get(client.id, Use()))


def show(operations: dict[str, Operation], client: Client, use: Use) -> ClientView:
    """Show a client with the policy of each operation that it can see, without those that every client has."""
    seen = {operation.name: client.policy_for(operation) for operation in offered(client, operations) if operation.scope}
    denied = {name: policy for name, policy in client.policies.items() if policy is Policy.deny and name in operations}
    return view_client(client, seen | denied, use)


def check_scopes(state: State, wanted: list[str] | None, had: frozenset[str] = frozenset()) -> frozenset[str]:
    """The scopes that were named, or all there are. Raises InvalidInput for one that there is not; `had` may stay."""
    known = state.runtime.scopes()
    if wanted is None:
        return frozenset(known)
    if unknown := sorted(set(wanted) - set(known) - had):
        raise InvalidInput(f"There is no scope {', '.join(unknown)}. There are: {', '.join(known)}.")
    return frozenset(wanted)


def check_policies(state: State, order: NewClient) -> dict[str, Policy]:
    """The policies that were named. Raises InvalidInput for an operation that there is not, or one named twice."""
    check_operations(state, {*order.allow, *order.deny})
    if both := sorted(set(order.allow) & set(order.deny)):
        raise InvalidInput(f"{', '.join(both)} cannot be allowed and denied at once.")
    return dict.fromkeys(order.allow, Policy.allow) | dict.fromkeys(order.deny, Policy.deny)


def check_operations(state: State, names: set[str]) -> None:
    """Raises InvalidInput for an operation that there is not."""
    known = state.runtime.operations()
    if unknown := sorted(names - known.keys()):
        raise InvalidInput(f"There is no operation {', '.join(unknown)}. There are: {', '.join(sorted(known))}.")


async def to_change(state: State, name: str, order: ClientChange) -> Change:
    """What is to change about a client. Raises InvalidInput for what there is not, NotFound for a client there is not."""
    check_operations(state, set(order.policies))
    scopes = None
    if order.scopes is not None:
        scopes = check_scopes(state, order.scopes, (await state.clients.show(name)).scopes)
    rate = order.rate if "rate" in order.model_fields_set else AS_IT_WAS
    return Change(scopes, order.policies, rate)
