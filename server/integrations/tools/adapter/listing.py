"""Listings of a server: all pages, up to limits, without hidden characters, and without items that cannot be read."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp.shared.inbound import find_invalid_x_mcp_header
from pydantic import ValidationError

from server.core.text import shorten
from server.integrations.tools.hidden import HIDDEN_TEXT, hides_text, show_name, show_plain
from server.integrations.tools.models import Prompt, Resource, Tool

MOST_TOOLS = 1_000
LARGEST_TOOLS = 8 * 1_048_576  # characters of all tools
MOST_OTHERS = 1_000  # resources, or prompts
MOST_PAGES = 100
LONGEST_NAME = 256  # characters; the protocol recommends 128
LONGEST_DESCRIPTION = 20_000
LONGEST_INSTRUCTIONS = 20_000
CLAIMS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")

Page = tuple[list[Any], str | None]


class ToolFilter:
    """Takes unreadable tools and all output schemas out of the pages of a listing, before the SDK reads them.

    One invalid tool would fail the whole listing. The SDK validates answers by the server's output schema on the event loop,
    where a hostile pattern could run for ever; Deskhand passes the schema on instead.
    """

    def __init__(self) -> None:
        self.output_schemas: dict[str, dict[str, Any]] = {}
        self.unreadable = self.left_out = self._size = 0

    def reset(self) -> None:
        self.output_schemas, self.unreadable, self.left_out, self._size = {}, 0, 0, 0

    def inspect(self, result: dict[str, Any]) -> None:
        """Filter the tools of an answer, if it has any."""
        tools = result.get("tools")
        if isinstance(tools, list):
            self.left_out += max(0, len(tools) - MOST_TOOLS)
            result["tools"] = [tool for tool in tools[:MOST_TOOLS] if self._is_readable(tool)]

    def _is_readable(self, tool: Any) -> bool:
        if not isinstance(tool, dict):
            self.unreadable += 1
            return False
        output_schema = tool.pop("outputSchema", None)
        try:
            self._size += len(json.dumps([tool, output_schema]))
            if self._size > LARGEST_TOOLS:
                self.left_out += 1
                return False
            name = types.Tool.model_validate(tool, by_name=False).name
            invalid = not name or len(name) > LONGEST_NAME or find_invalid_x_mcp_header(tool["inputSchema"])
        except (ValidationError, RecursionError):
            invalid = True
        if invalid:
            self.unreadable += 1
            return False
        if isinstance(output_schema, dict):
            self.output_schemas[name] = output_schema
        return True


async def list_pages(fetch: Callable[[str | None], Awaitable[Page]], most: int) -> tuple[list[Any], bool]:
    """Fetch all pages. Returns the items, and whether the listing was cut: too many items or pages, or a cursor that repeats."""
    items: list[Any] = []
    cursors: set[str] = set()
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page, cursor = await fetch(cursor)
        items += page
        if len(items) > most:
            return items[:most], True
        if cursor is None:
            return items, False
        if cursor in cursors:
            return items, True
        cursors.add(cursor)
    return items, True


def clean(text: str | None, longest: int = LONGEST_DESCRIPTION) -> str:
    """Return a text without what it hides, at most so long."""
    return show_plain(text or "", longest)


def convert_tools(tools: list[types.Tool], filtered: ToolFilter) -> tuple[list[Tool], list[str]]:
    """Convert tools. Returns them with notes about what is suspicious; of several with one name the first counts."""
    result: dict[str, Tool] = {}
    notes: list[str] = []
    for tool in tools:
        name = show_name(tool.name, LONGEST_NAME)
        if not name:
            notes.append("A tool whose name shows nothing is left out.")
        elif name in result:
            notes.append(f"The tool {shorten(name)} is listed twice; the first counts.")
        else:
            result[name] = convert_tool(name, tool, filtered)
            if result[name].flags:
                notes.append(f"Hidden text was removed from {shorten(name)}.")
    return list(result.values()), notes


def convert_tool(name: str, tool: types.Tool, filtered: ToolFilter) -> Tool:
    """Convert a tool. `name`: without what its own hides."""
    claims = tool.annotations.model_dump(mode="json", by_alias=True, exclude_none=True) if tool.annotations else {}
    title, description = tool.title or claims.get("title") or "", tool.description or ""
    hides = tool.name != name or hides_text(title, LONGEST_NAME) or hides_text(description, LONGEST_DESCRIPTION)
    return Tool(
        name=name,
        original_name=tool.name if tool.name != name else "",
        title=clean(title, LONGEST_NAME),
        description=clean(description),
        input_schema=tool.input_schema,
        output_schema=filtered.output_schemas.get(tool.name),
        annotations={claim: claims[claim] for claim in CLAIMS if isinstance(claims.get(claim), bool)},
        flags=(HIDDEN_TEXT,) if hides else (),
    )


def convert_resource(resource: types.Resource) -> Resource:
    return Resource(
        uri=str(resource.uri),
        name=clean(resource.title or resource.name, LONGEST_NAME),
        description=clean(resource.description),
        mime_type=clean(resource.mime_type, LONGEST_NAME),
    )


def convert_template(template: types.ResourceTemplate) -> Resource:
    return Resource(
        uri=template.uri_template,
        name=clean(template.title or template.name, LONGEST_NAME),
        description=clean(template.description),
        mime_type=clean(template.mime_type, LONGEST_NAME),
    )


def convert_prompt(prompt: types.Prompt) -> Prompt:
    return Prompt(
        name=prompt.name,
        description=clean(prompt.description or prompt.title),
        arguments=tuple(argument.name for argument in prompt.arguments or ()),
    )
