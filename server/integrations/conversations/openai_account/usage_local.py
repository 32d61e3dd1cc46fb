"""Local routes of usage and budgets."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from server.core.errors import InvalidInput
from server.integrations.conversations.openai_account.local import Service, view
from server.integrations.conversations.openai_account.settings import Amount
from server.integrations.conversations.openai_account.usage_views import CallList, UsageReport, view_call, view_usage
from server.integrations.conversations.openai_account.views import OpenAIView
from server.sdk.routing import DeferredRouter

local = DeferredRouter(prefix="/api/openai", tags=["OpenAI"])


class BudgetOrder(BaseModel):
    """A budget of a month."""

    budget: Amount | None = Field(description="US dollars; null: no limit.")
    project: str = Field("", max_length=200, description="The project that it is for; empty: all together.")


@local.put("/budget")
async def set_budget(service: Service, order: BudgetOrder) -> OpenAIView:
    """Sets the budget of a month, in all or of a project. A request that would exceed it is refused before it is sent."""
    if order.project and order.budget is not None:
        await service.projects.find(order.project)
    try:
        await service.spending.set_budget(order.budget, order.project)
    except ValueError as error:
        raise InvalidInput(str(error)) from None
    return await view(service)


@local.get("/usage")
async def show_usage(service: Service) -> UsageReport:
    """Shows tokens and cost of each month and project."""
    return view_usage(await service.spending.read_months())


@local.get("/calls")
async def list_calls(
    service: Service,
    month: Annotated[str, Query(pattern=r"^\d{4}-\d{2}$")],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CallList:
    """Lists the requests of a month with their cost, the newest first."""
    return CallList(calls=[view_call(row) for row in await service.spending.read_calls(month, limit)])
