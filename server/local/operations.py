"""The operations there are, for choosing what a client may do."""

from fastapi import APIRouter

from server.local.models import OperationView
from server.operation import Operation
from server.runtime import Member, list_operations
from server.state import State


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter()

    @routes.get("/operations")
    async def list_all_operations() -> list[OperationView]:
        """Lists every operation that is on now, in the order of the integrations."""
        return [
            view(member, operation)
            for member in state.runtime.members
            if member.parts
            for router in member.parts.public
            for operation in list_operations(router)
        ]

    return routes


def view(member: Member, operation: Operation) -> OperationView:
    """Show an operation."""
    return OperationView(
        name=operation.name,
        title=operation.name.replace("_", " ").capitalize(),
        sentence=operation.summary,
        scope=operation.scope,
        changes=operation.changes,
        reaches_others=operation.reaches_others,
        integration=member.integration.name,
        integration_title=member.integration.title,
    )
