"""Clients: creation, changes and revocation."""

import asyncio
from collections.abc import Iterable
from difflib import get_close_matches

from fastapi import APIRouter, Depends

from server.access.clients.client import UNCHANGED, Change, Client, Policy
from server.access.clients.presets import MOST_OPERATIONS, Permissions, make_permissions, require_individual
from server.access.clients.usage import Use
from server.core.errors import InvalidInput
from server.local.models import ClientChange, ClientsEnded, ClientView, DocumentView, MadeClient, NewClient, view_client
from server.local.oauth_models import CallbackOrder, OAuthOrder, view_program
from server.projections.documents import Documents, permitted
from server.projections.openapi import find_excesses, list_operations
from server.runtime.state import State

MOST_SIMILAR = 5  # operations that an error proposes


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/clients", dependencies=[Depends(state.runtime.wait)])
    documents = Documents(state)

    @routes.get("")
    async def list_clients() -> list[ClientView]:
        """Lists the clients, revoked ones too, newest first."""
        return await show_clients(state, await state.clients.list())

    @routes.post("", status_code=201)
    async def create_client(order: NewClient) -> MadeClient:
        """Creates a client. Its key, or its OAuth id and secret, is in this response only."""
        permissions, oauth, key = choose_permissions(state, order), None, ""
        scopes, policies = permissions.scopes, permissions.policies
        if order.oauth:
            client, oauth = await state.programs.create(order.name, scopes, policies, order.rate, order.redirect_uris)
        else:
            client, key = await state.clients.create(order.name, scopes, policies, order.rate)
        state.context.events.publish("clients")
        return MadeClient(
            client=await look(state, client), key=key, oauth=oauth, warnings=await asyncio.to_thread(documents.check, client)
        )

    @routes.get("/{name}")
    async def read_client(name: str) -> ClientView:
        """Shows what a client may do, and when it was used."""
        return await look(state, await state.clients.show(name))

    @routes.get("/{name}/document")
    async def check_document(name: str) -> DocumentView:
        """Returns the problems that ChatGPT would find in a client's document, and when it was last fetched."""
        client = await state.clients.show(name)
        operations = list_operations(await asyncio.to_thread(documents.make_for, client))
        return DocumentView(
            operations=len(operations),
            most=MOST_OPERATIONS,
            warnings=find_excesses(operations),
            fetched_at=state.usage.find_document(name),
        )

    routes.include_router(create_changes(state, documents))
    routes.include_router(create_oauth(state, documents))
    return routes


def create_oauth(state: State, documents: Documents) -> APIRouter:
    """Make the routes that change how a client signs in."""
    routes = APIRouter()

    @routes.post("/{name}/oauth")
    async def renew_oauth(name: str, order: OAuthOrder) -> MadeClient:
        """Issues an OAuth id and secret, which are in this response only. Earlier grants end."""
        client, oauth = await state.programs.renew(name, order.redirect_uris)
        state.context.events.publish("clients")
        return MadeClient(
            client=await look(state, client), key="", oauth=oauth, warnings=await asyncio.to_thread(documents.check, client)
        )

    @routes.put("/{name}/oauth/callbacks")
    async def change_callbacks(name: str, order: CallbackOrder) -> ClientView:
        """Replaces the redirect URIs of a client. Its grants stay."""
        client = await state.programs.change_callbacks(name, order.redirect_uris)
        state.context.events.publish("clients")
        return await look(state, client)

    @routes.delete("/{name}/oauth/grants/{grant_id}")
    async def end_grant(name: str, grant_id: str) -> ClientView:
        """Ends one sign-in of a client: its tokens open nothing from this moment on."""
        await state.programs.end_grant(name, grant_id)
        state.context.events.publish("clients")
        return await look(state, await state.clients.show(name))

    return routes


def create_changes(state: State, documents: Documents) -> APIRouter:
    """Make the routes that change or end a client."""
    routes = APIRouter()

    @routes.patch("/{name}")
    async def change_client(name: str, order: ClientChange) -> ClientView:
        """Changes what a client may do, from its next call on."""
        client = await state.clients.change(name, await make_change(state, name, order))
        state.context.events.publish("clients")
        return await look(state, client)

    @routes.post("/{name}/key")
    async def renew_key(name: str) -> MadeClient:
        """Rotates the key of a client, which is in this response only. The old key is invalid immediately."""
        client, key = await state.clients.renew_key(name)
        state.context.events.publish("clients")
        return MadeClient(client=await look(state, client), key=key, warnings=await asyncio.to_thread(documents.check, client))

    @routes.post("/revoke-all")
    async def revoke_all() -> ClientsEnded:
        """Revokes every client: all keys are invalid immediately. Running calls run to their end."""
        ended = await state.clients.revoke_all()
        state.context.events.publish("clients")
        return ClientsEnded(ended=ended)

    @routes.post("/{name}/reinstate")
    async def reinstate_client(name: str) -> ClientView:
        """Undoes a revocation, for a minute: its key and its sign-ins are valid again."""
        client = await state.clients.reinstate(name)
        state.context.events.publish("clients")
        return await look(state, client)

    @routes.delete("/{name}")
    async def revoke_client(name: str) -> ClientView:
        """Ends a client: its key opens nothing from this moment on."""
        client = await state.clients.revoke(name)
        state.context.events.publish("clients")
        return await look(state, client)

    return routes


