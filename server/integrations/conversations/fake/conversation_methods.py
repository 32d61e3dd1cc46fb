"""The fake OpenAI's Conversations API. https://platform.openai.com/docs/api-reference/conversations"""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.integrations.conversations.fake.account import Account, JsonObject, make_id, read_object
from server.integrations.conversations.fake.faults import ApiError

MOST_ITEMS = 20  # of one request
ADDED: dict[str, JsonObject] = {  # to parts of a message
    "output_text": {"annotations": [], "logprobs": []},
    "input_image": {"detail": "auto", "file_id": None},
}
KINDS = {"input_text", "output_text", "input_image", "input_file", "refusal", "text"}


def read_items(value: Any, param: str) -> list[JsonObject]:
    """Read the items of a request, with ids and with content as a list of parts."""
    if not isinstance(value, list):
        raise ApiError(400, f"Invalid type for '{param}': expected an array.", "invalid_type", param)
    return [read_item(item, f"{param}[{place}]") for place, item in enumerate(value)]


def read_item(item: Any, param: str) -> JsonObject:
    """Read one item."""
    if not isinstance(item, dict):
        raise ApiError(400, f"Invalid type for '{param}': expected an object.", "invalid_type", param)
    kind = item.get("type", "message")
    if kind != "message":
        return {**item, "id": item.get("id") or make_id("item"), "status": "completed"}
    role, content = item.get("role"), item.get("content")
    if role not in {"user", "assistant", "system", "developer"}:
        raise ApiError(400, f"Invalid value: '{role}'.", "invalid_value", f"{param}.role")
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    if not isinstance(content, list) or not content:
        raise ApiError(400, f"Missing required parameter: '{param}.content'.", "missing_required_parameter", f"{param}.content")
    for place, part in enumerate(content):
        check_part(part, role, f"{param}.content[{place}]")
    content = [{**ADDED.get(part["type"], {}), **part} for part in content]
    return {"id": item.get("id") or make_id("msg"), "type": "message", "status": "completed", "role": role, "content": content}


def check_part(part: Any, role: str, param: str) -> None:
    """Check a part of a message: a text of the assistant is output, any other is input."""
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in KINDS or (kind == "input_text" and role == "assistant") or (kind == "output_text" and role != "assistant"):
        raise ApiError(400, f"Invalid value: '{kind}'.", "invalid_value", f"{param}.type")


def read_text(item: JsonObject) -> tuple[str, str]:
    """Read an item's role and text."""
    if item.get("type") == "function_call_output":
        return "tool", str(item.get("output", ""))
    if item.get("type") == "function_call":
        return "assistant", f"{item.get('name')}({item.get('arguments')})"
    parts = item.get("content") or []
    return item.get("role", "assistant"), "".join(part.get("text") or "" for part in parts if isinstance(part, dict))


def describe_list(items: Iterable[JsonObject], *, has_more: bool = False) -> JsonObject:
    """Describe a page of items."""
    data = list(items)
    first, last = (data[0]["id"], data[-1]["id"]) if data else ("", "")
    return {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": has_more}


class Conversations:
    """Conversations and their items."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Answer the addresses."""
        item, items = "/v1/conversations/{id}", "/v1/conversations/{id}/items"
        return [
            Route("/v1/conversations", self.create, methods=["POST"]),
            Route(item, self.read, methods=["GET"]),
            Route(item, self.update, methods=["POST"]),
            Route(item, self.delete, methods=["DELETE"]),
            Route(items, self.add_items, methods=["POST"]),
            Route(items, self.list_items, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        self._account.require_key(request)
        body = await read_object(request)
        items = self._read_new(body.get("items") or [])
        now, conversation_id = self._account.now(), make_id("conv")
        conversation = {
            "id": conversation_id,
            "object": "conversation",
            "created_at": now,
            "metadata": body.get("metadata") or {},
        }
        self._account.conversations[conversation_id] = conversation
        self._account.items[conversation_id] = items
        return JSONResponse(conversation)

    async def read(self, request: Request) -> Response:
        return JSONResponse(self._find(request))

    async def update(self, request: Request) -> Response:
        conversation, body = self._find(request), await read_object(request)
        conversation["metadata"] = body.get("metadata") or {}
        return JSONResponse(conversation)

    async def delete(self, request: Request) -> Response:
        conversation_id = self._find(request)["id"]
        del self._account.conversations[conversation_id], self._account.items[conversation_id]
        return JSONResponse({"id": conversation_id, "object": "conversation.deleted", "deleted": True})

    async def add_items(self, request: Request) -> Response:
        conversation_id = self._find(request)["id"]
        items = self._read_new((await read_object(request)).get("items"))
        self._account.items[conversation_id] += items
        return JSONResponse(describe_list(items))

    async def list_items(self, request: Request) -> Response:
        query = request.query_params
        items = list(self._account.items[self._find(request)["id"]])
        if query.get("order", "desc") == "desc":
            items.reverse()
        places = [place for place, item in enumerate(items) if item["id"] == query.get("after")]
        items = items[places[0] + 1 :] if places else items
        most = min(max(int(query.get("limit", "20")), 1), 100)
        return JSONResponse(describe_list(items[:most], has_more=len(items) > most))

    def _find(self, request: Request) -> JsonObject:
        self._account.require_key(request)
        return self._account.require_conversation(request.path_params["id"])

    def _read_new(self, value: Any) -> list[JsonObject]:
        items = read_items(value, "items")
        if len(items) > MOST_ITEMS:
            message = f"Invalid 'items': array too long. Expected at most {MOST_ITEMS}, but got {len(items)} instead."
            raise ApiError(400, message, "array_above_max_length", "items")
        return items
