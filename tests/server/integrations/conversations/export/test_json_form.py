import json

from tests.server.integrations.conversations.exporting import DETAILS, export
from tests.server.integrations.conversations.stored import PICTURE, add_chat, store_file


async def test_json_has_messages_with_their_files(shelf):
    picture = store_file(shelf.context, PICTURE)
    await shelf.context.archive.write(add_chat, "a", ["Hi", "Hello"], files=[("file-A1", "a.png", picture)], details=DETAILS)
    await shelf.context.archive.write(add_chat, "again", files=[("file-A2", "a.png", picture)])
    await shelf.add("b", *(f"text {number}" for number in range(450)), title='"quoted" ü', imported=False)
    packed = await export(shelf, format="json")
    chats = {chat["id"]: chat for chat in json.loads(packed.read("conversations.json"))}
    assert [item["text"] for item in chats["b"]["messages"]] == [f"text {number}" for number in range(450)]
    assert (chats["b"]["title"], chats["b"]["source"], chats["a"]["project"]) == ('"quoted" ü', "openai", None)
    name = f"assets/{picture.sha256[:16]}/a.png"
    hello = chats["a"]["messages"][1]
    assert hello["attachments"] == [
        {"id": "file-A1", "name": "a.png", "file": name},
        {"id": "gone", "name": "b.pdf", "file": None},
    ]
    assert (hello["parent_id"], hello["citations"][0]["number"], packed.read(name)) == ("m1", 1, PICTURE)
