"""The document of each client: the operations that its scopes reach and the person has not denied."""

from hmac import compare_digest
from typing import Any

from starlette.routing import BaseRoute

from server.access.clients.presets import is_needed
from server.access.clients.registry import Client, Policy
from server.core.errors import NotFound
from server.core.text import shorten
from server.core.version import read_version
from server.projections.openapi import describe_document, describe_operations, find_excesses, make_document
from server.runtime.state import State
from server.sdk.operation import Operation

MOST_KEPT = 64  # documents


class Documents:
    """Makes documents with the address and the integrations of the moment."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._made: dict[
            tuple[int, str, str, frozenset[str] | None, bool], dict[str, Any]
        ] = {}  # strangers may ask for them as well
        self.version = read_version()

    def make(self, names: set[str] | None = None, title: str = "Deskhand", *, signs_in: bool = False) -> dict[str, Any]:
        """Make the document of all operations, or of those named, for a key or for who signs in.

        It is not to be changed: the next caller gets the same one. With hundreds of operations it takes half a second, so a
        thread does it.
        """
        address, runtime = self._state.address.public, self._state.runtime
        key = (runtime.revision, address, title, None if names is None else frozenset(names), signs_in)
        document = self._made.get(key)
        if document is None:
            document = make_document(
                self._list_routes(),
                address=address,
                title=title,
                version=self.version,
                names=names,
                signs_in=signs_in,
                scope_labels=runtime.scopes(),
            )
            document["info"]["description"] = describe_document(runtime.list_instructions(names))
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            self._made[key] = document
        return document

    async def find_client(self, document_id: str) -> Client | None:
        """Find the client of a document's address; None if it is no such address, or the client is revoked."""
        live = [client for client in await self._state.clients.list() if client.revoked_at is None]
        return next((client for client in live if compare_digest(client.document_id, document_id)), None)

    def list_names(self, client: Client) -> list[str]:
        """List the operations in a client's document, under their public names."""
        return [operation.public_name for operation in offered(client, self._state.runtime.operations())]

    def make_for(self, client: Client, scope: str = "") -> dict[str, Any]:
        """Make a client's document, or the part of it that is within one scope. Raises NotFound if nothing is."""
        operations = offered(client, self._state.runtime.operations())
        title = f"Deskhand for {client.name}"
        if scope:
            operations = select(operations, scope)
            if not operations:
                raise NotFound("This client has nothing of that scope. Deskhand shows what it has under Access.")
            title = f"{self._state.runtime.scopes()[scope]} ({title})"
        return self.make({operation.name for operation in operations}, title, signs_in=client.signs_in)

    def make_part(self, scope: str) -> dict[str, Any]:
        """Make the document of all operations within one scope, or of all without one. Raises NotFound if nothing is."""
        if not scope:
            return self.make()
        operations = select([*self._state.runtime.operations().values()], scope)
        if not operations:
            raise NotFound(f"There is nothing of the scope {shorten(scope)}.")
        title = f"{self._state.runtime.scopes()[scope]} (Deskhand)"
        return self.make({operation.name for operation in operations}, title)

    def check(self, client: Client) -> list[str]:
        """List, in sentences, what ChatGPT would not take about a client's document."""
        names = {operation.name for operation in offered(client, self._state.runtime.operations())}
        return find_excesses(describe_operations(self._list_routes(), names))

    def _list_routes(self) -> list[BaseRoute]:
        return [route for router in self._state.runtime.routers() for route in router.routes]


def select(operations: list[Operation], scope: str) -> list[Operation]:
    """Select the operations within a scope, with those that they need; none if the scope has none."""
    own = [operation for operation in operations if operation.scope == scope]
    return [*own, *(other for other in operations if not other.scope and is_needed(other, own))] if own else []


def offered(client: Client, operations: dict[str, Operation]) -> list[Operation]:
    """The operations that a client's documents tell of."""
    return [operation for operation in permitted(client, operations) if operation.is_documented]


def permitted(client: Client, operations: dict[str, Operation]) -> list[Operation]:
    """The operations that a client may call. What every client has comes with those that may wait for the person's word."""
    allowed = [operation for operation in operations.values() if client.policies.get(operation.name) is not Policy.deny]
    own = [operation for operation in allowed if operation.scope in client.scopes]
    return [operation for operation in allowed if operation in own or (not operation.scope and is_needed(operation, own))]
