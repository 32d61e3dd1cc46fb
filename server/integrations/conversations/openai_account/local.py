"""Local routes of the connection with OpenAI: key, options, models, usage and budgets."""

from typing import Annotated

from fastapi import Query

from server.integrations.conversations.openai_account.aliases import check_aliases
from server.integrations.conversations.openai_account.views import (
    KeyOrder,
    ModelList,
    OpenAIChange,
    OpenAIView,
    TestResult,
    test_connection,
    view_connection,
    view_models,
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
    if change.base_url in {"", service.openai.settings.base_url}:  # else the list of the other one cannot be read yet
        await check_aliases(service.openai, change.aliases.values())
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
