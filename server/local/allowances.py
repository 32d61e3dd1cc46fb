"""Allowances of a client, for a while or for some recipients: listing and ending them."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from server.runtime.state import State
from server.sdk.approval_requests import ApprovalDuration


class AllowanceView(BaseModel):
    """Something that a client may do without asking again."""

    id: str = Field(description="Its number.")
    operation: str = Field(description="The operation's name.")
    extent: ApprovalDuration = Field(description="quarter: for a while; recipients: to these recipients.")
    recipients: list[str] = Field(description="The addresses that it stands for.")
    until: str | None = Field(description="Until when, ISO 8601 in UTC; null: until it is ended.")


def create_routes(state: State) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/clients/{name}/allowances")
    allowances = state.approvals.allowances

    @routes.get("")
    async def list_allowances(name: str) -> list[AllowanceView]:
        """Lists what a client may do for a while or to some recipients without asking again, oldest first."""
        allowed = await allowances.list((await state.clients.show(name)).id)
        return [AllowanceView.model_validate(allowance, from_attributes=True) for allowance in allowed]

    @routes.delete("/{allowance_id}", status_code=204)
    async def end_allowance(name: str, allowance_id: str) -> None:
        """Ends one of them: from the next call on it asks again."""
        await allowances.end((await state.clients.show(name)).id, allowance_id)
        state.context.events.publish("clients")

    return routes
