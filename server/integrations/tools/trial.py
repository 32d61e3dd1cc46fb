"""Trial of a tool by the person: its arguments are checked as those of clients are, and the answer is shown in parts."""

import asyncio
from time import monotonic
from typing import Any

from pydantic import BaseModel, Field

from server.core.errors import InvalidInput
from server.integrations.tools.models import Block
from server.integrations.tools.schemas.portable import PortableSchema, make_portable
from server.integrations.tools.service import ToolsService
from server.sdk.content import well_formed
from server.sdk.tool_schema import ArgumentValidator, write_out


class TryOrder(BaseModel):
    """A call of a tool."""

    tool: str = Field(max_length=256)
    arguments: dict[str, Any] = {}


class TriedView(BaseModel):
    """Result of a call. `content`: its parts; `text`: all of their texts."""

    text: str
    content: list[Block]
    structured: Any
    failed: bool
    seconds: float


async def try_tool(tools: ToolsService, server_id: str, order: TryOrder) -> TriedView:
    """Call a tool for the person. Raises InvalidInput if the arguments do not fit its schema."""
    tool = tools.servers.find_listed(server_id, order.tool)
    schema = await asyncio.to_thread(make_portable, tool.input_schema)
    await asyncio.to_thread(check_arguments, schema, order.arguments)
    begun = monotonic()
    result = await tools.servers.try_tool(server_id, tool.name, schema.restore(order.arguments))
    return TriedView(
        text=well_formed(result.text),
        content=[block.model_copy(update={"text": well_formed(block.text)}) for block in result.blocks],
        structured=well_formed(result.structured),
        failed=result.failed,
        seconds=monotonic() - begun,
    )


def check_arguments(schema: PortableSchema, arguments: dict[str, Any]) -> None:
    """Raises InvalidInput if arguments do not fit a schema. Blocks."""
    validator = ArgumentValidator(write_out(schema.schema), schema.schema.get("$schema"))
    try:
        validator.check(arguments)
    except ValueError as error:
        raise InvalidInput(f"The arguments do not fit: {error}.") from error
