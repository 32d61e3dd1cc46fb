"""The fake OpenAI's models. https://platform.openai.com/docs/api-reference/models"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.integrations.conversations.fake.account import Account, JsonObject


def describe_model(account: Account, name: str) -> JsonObject:
    """Describe a model."""
    fields = {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "system"}
    return {**fields, "shutdown_date": account.models[name]}


def make_model_routes(account: Account) -> list[Route]:
    """Answer /v1/models."""

    async def list_models(request: Request) -> Response:
        account.require_key(request)
        return JSONResponse({"object": "list", "data": [describe_model(account, name) for name in account.models]})

    async def read_model(request: Request) -> Response:
        account.require_key(request)
        return JSONResponse(describe_model(account, account.require_model(request.path_params["model"])))

    return [Route("/v1/models", list_models), Route("/v1/models/{model}", read_model)]
