from server.integrations.conversations.imports.imports import Imports
from tests.server.integrations.conversations.exporting import export, import_all
from tests.server.integrations.conversations.import_setup import import_all as import_one
from tests.server.integrations.conversations.library_setup import Said, open_shelf


async def test_live_conversation_has_the_original_form_too(tmp_path, shelf):
    await shelf.add(
        "live",
        Said("one", id="1"),
        Said("two", "assistant", id="2"),
        Said("three", "assistant", id="3", parent="1"),
        imported=False,
        title="Live",
        current_message="3",
        model="gpt-5",
    )
    made = await export(shelf, format="original")
    (tmp_path / "conversations.json").write_bytes(made.read("conversations.json"))
    async with open_shelf(tmp_path / "again") as other:
        await import_all(other, tmp_path / "conversations.json")
        chat = await other.library.find("live")
        page = await other.library.read_chat("live")
    assert (chat.row["title"], chat.row["model"], chat.row["current_message"]) == ("Live", "gpt-5", "3")
    assert {(item.id, item.parent_id, item.role, item.text) for item in page.messages} == {
        ("1", "", "user", "one"),
        ("2", "1", "assistant", "two"),
        ("3", "1", "assistant", "three"),
    }


async def test_own_export_is_no_second_copy_of_a_live_conversation(tmp_path, shelf):
    await shelf.add("live", "one", imported=False)
    made = await export(shelf, format="original")
    (tmp_path / "conversations.json").write_bytes(made.read("conversations.json"))
    done = await import_one(Imports(shelf.context), str(tmp_path / "conversations.json"))
    assert done.report
    assert (done.report.imported, done.report.unchanged, done.state) == (0, 1, "done")
    assert await shelf.find("one") == ["live/m1"]
