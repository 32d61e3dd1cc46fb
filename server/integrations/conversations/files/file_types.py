"""Types of files by their content, whatever their names say."""

from pathlib import Path

from server.sdk.assets import DOWNLOAD

HEAD = 64  # bytes that tell a file's type
# https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern and the next section
STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"OggS\x00", "audio/ogg"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
    (b"%PDF-", "application/pdf"),
)
RIFF = {b"WEBPVP": "image/webp", b"WAVEfm": "audio/wav", b"WAVEJU": "audio/wav", b"WAVEbe": "audio/wav"}
AUDIO_BRANDS = (b"M4A ", b"M4B ", b"mp42", b"mp41", b"isom", b"iso2", b"dash")
MPEG_FRAMES = (b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")


def read_type(path: Path) -> str:
    """Read the type of a file from its content."""
    with path.open("rb") as file:
        return detect_type(file.read(HEAD))


def detect_type(head: bytes) -> str:
    """Detect the type of a file by its first bytes: a picture, sound or PDF; everything else is a download."""
    for start, content_type in STARTS:
        if head.startswith(start):
            return content_type
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:14], DOWNLOAD)
    if head[4:8] == b"ftyp" and head[8:12] in AUDIO_BRANDS:
        return "audio/mp4"
    return "audio/mpeg" if head[:2] in MPEG_FRAMES else DOWNLOAD
