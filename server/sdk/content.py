"""Content of an answer: text, images, audio and links, as MCP has them (modelcontextprotocol.io/specification).

Over HTTP pictures and sound are links that work for a while, since ChatGPT cannot take their bytes; over MCP they are sent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from pydantic import BaseModel, Field

from server.sdk.assets import Assets

LONGEST_TEXTS = 80_000  # characters of all parts of an answer, below the 90,000 that any answer may have
SHORTEST = 200  # characters that a further part needs
LEFT_OUT = " … (the rest was left out, as the answer is too long)"
Kind = Literal["text", "image", "audio", "resource_link"]


@dataclass(frozen=True)
class Block:
    """One part of an answer: `text`; or `data` with its `mime_type`, of an image or audio; or the `uri` of a resource.

    A resource may have its `data`, too.
    """

    kind: Kind
    text: str = ""
    data: bytes = b""
    mime_type: str = ""
    uri: str = ""
    name: str = ""


@dataclass(frozen=True)
class Content:
    """An answer in parts. `structured`: the same for programs, if there is such."""

    blocks: Sequence[Block] = ()
    structured: dict[str, Any] | None = None


class BlockView(BaseModel):
    """One part of an answer."""

    type: Kind = Field(description="text, image, audio or resource_link.")
    text: str = Field("", description="The text, or what is to be said about the part.")
    url: str = Field("", description="Where the image, the audio or the file is for some minutes.")
    mime_type: str = Field("", description="The type of the image, the audio or the resource.", serialization_alias="mimeType")
    uri: str = Field("", description="The address of the resource at the service that answered.")
    name: str = Field("", description="The name of the resource.")


class ContentView(BaseModel):
    """An answer in parts."""

    result: Any = Field(description="The answer: the structured content if there is any, else the text.")
    content: list[BlockView] = Field(description="The answer in parts: texts, images, audio and links.")
    structured_content: dict[str, Any] | None = Field(
        None, description="The answer as data, if the service gave it so.", serialization_alias="structuredContent"
    )


def show(content: Content, assets: Assets, address: str) -> ContentView:
    """Show an answer over HTTP, with pictures and sound as links at this address. What is too long is cut."""
    structured, left, times = well_formed(content.structured), LONGEST_TEXTS, 2
    if structured is not None:
        size = 2 * len(to_json(structured))  # it is there twice; else the text is
        structured, left, times = (structured, left - size, 1) if size <= left else (None, left, 2)
    blocks: list[BlockView] = []
    for block in content.blocks:
        shown = show_block(block, assets, address)
        left -= len(shown.model_copy(update={"text": ""}).model_dump_json(by_alias=True)) + 1
        if left < times * SHORTEST:
            blocks.append(BlockView(type="text", text=LEFT_OUT))
            break
        text = shorten_json(shown.text, left // times)
        left -= times * len(to_json(text))
        blocks.append(shown.model_copy(update={"text": text}))
    texts = [block.text for block in blocks if block.text]
    return ContentView(
        result="\n".join(texts) if structured is None else structured, content=blocks, structured_content=structured
    )


def show_block(block: Block, assets: Assets, address: str) -> BlockView:
    """Show one part."""
    view = BlockView(type=block.kind, text=well_formed(block.text), mime_type=block.mime_type, uri=block.uri, name=block.name)
    if not block.data and block.kind not in {"image", "audio"}:
        return view
    asset_id = assets.add(block.data, block.mime_type)
    if asset_id is None:
        return BlockView(type="text", text=f"(This {block.kind.partition('_')[0]} is too large to be shown.)")
    return view.model_copy(update={"url": f"{address}/assets/{asset_id}"})


def well_formed(value: Any) -> Any:
    """The same value with what JSON has no form for replaced: halves of surrogate pairs, and numbers that are none."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list):
        return [well_formed(item) for item in value]
    if isinstance(value, dict):
        return {well_formed(name): well_formed(item) for name, item in value.items()}
    return value


def shorten_json(text: str, limit: int) -> str:
    """As much of a text as has so many characters in JSON."""
    if len(to_json(text)) <= limit:
        return text
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(to_json(text[:middle])) + len(LEFT_OUT) * 2 <= limit else (low, middle - 1)
    return text[:low] + LEFT_OUT


def to_json(value: Any) -> str:
    """Write a value as responses do."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cut(body: str, limit: int = LONGEST_TEXTS) -> str:
    """Make JSON of a response's body; of one that is too long as much text as fits."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        body = to_json(shorten_json(body, limit)) if body else "null"
    return body if len(body) <= limit else to_json({"truncated": True, "text": shorten_json(body, limit)})
