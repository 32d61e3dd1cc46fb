"""Addresses that call tools by name. No document lists them: each tool has an operation of its own."""

from typing import Annotated

from fastapi import Query, Response

from server.core.sentences import Sentence
from server.integrations.tools.dispatch import Question, ToolCall, ToolList, ask, call_by_name, list_allowed
from server.integrations.tools.service import ToolsService
from server.sdk.operation import Operations, Wording
from server.sdk.services import provided

public = Operations(prefix="", title="Tools", open_world=True, scopes=("", ""))
Tools = Annotated[ToolsService, provided(ToolsService)]
LIST = Wording(
    "List tools",
    "Lists the tools that it may use.",
    (Sentence("list its tools", "is listing its tools", "listed its tools", "could not list its tools"),),
)
CALL = Wording(
    "Call a tool",
    "Calls a tool by its name.",
    (Sentence("use a tool", "is using a tool", "used a tool", "could not use a tool"),),
)
ASK = Wording(
    "Ask a question",
    "Asks a tool a question in plain language.",
    (Sentence("ask a question", "is asking a question", "asked a question", "could not ask a question"),),
)
QueryText = Annotated[str, Query(min_length=1, max_length=10_000, description="The question.")]
Format = Annotated[str, Query(max_length=40, description="The form of the answer: table, natural or both.")]


@public.operation("GET", "/tools", wording=LIST, listed=False, for_callers=True)
async def list_all_tools(tools: Tools) -> ToolList:
    """List the tools of the MCP servers that the caller may use."""
    return list_allowed(tools)


@public.operation("POST", "/tools", wording=CALL, changes=False, listed=False, for_callers=True)
async def call_tool_by_name(tools: Tools, order: ToolCall) -> Response:
    """Call a tool of an MCP server by its name."""
    return await call_by_name(tools, order)


@public.operation("POST", "/query", wording=ASK, changes=False, listed=False, for_callers=True)
async def send_query(tools: Tools, question: Question) -> Response:
    """Ask a question in plain language."""
    return await ask(tools, question)


@public.operation("GET", "/query", wording=ASK, listed=False, for_callers=True)
async def read_query(tools: Tools, query: QueryText, response_format: Format = "both") -> Response:
    """Ask a question in plain language."""
    return await ask(tools, Question(query=query, response_format=response_format))
