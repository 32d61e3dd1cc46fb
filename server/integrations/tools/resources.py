"""Resources and prompts of a server as two tools of Deskhand's: one that lists and reads resources, one for prompts."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Protocol

from server.core.errors import InvalidInput
from server.core.invisible import show_line
from server.core.text import shorten
from server.integrations.tools.models import Block, BlockKind, Catalog, Prompt, Resource, Tool, ToolResult
from server.sdk.dynamic import LONGEST_DESCRIPTION
from server.sdk.tool_schema import LONGEST_PARAMETER

READ_RESOURCE = "read_resource"
GET_PROMPT = "get_prompt"
LONGEST_URI = 4_096
LONGEST_LISTED = 300  # characters of a description in a list
MOST_CHOICES = 100  # names of prompts in a schema
MOST_ARGUMENTS = 50
LONGEST_ARGUMENT = 20_000


class BuiltInTool(Tool):
    """Tool of Deskhand's. What it says about the server's lists is no part of what the person accepts: it changes with them."""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"description", "input_schema"})


class Reader(Protocol):
    """The part of a session that reads."""

    async def read_resource(self, uri: str) -> tuple[Block, ...]: ...

    async def get_prompt(self, name: str, arguments: dict[str, str]) -> tuple[Block, ...]: ...


def list_built_in(catalog: Catalog, title: str) -> tuple[Tool, ...]:
    """List the tools for what a server has besides its own tools, whose names go first."""
    own = {tool.name for tool in catalog.tools}
    tools = (describe_resources(catalog, title), describe_prompts(catalog, title))
    return tuple(tool for tool in tools if tool and tool.name not in own)


def is_readable(text: str, longest: int = LONGEST_URI) -> bool:
    """Return whether a URI or a name can be shown and sent as it is."""
    return 0 < len(text) <= longest and show_line(text) == text


def describe_resources(catalog: Catalog, title: str) -> Tool | None:
    """Describe the tool that reads resources; None if there are none."""
    resources = [resource for resource in (*catalog.resources, *catalog.templates) if is_readable(resource.uri)]
    if not resources:
        return None
    known = [f"{shorten(resource.name)} ({shorten(resource.uri)})" for resource in resources]
    description = fit(f"Read a resource of “{shorten(title)}”. Without uri, it lists {count(resources)}", known)
    uris = [resource.uri for resource in resources]
    shown = fit("The URI of the resource; fill in the {parts} of a template. Such as:", uris, LONGEST_PARAMETER)
    schema = {
        "type": "object",
        "properties": {"uri": {"type": "string", "maxLength": LONGEST_URI, "description": shown}},
        "additionalProperties": False,
    }
    return BuiltInTool(name=READ_RESOURCE, title="Read a resource", description=description, input_schema=schema)


def count(listed: Sequence[object]) -> str:
    return f"all {len(listed)}. There are:" if len(listed) > 1 else "it. There is:"


def describe_prompts(catalog: Catalog, title: str) -> Tool | None:
    """Describe the tool that returns prompts; None if there are none."""
    prompts = [prompt for prompt in catalog.prompts if is_readable(prompt.name)]
    if not prompts:
        return None
    known = [f"{prompt.name}({', '.join(prompt.arguments)})" for prompt in prompts]
    description = fit(f"Get a prompt of “{shorten(title)}”. Without name, it lists {count(prompts)}", known)
    name: dict[str, Any] = {"type": "string", "description": "The name of the prompt."}
    if len(prompts) <= MOST_CHOICES:
        name["enum"] = [prompt.name for prompt in prompts]
    values = {
        "type": "object",
        "properties": {},
        "additionalProperties": {"type": "string", "maxLength": LONGEST_ARGUMENT},
        "maxProperties": MOST_ARGUMENTS,
        "description": fit("The arguments of the prompt, as texts. They are:", known, LONGEST_PARAMETER),
    }
    schema = {"type": "object", "properties": {"name": name, "arguments": values}, "additionalProperties": False}
    return BuiltInTool(name=GET_PROMPT, title="Get a prompt", description=description, input_schema=schema)


def fit(beginning: str, items: Iterable[str], longest: int = LONGEST_DESCRIPTION) -> str:
    """Write a sentence with as many of the items as have room."""
    text, shown = beginning, 0
    for item in items:
        longer = f"{text}{',' if shown else ''} {show_line(item)}"
        if len(longer) > longest - 2:
            return f"{text} …"
        text, shown = longer, shown + 1
    return f"{text}."


async def use_built_in(session: Reader, catalog: Catalog, name: str, arguments: dict[str, Any]) -> ToolResult:
    """Use one of these tools. Raises InvalidInput if the arguments do not fit it."""
    if name == READ_RESOURCE:
        uri = arguments.get("uri") or ""
        if not uri:
            return show_list({"resources": list_resources(catalog.resources), "templates": list_resources(catalog.templates)})
        if not is_readable(uri):
            raise InvalidInput("This is not the URI of a resource.")
        return ToolResult(blocks=await session.read_resource(uri))
    prompt = arguments.get("name") or ""
    if not prompt:
        return show_list({"prompts": list_prompts(catalog.prompts)})
    values = {str(key): str(value) for key, value in (arguments.get("arguments") or {}).items()}
    return ToolResult(blocks=await session.get_prompt(prompt, values))


def show_list(lists: dict[str, Any]) -> ToolResult:
    text = json.dumps(lists, ensure_ascii=False)
    return ToolResult(blocks=(Block(kind=BlockKind.text, text=text),), structured=lists)


def list_resources(resources: Sequence[Resource]) -> list[dict[str, Any]]:
    return [
        {**resource.model_dump(exclude_defaults=True), "description": resource.description[:LONGEST_LISTED]}
        for resource in resources
        if is_readable(resource.uri)
    ]


def list_prompts(prompts: Sequence[Prompt]) -> list[dict[str, Any]]:
    return [
        {"name": prompt.name, "description": prompt.description[:LONGEST_LISTED], "arguments": list(prompt.arguments)}
        for prompt in prompts
        if is_readable(prompt.name)
    ]
