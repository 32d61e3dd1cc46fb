import pytest

from server.integrations.conversations.store import projects

pytestmark = pytest.mark.anyio


async def test_moved_conversation_is_found_in_its_new_project(live) -> None:
    chat, posted = await live.ask("Needle in a haystack")
    await live.end(chat, posted)
    project = await live.service.projects.create("Barn")
    await live.context.database.write(projects.move, chat.key, project.id)
    results = {
        name: (await live.service.search.search(f"needle project:{name}", None, 10)).results for name in ("Barn", "Default")
    }
    assert {result.chat_id for result in results["Barn"]} == {chat.id}
    assert results["Default"] == []
    assert await live.context.database.read(projects.count_chats) == {project.id: 1}
