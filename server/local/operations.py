"""The operations there are, for choosing what a client may do."""

from fastapi import APIRouter, Depends
from fastapi.routing import RouteContext

from server.local.models import OperationView
from server.projections.openapi import select_routes
from server.runtime.integrations import LoadedIntegration
from server.runtime.state import State
from server.sdk.operation import operation_of


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(dependencies=[Depends(state.runtime.wait)])

    @routes.get("/operations")
    async def list_all_operations() -> list[OperationView]:
        """Lists every operation that is on now, in the order of the integrations."""
        return [
            view(member, route)
            for member in state.runtime.members
            if member.parts
            for router in member.parts.public
            for route in select_routes(router.routes, None)
        ]

    return routes


def view(member: LoadedIntegration, route: RouteContext) -> OperationView:
    """Show an operation as it is declared."""
    operation = operation_of(route.endpoint)
    if operation is None:
        raise TypeError(f"{route.path} is no operation.")
    more = {"title": operation.wording.title, "sentence": operation.wording.description, "path": route.path}
    more |= {"integration": member.integration.name, "integration_title": member.integration.title}
    return OperationView.model_validate(vars(operation) | more | {"method": min(route.methods or {"GET"})})
