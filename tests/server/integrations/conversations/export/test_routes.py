import io
import zipfile

from server.integrations.conversations.export.routes import local
from tests.server.integrations.conversations.local_client import open_client
from tests.server.integrations.conversations.stored import add_chat


async def test_export_is_a_download_or_a_file(tmp_path):
    async with open_client(tmp_path / "data", local) as (client, shelf):
        nothing = await client.post("/api/chats/export", json={})
        assert (nothing.status_code, "nothing to export" in nothing.json()["detail"]) == (404, True)
        await shelf.context.archive.write(add_chat, "a")
        answer = await client.post("/api/chats/export", json={"ids": ["a"], "format": "json"})
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"] == 'attachment; filename="conversations-2026-11-20.zip"'
        assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["conversations.json"]
        report = (await client.post("/api/chats/export/file", json={"path": str(tmp_path / "a.zip")})).json()
        assert report == {"path": str(tmp_path / "a.zip"), "chats": 1, "files": 0, "missing": 0}
        assert (await client.post("/api/chats/export", json={"format": "pdf"})).status_code == 422
