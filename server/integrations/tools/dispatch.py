"""Calls of a tool by name, and questions: handed over to the operation of the tool, whose policy applies."""

import json
from datetime import UTC, datetime
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from server.core.errors import InvalidInput, NotFound
from server.core.version import read_version
from server.integrations.tools.callers import scope_of
from server.integrations.tools.offer import OfferedTool
from server.integrations.tools.service import ToolsService
from server.sdk.operation import current_call

NO_QUERY_TOOL = (
    "No MCP server here answers questions. Add one with a tool called natural_query, or choose a tool in the settings."
)


class ToolCall(BaseModel):
    """A call of a tool by its name."""

    name: str = Field("", max_length=256, description="The name of the tool, as GET /tools lists it.")
    function_name: str = Field("", max_length=256, description="The same, for older callers.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="The arguments of the tool.")


class Question(BaseModel):
    """A question in plain language."""

    model_config = ConfigDict(extra="allow")

    query: str = Field(min_length=1, max_length=10_000, description="The question.")
    response_format: str = Field("both", max_length=40, description="The form of the answer: table, natural or both.")


class ListedTool(BaseModel):
    """A tool."""

    name: str = Field(description="Its name.")
    description: str = Field(description="What it does.")
    parameters: dict[str, Any] = Field(description="The JSON Schema of its arguments.")


class ServerDescription(BaseModel):
    """The server."""

    name: str = Field(description="Its name.")
    version: str = Field(description="Its version.")
    capabilities: list[str] = Field(description="What it offers.")


class ToolList(BaseModel):
    """The tools that the caller may use."""

    tools: list[ListedTool] = Field(description="The tools.")
    server_info: ServerDescription = Field(description="The server.")
    renamed: dict[str, list[str]] = Field(description="Names that several tools have, and what those are called instead.")


def list_allowed(tools: ToolsService) -> ToolList:
    """List the tools for which the caller has the scope."""
    allowed = [tool for tool in tools.offers.tools if is_allowed(tool)]
    names = {tool.public.name for tool in allowed}
    renamed = {name: [other for other in others if other in names] for name, others in tools.offers.list_renamed().items()}
    listed = [
        ListedTool(
            name=tool.public.name,
            description=tool.tool.description or tool.tool.title,
            parameters=tools.offers.parameters_of(tool),
        )
        for tool in allowed
    ]
    return ToolList(
        tools=listed,
        server_info=ServerDescription(name="Deskhand", version=read_version(), capabilities=["tools"]),
        renamed={name: others for name, others in renamed.items() if others},
    )


def is_allowed(tool: OfferedTool) -> bool:
    return current_call.get().has_scope(scope_of(tool.key.server))


async def call_by_name(tools: ToolsService, order: ToolCall) -> Response:
    """Call a tool. Raises NotFound if there is none of this name."""
    name = order.name or order.function_name
    if not name:
        raise InvalidInput("Give the name of a tool. GET /tools lists them.")
    tool = tools.offers.find_tool(name, is_allowed)
    response = await hand_over(tool, order.arguments)
    return reshape(response, {"tool_name": tool.public.name})


async def ask(tools: ToolsService, question: Question) -> Response:
    """Ask the tool for questions, with the arguments that it knows. Raises NotFound if there is none."""
    candidates = tools.find_query_tools()
    tool = next((candidate for candidate in candidates if is_allowed(candidate)), next(iter(candidates), None))
    if tool is None:
        raise NotFound(NO_QUERY_TOOL)
    arguments = choose_arguments(question, tools.offers.parameters_of(tool))
    echoed = {"query": question.query, "response_format": question.response_format, "timestamp": datetime.now(UTC).isoformat()}
    return reshape(await hand_over(tool, arguments), echoed)


def choose_arguments(question: Question, schema: dict[str, Any]) -> dict[str, Any]:
    """Choose the arguments that a tool knows. Its only required text is the question, whatever it is called.

    What the caller did not give is left to the tool. Raises InvalidInput if it takes no question.
    """
    known, required = schema.get("properties", {}), schema.get("required", [])
    given = question.model_dump(exclude_unset=True)
    texts = [name for name in required if known.get(name, {}).get("type") == "string"]
    name = "query" if "query" in known else texts[0] if len(texts) == 1 else ""
    if not name:
        raise InvalidInput("The tool for questions takes none. Choose another one in the settings.")
    return {key: value for key, value in given.items() if key in known and key != "query"} | {name: question.query}


async def hand_over(tool: OfferedTool, arguments: dict[str, Any]) -> Response:
    return await current_call.get().hand_over(tool.identity, tool.path, json.dumps(arguments).encode())


def reshape(response: Response, more: dict[str, Any]) -> Response:
    """Give a result the fields that callers of these addresses expect; refusals and pending calls stay as they are."""
    if response.status_code != 200:
        return response
    answer = json.loads(bytes(response.body))
    parts = answer["content"]
    result: dict[str, Any] = {"result": "\n".join(part["text"] for part in parts if part.get("text"))}
    if any(part["type"] != "text" for part in parts):
        result["content"] = parts
    if answer.get("structuredContent") is not None:
        result["structuredContent"] = answer["structuredContent"]
    return JSONResponse(result | more | {"success": True})
