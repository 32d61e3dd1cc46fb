"""Upstream server that a test starts as a process: a library with resources, prompts, files, questions and slow tools."""

import asyncio
import base64
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import (
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
)
from pydantic import Field

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name", "minLength": 2},
        "days": {"type": "integer", "minimum": 1, "maximum": 30, "default": 7},
        "branch": {"type": "string", "enum": ["north", "south"]},
    },
    "required": ["name"],
}
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPgPAAEDAQAIicLsAAAAAElFTkSuQmCC")
INSTRUCTIONS = "Use \u202efind\u202c first.\u200b Then borrow. " + "Books are quiet. " * 200
ENDS: list[str] = []

server = MCPServer(name="library", instructions=INSTRUCTIONS, log_level="WARNING")


def text(value: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=value)])


@server.tool(structured_output=False)
async def borrow(context: Context[Any, Any]) -> CallToolResult | InputRequiredResult:
    """Borrow a book."""
    if not context.input_responses:
        params = ElicitRequestFormParams(message="Who \u202eborrows it?", requested_schema=FORM)
        return InputRequiredResult(input_requests={"who": ElicitRequest(params=params)}, request_state="state")
    answer = context.input_responses["who"]
    return text(answer.model_dump_json(exclude_none=True))


@server.tool(structured_output=False)
async def visit(context: Context[Any, Any], url: str) -> CallToolResult | InputRequiredResult:
    """Ask the person to visit a page."""
    if not context.input_responses:
        params = ElicitRequestURLParams(message="Pay the fine.", url=url)
        return InputRequiredResult(input_requests={"page": ElicitRequest(params=params)}, request_state="state")
    return text(context.input_responses["page"].model_dump_json(exclude_none=True))


@server.tool(structured_output=False)
async def sample() -> CallToolResult | InputRequiredResult:
    """Ask the client's model."""
    messages = [SamplingMessage(role="user", content=TextContent(text="Hello"))]
    params = CreateMessageRequestParams(messages=messages, max_tokens=10)
    return InputRequiredResult(input_requests={"it": CreateMessageRequest(params=params)}, request_state="state")


@server.tool(structured_output=False)
async def copy(context: Context[Any, Any], pages: int = 3) -> CallToolResult:
    """Copy pages, slowly."""
    try:
        for page in range(pages):
            await context.report_progress(page, pages, f"page {page}")
            await asyncio.sleep(0.05)
    except BaseException as error:
        ENDS.append("cancelled" if "Cancelled" in type(error).__name__ else "failed")
        raise
    return text("copied")


@server.tool(structured_output=False)
def last_copy() -> CallToolResult:
    """Say how the last copying that did not succeed ended."""
    return text(ENDS[-1] if ENDS else "")


@server.tool(structured_output=False)
def archive(
    scan_data: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})], title: str = "", cover: str = ""
) -> CallToolResult:
    """Archive a file."""
    return text(f"{title}: {len(base64.b64decode(scan_data))} bytes {cover}")


@server.resource("library://books", title="Books", description="All books.", mime_type="application/json")
def books() -> str:
    return '["Momo"]'


@server.resource("library://cover", mime_type="image/png")
def cover() -> bytes:
    return PIXEL


@server.resource("library://scan", mime_type="application/pdf")
def scan() -> bytes:
    return b"%PDF-1.7 made up"


@server.resource("library://books/{number}", title="One book")
def book(number: str) -> str:
    return f"Book {number}"


@server.prompt()
def review(book: str) -> str:
    """Review a book."""
    return f"Write a review of {book}."


if __name__ == "__main__":
    server.run()
