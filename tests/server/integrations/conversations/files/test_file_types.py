import pytest

from server.integrations.conversations.files.file_types import detect_type, read_type
from tests.server.integrations.conversations.stored import PICTURE


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (PICTURE, "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"GIF89a....", "image/gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00", "audio/mp4"),
        (b"ID3\x03", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"OggS\x00\x02", "audio/ogg"),
        (b"\x1aE\xdf\xa3", "audio/webm"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>", "application/octet-stream"),
        (b"<!doctype html><script>", "application/octet-stream"),
        (b"RIFF\x10\x00\x00\x00<html>", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_type_is_that_of_the_content(head, content_type, tmp_path):
    (tmp_path / "name.html").write_bytes(head)
    assert detect_type(head) == read_type(tmp_path / "name.html") == content_type
