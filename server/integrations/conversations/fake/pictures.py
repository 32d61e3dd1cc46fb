"""Pictures of the made-up history."""

import random
import struct
import zlib

SIDE = 48  # pixels


def draw(seed: int) -> bytes:
    """Draw a picture with two colours: hills under a sky, as a PNG."""
    chance = random.Random(seed)  # noqa: S311, it has to be the same each time
    sky, ground = (bytes(chance.randrange(60, 230) for _ in range(3)) for _ in range(2))
    heights = [SIDE // 2 + int(chance.uniform(-6, 6)) for _ in range(SIDE)]
    rows = b"".join(b"\0" + b"".join(ground if y > height else sky for height in heights) for y in range(SIDE))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)
