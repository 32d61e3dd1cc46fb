from server.integrations.conversations.deletion.routes import local
from tests.server.integrations.conversations.local_client import open_client
from tests.server.integrations.conversations.stored import add_chat, dump


async def test_deletion_is_undone(tmp_path):
    async with open_client(tmp_path / "data", local) as (client, shelf):
        await shelf.context.archive.write(add_chat, "a")
        assert (await client.delete("/api/chats/a")).status_code == 204
        assert (await shelf.context.archive.read(dump))["chat_conversation"] == []
        assert (await client.delete("/api/chats/a")).status_code == 404
        assert (await client.post("/api/chats/a/restore")).status_code == 204
        assert len((await shelf.context.archive.read(dump))["chat_conversation"]) == 1
        assert (await client.post("/api/chats/a/restore")).status_code == 404
        assert (await client.delete("/api/chats/a?at_openai=true")).status_code == 422
