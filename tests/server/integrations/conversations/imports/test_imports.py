import asyncio
import json
import os
from pathlib import Path

import pytest

from server.core.errors import Conflict, InvalidInput, NotFound
from server.integrations.conversations.deletion.deletion import Deletion
from server.integrations.conversations.imports.imports import Imports
from server.integrations.conversations.imports.job import fingerprint_of
from server.integrations.conversations.imports.models import DeletedCount, Report, Selection, State
from server.integrations.conversations.library.models import ChatChange
from server.integrations.conversations.store import import_runs
from tests.history_exports import START, text, thread
from tests.server.integrations.conversations.exports import dump
from tests.server.integrations.conversations.import_setup import CHATS, count, finish, import_all, write

ALL = Selection(years=None, projects=None)


@pytest.fixture
def imports(shelf):
    return Imports(shelf.context)


async def test_preview_comes_first_and_stores_nothing(imports, shelf, tmp_path):
    current = await finish(imports, await imports.create(write(tmp_path, *CHATS)))
    assert current.state is State.ready
    assert current.preview
    assert (current.preview.total, [year.count for year in current.preview.years]) == (2, [2])
    assert await count(shelf.context) == 0


async def test_selected_conversations_are_imported_and_found(imports, shelf, tmp_path):
    items = [*CHATS, thread("old", ("user", text("ancient")), create_time=1_000_000_000)]
    current = await finish(imports, await imports.create(write(tmp_path, *items)))
    current = await finish(imports, await imports.start(current.id, Selection(years=[2022], projects=None)))
    assert current.state is State.done
    assert current.report == Report(imported=2, skipped=1)
    assert await shelf.find("first question") == ["a/a-0"]


async def test_second_import_reports_unchanged(imports, shelf, tmp_path):
    path = write(tmp_path, *CHATS)
    await import_all(imports, path)
    before = await shelf.context.archive.read(dump)
    assert (await import_all(imports, path)).report == Report(unchanged=2)
    assert await shelf.context.archive.read(dump) == before


async def test_import_of_nothing_fails(imports, tmp_path):
    """LibreChat says "imported" where nothing was."""
    for items, error in (
        ([{"id": "folder"}], "contains no ChatGPT conversations"),
        ([{"uuid": "u", "chat_messages": []}], "an export of Claude"),
        ([{"id": "x", "mapping": [1]}], "contains no ChatGPT conversations"),
    ):
        current = await import_all(imports, write(tmp_path, *items))
        assert current.state is State.failed
        assert error in str(current.error)
    current = await finish(imports, await imports.create(write(tmp_path, *CHATS)))
    current = await finish(imports, await imports.start(current.id, Selection(years=[1999], projects=None)))
    assert (current.state, current.report) == (State.failed, Report(skipped=2))
    assert current.error == "Nothing was imported: no conversation with messages was selected."


async def test_undo_removes_what_was_imported_and_restores_what_was_updated(imports, shelf, tmp_path):
    await import_all(imports, write(tmp_path, *CHATS))
    before = await shelf.context.archive.read(dump)
    newer = [CHATS[0] | {"update_time": START + 99, "title": "Renamed"}, thread("c", ("user", text("third")))]
    second = await import_all(imports, write(tmp_path, *newer))
    assert second.report == Report(imported=1, updated=1)
    undone = await finish(imports, await imports.undo(second.id))
    assert undone.state is State.undone
    assert undone.report == second.report
    with pytest.raises(Conflict, match="undone already"):
        await imports.undo(second.id)
    assert await shelf.context.archive.read(dump) == before


async def test_newer_export_leaves_what_the_person_set(imports, shelf, tmp_path):
    await import_all(imports, write(tmp_path, *CHATS))
    await shelf.library.change("a", ChatChange(title="My own", starred=True))
    for later, title, starred in ((98, "Theirs", True), (99, "Theirs again", False)):
        newer = [chat | {"update_time": START + later, "title": title, "is_starred": starred} for chat in CHATS]
        assert (await import_all(imports, write(tmp_path, *newer))).report == Report(updated=2)
        rows = [(await shelf.library.find(name)).row for name in ("a", "b")]
        assert [(row["title"], row["starred"]) for row in rows] == [("My own", starred), (title, starred)]
    assert await shelf.find('title:"my own"')


async def test_earlier_import_is_undone_after_a_later_one(imports, tmp_path):
    first = await import_all(imports, write(tmp_path, *CHATS))
    second = await import_all(imports, write(tmp_path, CHATS[0] | {"update_time": START + 99}, name="later.json"))
    with pytest.raises(Conflict, match=r"later\.json"):
        await imports.undo(first.id)
    await finish(imports, await imports.undo(second.id))
    assert (await finish(imports, await imports.undo(first.id))).state is State.undone


