import pytest

from server.integrations.conversations.files.assets import StoredFile
from server.integrations.conversations.files.routes import local
from tests.server.integrations.conversations.local_client import open_client
from tests.server.integrations.conversations.stored import PICTURE, add_chat, store_file

PAGE = b"<!doctype html><script>alert(1)</script>"


async def test_file_is_shown_or_downloaded_by_its_content_whatever_its_name(tmp_path):
    async with open_client(tmp_path / "data", local) as (client, shelf):
        picture, page = store_file(shelf.context, PICTURE), store_file(shelf.context, PAGE)
        files = [
            ("file-service://1", "evil.html", picture),
            ("2", '../ü"\r\nx.png', page),
            ("gone", "a", StoredFile("a" * 64, 1, "")),
        ]
        await shelf.context.archive.write(add_chat, "a", files=files)
        await shelf.context.database.write(add_chat, "live", files=[("2", "b.png", picture)], thread="")
        shown = await client.get("/api/chats/a/assets/file-service://1")
        assert (shown.content, shown.headers["content-type"]) == (PICTURE, "image/png")
        assert shown.headers["content-disposition"] == 'inline; filename="evil.html"'
        loaded = await client.get("/api/chats/a/assets/2")
        assert (loaded.content, loaded.headers["content-type"]) == (PAGE, "application/octet-stream")
        assert loaded.headers["content-disposition"] == "attachment; filename*=utf-8''%C3%BC_x.png"
        for answer in (shown, loaded):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert (await client.get("/api/chats/live/assets/2")).content == PICTURE
        part = await client.get("/api/chats/a/assets/file-service://1", headers={"Range": "bytes=1-3"})
        assert (part.status_code, part.content) == (206, b"PNG")


@pytest.mark.parametrize("path", ["a/assets/gone", "a/assets/none", "none/assets/1", "a/assets/..%2f..%2fdeskhand.db"])
async def test_file_that_is_not_here_is_a_sentence(tmp_path, path):
    async with open_client(tmp_path / "data", local) as (client, shelf):
        await shelf.context.archive.write(add_chat, "a", files=[("gone", "a", StoredFile("a" * 64, 1, ""))])
        answer = await client.get(f"/api/chats/{path}")
        assert (answer.status_code, "not here" in answer.json()["detail"]) == (404, True)
