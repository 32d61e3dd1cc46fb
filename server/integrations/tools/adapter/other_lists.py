"""Resources, their templates, and prompts of a server. A list that fails does not take the tools with it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import mcp_types as types
from mcp import Client
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from server.integrations.tools.adapter.listing import (
    MOST_OTHERS,
    Page,
    convert_prompt,
    convert_resource,
    convert_template,
    list_pages,
)
from server.integrations.tools.models import ServerInfo

SECONDS = 8.0  # for all pages of one list


async def list_others(client: Client, info: ServerInfo, notes: list[str]) -> dict[str, Any]:
    """List what a server has besides tools, by the fields of a catalog. A list that cannot be read is noted."""

    async def fetch_resources(cursor: str | None) -> Page:
        page = await client.list_resources(cursor=cursor)
        return list(page.resources), page.next_cursor

    async def fetch_templates(cursor: str | None) -> Page:
        page = await client.list_resource_templates(cursor=cursor)
        return list(page.resource_templates), page.next_cursor

    async def fetch_prompts(cursor: str | None) -> Page:
        page = await client.list_prompts(cursor=cursor)
        return list(page.prompts), page.next_cursor

    resources = await list_each(fetch_resources, "resources", notes) if info.resources else []
    templates = await list_each(fetch_templates, "resource templates", notes) if info.resources else []
    prompts = await list_each(fetch_prompts, "prompts", notes) if info.prompts else []
    return {
        "resources": tuple(map(convert_resource, resources)),
        "templates": tuple(map(convert_template, templates)),
        "prompts": tuple(map(convert_prompt, prompts)),
    }


async def list_each(fetch: Callable[[str | None], Awaitable[Page]], name: str, notes: list[str]) -> list[Any]:
    """List all pages; nothing, with a note, if the server fails. A server without templates need not know of them."""
    try:
        async with asyncio.timeout(SECONDS):
            items, cut = await list_pages(fetch, MOST_OTHERS)
    except MCPError as error:
        if error.code != types.METHOD_NOT_FOUND:
            notes.append(f"Its {name} could not be listed.")
        return []
    except TimeoutError:
        notes.append(f"Its {name} could not be listed in time.")
        return []
    except ValidationError:
        notes.append(f"Its {name} cannot be read.")
        return []
    if cut:
        notes.append(f"It lists more than {MOST_OTHERS} {name}, or without end; {len(items)} are offered.")
    return items