async def test_interrupted_import_goes_on_after_a_restart(imports, shelf, tmp_path):
    path = write(tmp_path, *(thread(f"c{number}", ("user", text(f"question {number}"))) for number in range(300)))
    await import_all(Imports(shelf.context), path)
    expected = await shelf.context.archive.read(dump, "import_id", "run")
    await undo_all(imports)
    current = await imports.create(path, start=True)
    await imports._stop(current.id)
    assert (await imports.read(current.id)).state is State.running
    again = Imports(shelf.context)
    await again.resume()
    current = await finish(again, await again.read(current.id))
    assert (current.state, current.report) == (State.done, Report(imported=300))
    assert await shelf.context.archive.read(dump, "import_id", "run") == expected


async def undo_all(imports):
    for each in await imports.list_all():
        await finish(imports, await imports.undo(each.id))


async def test_resume_skips_what_is_stored(imports, shelf, tmp_path):
    path = write(tmp_path, *CHATS)
    current = await imports.create(path, start=True)
    await imports._stop(current.id)
    archive = shelf.context.archive
    await archive.write(import_runs.set_values, current.id, {"position": 1, "fingerprint": fingerprint_of(Path(path))})
    again = Imports(shelf.context)
    await again.resume()
    assert (await finish(again, await again.read(current.id))).report == Report(imported=1)
    assert await count(shelf.context) == 1


async def test_changed_export_is_read_from_its_beginning(imports, shelf, tmp_path):
    current = await imports.create(write(tmp_path, *CHATS), start=True)
    await imports._stop(current.id)
    await shelf.context.archive.write(import_runs.set_values, current.id, {"position": 1, "fingerprint": "other"})
    again = Imports(shelf.context)
    await again.resume()
    assert (await finish(again, await again.read(current.id))).report == Report(imported=2)


async def test_cancelled_import_keeps_what_it_stored(imports, tmp_path):
    current = await imports.create(write(tmp_path, *CHATS), start=True)
    cancelled = await imports.cancel(current.id)
    assert cancelled.state is State.cancelled
    assert cancelled.report
    with pytest.raises(Conflict):
        await imports.cancel(current.id)
    assert (await finish(imports, await imports.undo(current.id))).state is State.undone


async def test_same_path_is_not_imported_twice_at_once(imports, tmp_path):
    path = write(tmp_path, *CHATS)
    first = await imports.create(path)
    second = await imports.create(path, start=True)
    assert second.id == first.id
    assert (await finish(imports, second)).report == Report(imported=2)


async def test_preview_is_removed(imports, tmp_path):
    current = await imports.create(write(tmp_path, *CHATS))
    await imports.remove(current.id)
    assert await imports.list_all() == []
    done = await import_all(imports, write(tmp_path, *CHATS))
    with pytest.raises(Conflict):
        await imports.remove(done.id)


async def test_upload_is_removed_afterwards(imports, shelf):
    path = shelf.context.folders.data / "uploads" / "upload"
    path.parent.mkdir()
    path.write_text(json.dumps(CHATS))
    current = await finish(imports, await imports.create(str(path), upload_name="export.json"))
    assert (current.name, path.exists()) == ("export.json", True)
    await finish(imports, await imports.start(current.id, ALL))
    assert not path.exists()


async def test_path_must_be_whole_and_there(imports, tmp_path):
    with pytest.raises(InvalidInput):
        await imports.create("export.zip")
    with pytest.raises(NotFound):
        await imports.create(str(tmp_path / "gone.zip"))
    with pytest.raises(NotFound):
        await imports.read(5)


async def test_vanished_export_fails_the_import(imports, tmp_path):
    current = await finish(imports, await imports.create(write(tmp_path, *CHATS)))
    (tmp_path / "conversations.json").unlink()
    current = await finish(imports, await imports.start(current.id, ALL))
    assert current.state is State.failed
    assert current.error


async def test_end_is_published(imports, shelf, tmp_path):
    with shelf.context.events.subscribed() as events:
        await import_all(imports, write(tmp_path, *CHATS))
        topics = set()
        async with asyncio.timeout(60):
            async for event in events:
                topics.add(event.topic)
                if {"imports", "conversations"} <= topics:
                    break


async def test_start_without_an_archive_opens_none(shelf):
    imports = Imports(shelf.context)
    await imports.resume()
    assert not (shelf.context.folders.data / "archive.db").exists()


