"""The most tokens that an image costs: https://platform.openai.com/docs/guides/images-vision#calculating-costs

What the guide says and what is billed differ for some models, so the highest figure of a kind of models counts. An image whose
size is not known, such as one at an address, counts as a large one.
"""

import base64
import io
import re
from math import ceil

Size = tuple[int, int]

DATED = re.compile(r"-(latest|\d{4}-\d{2}-\d{2})$")
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
# Models that cut an image into tiles of 512 pixels, after it is scaled down to fit into 2048 pixels, and its short side into 768.
TILED = {
    "gpt-4-turbo",
    "gpt-4o",
    "chatgpt-4o",
    "gpt-4.1",
    "gpt-4.5-preview",
    "gpt-5",
    "gpt-5-chat",
    "o1",
    "o1-pro",
    "o3",
    "o3-pro",
}
TILE, LONG_SIDE, SHORT_SIDE, MOST_TILES = 512, 2048, 768, 8
BASE, EACH_TILE = 85, 170
TILED_MINI, MINI_BASE, MINI_TILE = "gpt-4o-mini", 2_833, 5_667
# Models that cut it into patches of 32 pixels, after it is scaled down to at most so many. All newer models do.
PATCHED = {"gpt-4.1-mini", "gpt-4.1-nano", "gpt-5-mini", "gpt-5-nano", "o4-mini"}
PATCH, FEWEST_PATCHES, MOST_PATCHES_OLDER, MOST_PATCHES = 32, 256, 1_536, 10_000
TOKENS_PER_PATCH = 2.46


def count_image_tokens(model: str, url: str) -> int:
    """Count the tokens that an image costs at most. Decodes a data: address, so it blocks."""
    name, size = DATED.sub("", model), read_size(url)
    tiles = count_tiles(size) if size else MOST_TILES
    if name == TILED_MINI:
        return MINI_BASE + MINI_TILE * tiles
    if name in TILED:
        return BASE + EACH_TILE * tiles
    most = MOST_PATCHES_OLDER if name in PATCHED else MOST_PATCHES
    patches = min(max(count_patches(size), FEWEST_PATCHES), most) if size else most
    return max(ceil(TOKENS_PER_PATCH * patches), BASE + EACH_TILE * tiles)


def count_tiles(size: Size) -> int:
    """Count the tiles of an image."""
    scale = min(1, LONG_SIDE / max(size))
    scale = min(scale, SHORT_SIDE / min(size))
    width, height = (max(ceil(round(side * scale, 3) / TILE), 1) for side in size)
    return width * height


def count_patches(size: Size) -> int:
    """Count the patches of an image that is not scaled down."""
    width, height = (ceil(side / PATCH) for side in size)
    return width * height


def read_size(url: str) -> Size | None:
    """Read width and height of the image in a data: address; None if they are not known."""
    from PIL import Image

    head, _, data = url.partition(";base64,")
    if not head.startswith("data:"):
        return None
    try:
        with Image.open(io.BytesIO(base64.b64decode(data)), formats=FORMATS) as image:
            return image.size if min(image.size) > 0 else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