async def show_clients(state: State, clients: list[Client]) -> list[ClientView]:
    """Show clients with the policy of each operation that they can see, without those that every client has."""
    operations, uses, programs = state.runtime.operations(), await state.usage.read(), await state.programs.read()
    views = []
    for client in clients:
        seen = {operation.name: client.policy_for(operation) for operation in permitted(client, operations) if operation.scope}
        denied = {name: policy for name, policy in client.policies.items() if policy is Policy.deny and name in operations}
        program = programs.get(client.id)
        oauth = view_program(program, state.address.public) if program else None
        views.append(view_client(client, seen | denied, uses.get(client.id, Use()), oauth))
    return views


async def look(state: State, client: Client) -> ClientView:
    """Show a client."""
    return (await show_clients(state, [client]))[0]


def choose_permissions(state: State, order: NewClient) -> Permissions:
    """Choose the permissions of a new client: those of its preset or all, then what is allowed or denied by name."""
    check_operations(state, {*order.allow, *order.deny})
    require_individual(state.runtime.operations().values(), order.allow)
    if both := sorted(set(order.allow) & set(order.deny)):
        raise InvalidInput(f"{', '.join(both)} cannot be allowed and denied at once.")
    permissions, operations = Permissions(check_scopes(state, order.scopes), {}), state.runtime.operations()
    if order.preset:
        permissions = make_permissions(order.preset, operations.values(), permissions.scopes)
    if beyond := sorted(name for name in order.allow if operations[name].scope not in {"", *permissions.scopes}):
        chosen = f"The preset {order.preset} does" if order.preset else "These scopes do"
        raise InvalidInput(f"{chosen} not include {', '.join(beyond)}. Choose another one.")
    named = dict.fromkeys(order.allow, Policy.allow) | dict.fromkeys(order.deny, Policy.deny)
    return Permissions(permissions.scopes, {**permissions.policies, **named})


def check_scopes(state: State, wanted: list[str] | None, had: frozenset[str] = frozenset()) -> frozenset[str]:
    """The named scopes, or all existing ones. Raises InvalidInput for an unknown scope; `had` may stay."""
    known = state.runtime.scopes()
    if wanted is None:
        return frozenset(known)
    if unknown := sorted(set(wanted) - set(known) - state.runtime.connection_scopes() - had):
        raise InvalidInput(f"There is no scope {', '.join(unknown)}. There are: {', '.join(known)}.")
    return frozenset(wanted)


def check_operations(state: State, names: set[str]) -> None:
    """Raises InvalidInput for an unknown operation."""
    known = state.runtime.operations()
    if unknown := sorted(names - known.keys()):
        similar = sorted({name for each in unknown for name in find_similar(each, known)})
        meant = f"Did you mean {' or '.join(similar)}?" if similar else f"There are: {', '.join(sorted(known))}."
        raise InvalidInput(f"There is no operation {', '.join(unknown)}. {meant}")


def find_similar(name: str, known: Iterable[str]) -> list[str]:
    """Find operations that may be meant: those of a tool with this name, else those that are spelled alike."""
    names = list(known)
    return [each for each in names if each.endswith(f"__{name}")][:MOST_SIMILAR] or get_close_matches(name, names, MOST_SIMILAR)


async def make_change(state: State, name: str, order: ClientChange) -> Change:
    """Make the change of a client. Raises InvalidInput for an unknown scope or operation, NotFound for an unknown client."""
    check_operations(state, set(order.policies))
    allowed = [name for name, policy in order.policies.items() if policy is Policy.allow]
    require_individual(state.runtime.operations().values(), allowed)
    scopes = None
    if order.scopes is not None:
        scopes = check_scopes(state, order.scopes, (await state.clients.show(name)).scopes)
    rate = order.rate if "rate" in order.model_fields_set else UNCHANGED
    return Change(scopes, order.policies, rate)
