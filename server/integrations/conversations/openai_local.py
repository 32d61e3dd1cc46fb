"""Local routes of the connection with OpenAI: key, options, models, usage and budgets."""

from typing import Annotated

from fastapi import Query

from server.core.errors import InvalidInput
from server.integrations.conversations.openai_views import (
    BudgetOrder,
    CallList,
    KeyOrder,
    ModelList,
    OpenAIChange,
    OpenAIView,
    TestResult,
    UsageReport,
    test_connection,
    view_call,
    view_connection,
    view_models,
    view_usage,
)
from server.integrations.conversations.service import ConversationsService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/openai", tags=["OpenAI"])
Service = Annotated[ConversationsService, provided(ConversationsService)]


async def view(service: ConversationsService) -> OpenAIView:
    """View the connection and the problem of its webhook."""
    return await view_connection(service.openai, service.spending, service.openai_webhook.problem)


@local.get("")
async def show_openai(service: Service) -> OpenAIView:
    """Shows how OpenAI is used, without the key."""
    return await view(service)


@local.put("")
async def change_openai(service: Service, change: OpenAIChange) -> OpenAIView:
    """Changes options; what is left out stays. Another base URL needs a key of its own."""
    await service.openai.change(**change.model_dump(exclude_unset=True))
    return await view(service)


@local.put("/key")
async def set_key(service: Service, order: KeyOrder) -> TestResult:
    """Stores the key in the keyring, unless OpenAI refuses it, and tests the connection."""
    await service.openai.set_key(order.key)
    return await test_connection(service.openai)


@local.delete("/key")
async def remove_key(service: Service) -> OpenAIView:
    """Removes the key."""
    await service.openai.remove_key()
    return await view(service)


@local.post("/test")
async def test_openai(service: Service) -> TestResult:
    """Tests the connection: the key, the address and the model."""
    return await test_connection(service.openai)


@local.get("/models")
async def list_models(service: Service, *, fresh: Annotated[bool, Query()] = False) -> ModelList:
    """Lists the models for conversations with their shutdown dates."""
    return view_models(await service.openai.list_models(fresh=fresh), service.context.clock.now().date())


@local.put("/budget")
async def set_budget(service: Service, order: BudgetOrder) -> OpenAIView:
    """Sets the budget of a month, in all or of a project. A request that would exceed it is refused before it is sent."""
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
