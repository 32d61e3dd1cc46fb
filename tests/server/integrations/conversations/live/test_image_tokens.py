"""The most tokens that an image costs. The sizes and figures of tiles are the examples of OpenAI's guide."""

import base64
import io

import pytest
from PIL import Image

from server.integrations.conversations.live.image_tokens import count_image_tokens

NEW, UNKNOWN_SIZE = "gpt-6-luna", "https://pictures.example/a.png"


def write(width: int, height: int, kind: str = "PNG") -> str:
    """Write an image as a data: address."""
    file = io.BytesIO()
    Image.new("1" if kind == "PNG" else "RGB", (width, height)).save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gpt-4o", (1024, 1024), 765),
        ("gpt-4o-2024-11-20", (2048, 4096), 1105),
        ("gpt-5-chat-latest", (128, 64), 255),
        ("gpt-4o-mini", (1024, 1024), 25_501),
        ("gpt-4o-mini", (2048, 768), 48_169),
    ],
)
def test_tiles_are_counted_as_the_guide_does(model, size, tokens) -> None:
    assert count_image_tokens(model, write(*size)) == tokens


# model, size, tokens that were billed at most, by the guide or a published bill
@pytest.mark.parametrize(
    ("model", "size", "billed"),
    [
        ("gpt-4.1-mini", (4000, 1474), 2_488),
        ("gpt-4.1-nano", (1800, 2400), 3_779),
        ("gpt-5-nano", (1600, 1600), 2_304),
        ("o4-mini", (3000, 3000), 2_642),
        ("gpt-5.4-mini", (1600, 1600), 3_008),
        (NEW, (64, 64), 256),
        (NEW, (3200, 3200), 12_000),
        (NEW, (513, 513), 765),
    ],
)
def test_bound_is_not_below_a_bill_and_not_far_above(model, size, billed) -> None:
    assert billed <= count_image_tokens(model, write(*size)) <= 2.6 * billed


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP"])
def test_size_is_read_of_every_kind(kind) -> None:
    assert count_image_tokens("gpt-4o", write(1024, 1024, kind)) == 765


@pytest.mark.parametrize("url", [UNKNOWN_SIZE, "data:,", "data:image/png;base64,iVBORw0KGgo=", "data:image/png;base64,%%%"])
def test_image_of_unknown_size_counts_as_a_large_one(url) -> None:
    assert [count_image_tokens(model, url) for model in ("gpt-4o", "gpt-4o-mini", "o4-mini", NEW)] == [
        1_445,
        48_169,
        3_779,
        24_600,
    ]
