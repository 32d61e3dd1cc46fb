from itertools import chain

import pytest

from server.core.errors import InvalidInput, NotFound
from server.integrations.conversations.library import library
from server.integrations.conversations.library.models import ChatChange, ChatFilter, ProjectName
from server.integrations.conversations.models import Attachment, Citation, Details, Source
from server.integrations.conversations.store import reading, tables
from tests.server.integrations.conversations.library_setup import START, Said, Shelf, run


async def list_ids(shelf: Shelf, limit: int = 100, **wanted: object) -> list[str]:
    ids, cursor = [], None
    while True:
        page = await shelf.library.list_chats(ChatFilter(**wanted), cursor, limit)
        ids += [chat.id for chat in page.chats]
        if (cursor := page.next) is None:
            assert page.total == len(ids)
            return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_conversations_of_both_databases_are_one_list(shelf: Shelf, limit: int) -> None:
    for number, time in enumerate((5.0, 9.0, 5.0, None, 7.0, 5.0, None)):
        await shelf.add(f"c{number}", "text", imported=number % 2 == 0, updated_at=time)
    assert await list_ids(shelf, limit) == ["c1", "c4", "c5", "c2", "c0", "c3", "c6"]


async def test_filters_narrow_the_list(shelf: Shelf) -> None:
    await shelf.add_project("g-p-1", "Garden")
    await shelf.add("a", "x", project="g-p-1", starred=True)
    await shelf.add("b", "x", imported=False, updated_at=START - 40_000_000)
    await shelf.add("c", "x", imported=False, temporary=True)
    assert await list_ids(shelf) == ["a", "b"]
    assert await list_ids(shelf, project="g-p-1") == ["a"]
    assert await list_ids(shelf, year=2024) == ["b"]
    assert await list_ids(shelf, source=Source.openai) == ["b"]
    assert await list_ids(shelf, starred=True) == ["a"]
    (chat,) = (await shelf.library.list_chats(ChatFilter(), None, 1)).chats
    assert chat.project == ProjectName(id="g-p-1", name="Garden")


async def test_pages_of_a_list_that_grows_have_nothing_twice(shelf: Shelf) -> None:
    for number in range(6):
        await shelf.add(f"c{number}", "x", updated_at=START + number)
    page = await shelf.library.list_chats(ChatFilter(), None, 3)
    await shelf.add("new", "x", updated_at=START + 100)
    rest = await shelf.library.list_chats(ChatFilter(), page.next, 3)
    assert [chat.id for chat in (*page.chats, *rest.chats)] == ["c5", "c4", "c3", "c2", "c1", "c0"]


async def test_all_branches_are_read_with_their_parents(shelf: Shelf) -> None:
    await shelf.add("a", Said("Q", id="q"), Said("A1", "assistant", id="a1"), Said("A2", "assistant", id="a2", parent="q"))
    page = await shelf.library.read_chat("a")
    assert [(item.id, item.parent_id, item.role, item.state) for item in page.messages] == [
        ("q", "", "user", "done"),
        ("a1", "q", "assistant", "done"),
        ("a2", "q", "assistant", "done"),
    ]
    assert (page.current_id, page.chat.message_count) == ("a2", 3)


async def test_citations_and_attachments_are_shown(shelf: Shelf) -> None:
    details = Details(
        citations=(Citation(number=1, title="Source", url="https://example.org"),),
        attachments=(Attachment(id="f1", name="a.png"), Attachment(id="f2", name="lost.png")),
        name="python",
    )
    key = await shelf.add("a", Said("Q", values={"details": details.model_dump_json()}), Said("damaged", values={"details": "{"}))
    asset = {"conversation": key, "id": "f1", "name": "a.png", "content_type": "image/png", "size": 3, "sha256": ""}
    await shelf.context.archive.write(run, tables.asset.insert().values(**asset))
    first, damaged = (await shelf.library.read_chat("a")).messages
    assert first.citations[0].url == "https://example.org"
    assert [(item.name, item.available) for item in first.attachments] == [("a.png", False), ("lost.png", False)]
    assert first.name == "python"
    assert (damaged.text, damaged.attachments) == ("damaged", [])


async def test_long_conversation_is_read_in_pages(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MOST_MESSAGES", 4)
    await shelf.add("a", *(f"text {number}" for number in range(10)))
    texts, cursor = [], None
    while True:
        page = await shelf.library.read_chat("a", cursor)
        texts.append([item.text for item in page.messages])
        if (cursor := page.next) is None:
            break
    assert [len(part) for part in texts] == [4, 4, 2]
    assert list(chain(*texts)) == [f"text {number}" for number in range(10)]


async def test_change_is_found_and_listed(shelf: Shelf) -> None:
    await shelf.add_project("g-p-1", "Garden")
    await shelf.add("a", "apple", title="Old name")
    changed = await shelf.library.change("a", ChatChange(title=" New name ", starred=True, project_id="g-p-1"))
    assert (changed.title, changed.starred, changed.project and changed.project.name) == ("New name", True, "Garden")
    assert await shelf.find("old") == []
    assert await shelf.find("title:new") == ["a"]
    assert await shelf.find("apple project:garden") == ["a/m1"]
    with pytest.raises(InvalidInput):
        await shelf.library.change("a", ChatChange(project_id="none"))


async def test_list_uses_its_index(shelf: Shelf) -> None:
    statement = reading.CHATS.order_by(tables.conversation.c.updated_at.desc(), tables.conversation.c.key.desc())

    def explain(connection) -> str:
        text = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())

    plan = await shelf.context.database.read(explain)
    assert "chat_conversation_updated" in plan
    assert "TEMP B-TREE" not in plan


async def test_unknown_conversation_is_not_found(shelf: Shelf) -> None:
    for chat_id in ("none", ""):
        with pytest.raises(NotFound):
            await shelf.library.read_chat(chat_id)


@pytest.mark.parametrize("cursor", ["x", "-1", "1" * 30, "9" * 19])
async def test_cursor_that_is_none_is_refused(shelf: Shelf, cursor: str) -> None:
    await shelf.add("a", "x")
    with pytest.raises(InvalidInput):
        await shelf.library.read_chat("a", cursor)
    with pytest.raises(InvalidInput):
        await shelf.library.list_chats(ChatFilter(), cursor, 5)


@pytest.mark.parametrize("key", [-1, 2**63, 10**40])
async def test_cursor_with_an_impossible_key_is_refused(shelf: Shelf, key: int) -> None:
    place = library.ListPlace.model_construct(updated_at=START, imported=False, key=key)
    with pytest.raises(InvalidInput):
        await shelf.library.list_chats(ChatFilter(), library.encode_cursor(place), 5)
