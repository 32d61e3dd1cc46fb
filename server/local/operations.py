"""The operations there are, for choosing what a client may do."""

from fastapi import APIRouter, Depends
from fastapi.routing import RouteContext

from server.access.clients.client import Client, Policy
from server.access.clients.presets import LABELS, Preset, describe_always, make_permissions
from server.local.models import OperationView, PresetView
from server.projections.openapi import select_routes
from server.runtime.catalogue import LoadedIntegration
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
            for router in member.routers
            for route in select_routes(router.routes, None)
        ]

    @routes.get("/presets")
    async def list_presets() -> list[PresetView]:
        """Lists the permission presets with what they permit now."""
        return [view_preset(state, preset) for preset in Preset]

    return routes


def view_preset(state: State, preset: Preset) -> PresetView:
    """Show a preset."""
    operations = state.runtime.operations().values()
    permissions = make_permissions(preset, operations)
    client = Client("", "", permissions.scopes, permissions.policies)
    title, text = LABELS[preset]
    policies = {
        operation.name: client.policy_for(operation) if operation.scope in client.scopes else Policy.deny
        for operation in operations
        if operation.scope
    }
    return PresetView(name=preset, title=title, text=text, policies=policies)


def view(member: LoadedIntegration, route: RouteContext) -> OperationView:
    """Show an operation as it is declared."""
    operation = operation_of(route.endpoint)
    if operation is None:
        raise TypeError(f"{route.path} is no operation.")
    more = {"title": operation.wording.title, "sentence": operation.wording.description, "path": route.path}
    more |= {
        "integration": member.integration.name,
        "integration_title": member.integration.title,
        "always": describe_always(operation),
    }
    return OperationView.model_validate(vars(operation) | more | {"method": min(route.methods or {"GET"})})
