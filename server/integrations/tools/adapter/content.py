"""Contents of answers: texts, images, audio, links and resources, each converted by itself."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import mcp_types as types

from server.core.invisible import remove_hidden
from server.core.items import convert_items
from server.integrations.tools.models import Block, BlockKind, ToolResult

MOST_BLOCKS = 1_000
LONGEST_URI = 4_096
LARGE = 50_000  # characters of an answer; removing what a larger one hides could take seconds
T = TypeVar("T")


async def convert(contents: Iterable[Any], function: Callable[..., T], *arguments: Any) -> T:
    """Call a function that converts contents, in a thread if they are large."""
    if sum(map(measure, contents)) > LARGE:
        return await asyncio.to_thread(function, *arguments)
    return function(*arguments)


def measure(content: Any) -> int:
    """Measure the texts of a content."""
    fields = {**vars(content), **vars(getattr(content, "resource", content))}
    return sum(len(value) for value in fields.values() if isinstance(value, str))


def convert_result(result: types.CallToolResult, error_prefixes: tuple[str, ...]) -> ToolResult:
    """Convert the answer of a tool. `error_prefixes`: beginnings of texts that are failures whatever the server says."""
    blocks = convert_blocks(result.content)
    first = next((block.text for block in blocks if block.text), "").lstrip()
    failed = result.is_error is True or (bool(error_prefixes) and first.startswith(error_prefixes))
    return ToolResult(blocks=blocks, structured=result.structured_content, failed=failed)


def convert_blocks(contents: Iterable[Any]) -> tuple[Block, ...]:
    """Convert contents; the text of one that cannot be read says so."""
    return tuple(
        convert_items(list(contents)[:MOST_BLOCKS], convert_block, lambda _: Block(kind=BlockKind.text, text=UNREADABLE))
    )


UNREADABLE = "[This part of the answer could not be read.]"


def convert_block(content: Any) -> Block:
    """Convert one content. Raises KeyError for a kind that is not known."""
    return CONVERTERS[type(content)](content)


def convert_text(content: types.TextContent) -> Block:
    return Block(kind=BlockKind.text, text=remove_hidden(content.text))


def convert_image(content: types.ImageContent) -> Block:
    return Block(kind=BlockKind.image, data=content.data, mime_type=content.mime_type)


def convert_audio(content: types.AudioContent) -> Block:
    return Block(kind=BlockKind.audio, data=content.data, mime_type=content.mime_type)


def convert_link(content: types.ResourceLink) -> Block:
    return Block(
        kind=BlockKind.link,
        uri=str(content.uri)[:LONGEST_URI],
        name=remove_hidden(content.title or content.name or ""),
        text=remove_hidden(content.description or ""),
        mime_type=content.mime_type or "",
    )


def convert_embedded(content: types.EmbeddedResource) -> Block:
    return convert_contents(content.resource)


def convert_contents(resource: types.TextResourceContents | types.BlobResourceContents) -> Block:
    """Convert what a resource contains."""
    text = remove_hidden(resource.text) if isinstance(resource, types.TextResourceContents) else ""
    data = resource.blob if isinstance(resource, types.BlobResourceContents) else ""
    return Block(
        kind=BlockKind.resource, text=text, data=data, uri=str(resource.uri)[:LONGEST_URI], mime_type=resource.mime_type or ""
    )


CONVERTERS: Mapping[type, Callable[[Any], Block]] = {
    types.TextContent: convert_text,
    types.ImageContent: convert_image,
    types.AudioContent: convert_audio,
    types.ResourceLink: convert_link,
    types.EmbeddedResource: convert_embedded,
    types.TextResourceContents: convert_contents,
    types.BlobResourceContents: convert_contents,
}
