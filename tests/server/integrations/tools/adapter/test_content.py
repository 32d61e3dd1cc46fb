import threading

import mcp_types as types
import pytest

from server.integrations.tools.adapter.content import LARGE, MOST_BLOCKS, convert, convert_blocks, convert_result
from server.integrations.tools.models import Block, BlockKind


def text(value: str) -> types.TextContent:
    return types.TextContent(text=value)


@pytest.mark.parametrize(
    ("content", "block"),
    [
        (text("a\u202eb"), Block(kind=BlockKind.text, text="ab")),
        (types.ImageContent(data="aQ==", mime_type="image/png"), Block(kind=BlockKind.image, data="aQ==", mime_type="image/png")),
        (types.AudioContent(data="aQ==", mime_type="audio/wav"), Block(kind=BlockKind.audio, data="aQ==", mime_type="audio/wav")),
        (types.ResourceLink(uri="file:///a", name="n\u200b"), Block(kind=BlockKind.link, uri="file:///a", name="n")),
        (
            types.EmbeddedResource(resource=types.TextResourceContents(uri="file:///a", text="t", mime_type="text/plain")),
            Block(kind=BlockKind.resource, uri="file:///a", text="t", mime_type="text/plain"),
        ),
        (types.BlobResourceContents(uri="file:///a", blob="aQ=="), Block(kind=BlockKind.resource, uri="file:///a", data="aQ==")),
        (object(), Block(kind=BlockKind.text, text="[This part of the answer could not be read.]")),
    ],
)
def test_content_is_converted(content: object, block: Block) -> None:
    assert convert_blocks([content]) == (block,)


@pytest.mark.parametrize(
    ("words", "is_error", "failed"),
    [("done", False, False), ("done", True, True), (" Error executing x: y", False, True), ("An Error executing", False, False)],
)
def test_failure_is_what_the_server_or_its_words_say(words: str, is_error: bool, failed: bool) -> None:
    result = types.CallToolResult(content=[text(words)], is_error=is_error)
    assert convert_result(result, ("Error executing",)).failed is failed


def test_number_of_blocks_is_limited() -> None:
    assert len(convert_blocks([text("x")] * (MOST_BLOCKS + 5))) == MOST_BLOCKS


@pytest.mark.parametrize(
    "content",
    [
        text("x" * LARGE * 2),
        types.EmbeddedResource(resource=types.TextResourceContents(uri="file:///a", text="x" * LARGE * 2)),
        types.ResourceLink(uri="file:///a", name="n", description="x" * LARGE * 2),
    ],
)
async def test_large_answer_is_converted_in_a_thread(content: object) -> None:
    threads = [await convert([part], threading.current_thread) for part in (text("small"), content)]
    assert [thread is threading.main_thread() for thread in threads] == [True, False]