async def test_memories_are_set_apart(imports, shelf, tmp_path):
    content = {"content_type": "user_editable_context", "user_profile": "lives in Berlin"}
    await import_all(imports, write(tmp_path, thread("a", ("user", content), ("user", text("hello")))))
    assert [memory.text for memory in await imports.list_memories()] == ["lives in Berlin"]
    assert await shelf.find("Berlin") == []


async def delete_chat(shelf, chat_id):
    deletion = Deletion(shelf.context)
    await deletion.delete(chat_id)
    return deletion


async def test_deleted_conversation_stays_deleted_and_is_reported(imports, shelf, tmp_path):
    path = write(tmp_path, *CHATS)
    await import_all(imports, path)
    await delete_chat(shelf, "a")
    newer = write(tmp_path, CHATS[0] | {"update_time": START + 99}, CHATS[1], name="newer.json")
    for again in (path, newer):
        report = (await import_all(imports, again)).report
        assert report
        assert (report.imported, report.unchanged, report.skipped, len(report.notes)) == (0, 1, 1, 1)
        assert "you deleted them here: 1." in report.notes[0]
    assert (await count(shelf.context), await shelf.find("first question")) == (1, [])


async def test_import_of_deleted_conversations_alone_fails_with_the_reason(imports, shelf, tmp_path):
    path = write(tmp_path, CHATS[0])
    await import_all(imports, path)
    await delete_chat(shelf, "a")
    current = await import_all(imports, path)
    assert current.state is State.failed
    assert "you deleted these conversations here" in str(current.error)


async def test_deleted_conversation_comes_back_if_the_person_wants_it(imports, shelf, tmp_path):
    path = write(tmp_path, *CHATS)
    await import_all(imports, path)
    await delete_chat(shelf, "a")
    current = await finish(imports, await imports.create(path, start=True, include_deleted=True))
    assert current.report == Report(imported=1, unchanged=1)
    assert await shelf.find("first question") == ["a/a-0"]
    assert (await import_all(imports, path)).report == Report(unchanged=2)
    await finish(imports, await imports.undo(current.id))
    assert await shelf.find("first question") == []
    ready = await finish(imports, await imports.create(path))
    assert ready.preview
    assert ready.preview.deleted == [DeletedCount(year=2022, project="", count=1)]
    chosen = await finish(imports, await imports.start(ready.id, Selection(years=None, projects=None, include_deleted=True)))
    assert chosen.report == Report(imported=1, unchanged=1)


async def test_undone_deletion_and_undone_import_leave_nothing_deleted(imports, shelf, tmp_path):
    path = write(tmp_path, *CHATS)
    first = await import_all(imports, path)
    deletion = await delete_chat(shelf, "a")
    await deletion.restore("a")
    assert (await import_all(imports, path)).report == Report(unchanged=2)
    await finish(imports, await imports.undo(first.id))
    assert (await import_all(imports, path)).report == Report(imported=2)


async def test_null_characters_cost_nothing(imports, shelf, tmp_path):
    """SQLite ends texts at them in some of its functions, so that such an id was not found again."""
    path = write(tmp_path, thread("a\0b", ("user", text("before \0 behind")), title="Ti\0tle"), *CHATS)
    for report in (Report(imported=3), Report(unchanged=3)):
        current = await import_all(imports, path)
        assert (current.state, current.report) == (State.done, report)
    assert await shelf.find("before behind") == ["a\ufffdb/a\ufffdb-0"]
    snippet = (await shelf.search.search("behind", None, 1)).results[0].snippet
    assert [piece.text for piece in snippet if piece.match] == ["behind"]


async def test_name_that_is_no_text_costs_nothing(imports, shelf, tmp_path):
    """Names of files are bytes on Linux: unzip writes them as an old zip file has them."""
    folder = tmp_path / "export"
    (folder / "inner").mkdir(parents=True)
    write(folder, thread("c", ("user", text("a question", {"asset_pointer": "file-service://file-AAAA"}))))
    for name in (b"notes-\xe9.json", b"file-AAAA-\xe9.txt", b"inner/conversations-\xe9.json"):
        (folder / os.fsdecode(name)).write_text(json.dumps(CHATS))
    current = await finish(imports, await imports.create(str(folder)))
    assert current.state is State.ready, current.error
    current = await finish(imports, await imports.start(current.id, ALL))
    assert current.state is State.done, current.error
    assert current.report
    assert (current.report.imported, current.report.failed) == (3, [])
